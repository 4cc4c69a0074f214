"""Rule 1: a feature sees only rows recorded before the as-of date. The future is rewritten; nothing may move."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.tinyland import (
    AS_OFS,
    EVENTS,
    LATER,
    OBSERVATIONS,
    line_of,
    panel_of,
    rich_events,
    rich_households,
    rich_observations,
    rich_programme,
    same_bits,
)
from riskmodel.features.cohort import cohort
from riskmodel.features.making import Knowledge
from riskmodel.features.snapshot import build_snapshot
from riskmodel.programme.programme import Programme

EVERYONE = np.arange(4)


@pytest.fixture(scope="module")
def programme(tmp_path_factory: pytest.TempPathFactory) -> Programme:
    return rich_programme(tmp_path_factory.mktemp("rich"))


def snapshots(programme: Programme, as_of: dt.date, *tables: pd.DataFrame) -> list[pd.DataFrame]:
    """Return the cohort's snapshot and everyone's."""
    line = line_of(programme, *tables)
    return [build_snapshot(programme, line, as_of), build_snapshot(programme, line, as_of, EVERYONE)]


def recorded_from(table: pd.DataFrame, as_of: dt.date) -> pd.Series:
    return pd.to_datetime(table["recorded_on"]) >= pd.Timestamp(as_of)


def rewritten(past: pd.DataFrame, future: pd.DataFrame, as_of: dt.date) -> pd.DataFrame:
    """Keep what was recorded before ``as_of``; what was recorded later comes from another world."""
    keep, other = past[~recorded_from(past, as_of)], future[recorded_from(future, as_of)]
    return pd.concat([other, keep], ignore_index=True)


@settings(max_examples=60)
@given(
    as_of=st.sampled_from(AS_OFS),
    one=st.tuples(OBSERVATIONS, EVENTS),
    other=st.tuples(OBSERVATIONS, EVENTS),
)
def test_rewriting_every_row_recorded_on_or_after_the_date_changes_no_bit(
    programme: Programme, as_of: dt.date, one: tuple[list[Any], list[Any]], other: tuple[list[Any], list[Any]]
) -> None:
    tables = (rich_observations(one[0]), rich_events(one[1]))
    others = (rich_observations(other[0]), rich_events(other[1]))
    changed = [rewritten(mine, theirs, as_of) for mine, theirs in zip(tables, others, strict=True)]
    deleted = [table[~recorded_from(table, as_of)].reset_index(drop=True) for table in tables]
    before = snapshots(programme, as_of, rich_households(), *tables)
    for world in (changed, deleted):
        after = snapshots(programme, as_of, rich_households(), *world)
        for left, right in zip(before, after, strict=True):
            same_bits(left, right)


@settings(max_examples=30)
@given(st.data())
def test_the_order_of_rows_in_the_files_changes_no_bit(programme: Programme, data: st.DataObject) -> None:
    tables = [
        rich_households(),
        rich_observations(data.draw(OBSERVATIONS)),
        rich_events(data.draw(EVENTS)),
    ]
    shuffled = [table.iloc[data.draw(st.permutations(range(len(table))))].reset_index(drop=True) for table in tables]
    as_of = data.draw(st.sampled_from(AS_OFS))
    for left, right in zip(snapshots(programme, as_of, *tables), snapshots(programme, as_of, *shuffled), strict=True):
        same_bits(left, right)


PERIOD = "2020-06-30"


@pytest.mark.parametrize(
    ("recorded", "seen"),
    [("2020-12-30", True), ("2020-12-31", True), ("2021-01-01", False), ("2021-01-02", False)],
)
def test_the_day_of_the_snapshot_itself_is_not_yet_known(programme: Programme, recorded: str, seen: bool) -> None:
    """The rewriting tests would pass on features that see nothing at all; this shows the edge, day by day."""
    table = rich_observations([("001", PERIOD, 0, 500, 4, "true", "mud")]).assign(recorded_on=recorded)
    line = line_of(programme, rich_households(), table)
    snapshot = build_snapshot(programme, line, dt.date(2021, 1, 1), EVERYONE)
    feature = next(f.name for f in programme.features if f.origin == "observations.size" and f.how == "value")
    assert snapshot[feature].notna().tolist() == [seen, False, False, False]


def test_a_backdated_event_is_invisible_until_recorded(programme: Programme) -> None:
    """An illness of 2019 entered in 2021 changes nothing in 2020, however old its day is."""
    seen = rich_observations([("001", "2018-12-31", 0, 500, 4, "true", "mud")])
    backdated = rich_events([("001", "illness", "2019-02-28", 700, 40)])
    for left, right in zip(
        snapshots(programme, dt.date(2021, 1, 1), rich_households(), seen, rich_events([])),
        snapshots(programme, dt.date(2021, 1, 1), rich_households(), seen, backdated),
        strict=True,
    ):
        same_bits(left, right)
    known = dt.date(2019, 2, 28) + dt.timedelta(days=700 + 10 + 1)
    line = line_of(programme, rich_households(), seen, backdated)
    name = next(
        f.name for f in programme.features if f.origin == "events.illness" and f.how == "count" and not f.months
    )
    for day, count in [(known - dt.timedelta(days=1), 0), (known, 1)]:
        assert build_snapshot(programme, line, day, EVERYONE)[name][0] == count, day


def test_a_late_correction_takes_effect_only_when_recorded(programme: Programme) -> None:
    first = ("001", "2019-12-31", 0, 100, 4, "true", "mud")
    corrected = ("001", "2019-12-31", 366, 900, 5, "false", "brick")
    line = line_of(programme, rich_households(), rich_observations([corrected, first]))
    size = next(f.name for f in programme.features if f.origin == "observations.size" and f.how == "value")
    income = next(
        f.name
        for f in programme.features
        if f.origin == "observations.income_tin" and f.how == "value" and not f.months
    )
    recorded = dt.date(2020, 12, 31)
    # size is known the day after, income seven days later still
    for days, expected in [(0, (4, 100)), (1, (5, 100)), (7, (5, 100)), (8, (5, 900))]:
        row = build_snapshot(programme, line, recorded + dt.timedelta(days=days), EVERYONE).iloc[0]
        assert (row[size], row[income]) == expected, days


def test_status_and_welfare_over_the_line_wait_as_long_as_the_welfare_itself(programme: Programme) -> None:
    """The two derived columns are no way around ``known_after_days``; nor is the cohort."""
    assert {column.name: column.known_after_days for column in programme.dictionary.table("observations")} == {
        "income_tin": 7,
        "size": 0,
        "owns_land": 0,
        "work": 0,
        "welfare_to_line": 7,
        "poor": 7,
    }
    line = line_of(programme, rich_households(), rich_observations([("001", "2020-12-31", 0, 900, 1, "true", "mud")]))
    for day, size in [(dt.date(2021, 1, 7), 0), (dt.date(2021, 1, 8), 1)]:
        assert len(cohort(programme, Knowledge(line, programme.dictionary, day))) == size, day


def test_a_fact_of_the_household_dated_after_the_snapshot_is_not_known(programme: Programme) -> None:
    """The households table has no day of record, so a date in it counts only once it has passed."""
    seen = rich_observations([("001", "2018-12-31", 0, 500, 4, "true", "mud")])
    as_of = dt.date(2020, 3, 30)
    later = rich_households().assign(settled_on=["2010-05-31", "2022-12-31", None, "2019-02-28"])
    for left, right in zip(
        snapshots(programme, as_of, rich_households(), seen),
        snapshots(programme, as_of, later, seen),
        strict=True,
    ):
        same_bits(left, right)


def test_the_drawn_worlds_are_all_accepted(programme: Programme) -> None:
    """A generator whose rows are refused would prove nothing."""
    rows = [("001", day, delay, 1.0, 2, "true", "mud") for day in ("2018-06-30", "2020-02-29") for delay in (0, 366)]
    happened = [("4", "relief", "2020-02-29", 366, None), ("03", "illness", "2018-02-28", 0, 5.25)]
    panel = panel_of(programme, rich_households(), rich_observations(rows), rich_events(happened), today=LATER)
    assert panel.rejected.empty
    assert (len(panel.observations["observations"]), len(panel.events)) == (4, 2)
