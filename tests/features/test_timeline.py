"""A panel as arrays, and the one rule of what was known on a date."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from conftest import DATA, Tiny
from helpers.tinyland import events, households, line_of, observations
from riskmodel.features.timeline import Rows, Timeline, month_index
from riskmodel.programme.loading import load_programme
from riskmodel.programme.programme import Programme

D = "datetime64[D]"


@pytest.fixture(scope="module")
def programme() -> Programme:
    return load_programme(DATA / "tiny" / "tiny.yaml")


def rows(*facts: tuple[int, str, str], replaces: bool) -> Rows:
    """Return rows of (household, day, recorded), already sorted."""
    day = np.array([fact[1] for fact in facts], D)
    return Rows(
        household=np.array([fact[0] for fact in facts], "int64"),
        day=day,
        recorded=np.array([fact[2] for fact in facts], D),
        month=month_index(day),
        columns={},
        replaces=replaces,
    )


FACTS = (
    (0, "2018-12-31", "2018-12-31"),
    (0, "2018-12-31", "2019-03-01"),
    (0, "2018-12-31", "2019-06-01"),
    (0, "2019-12-31", "2019-12-31"),
    (1, "2019-12-31", "2019-12-31"),
)
KNOWN = [
    # as of, delay, replaced by later records, rows
    ("2018-12-31", 0, True, []),
    ("2019-01-01", 0, True, [0]),
    ("2019-03-01", 0, True, [0]),
    ("2019-03-02", 0, True, [1]),
    ("2019-06-02", 0, True, [2]),
    ("2020-01-01", 0, True, [2, 3, 4]),
    ("2020-01-01", 1, True, [2]),
    ("2019-03-12", 10, True, [1]),
    ("2019-03-11", 10, True, [0]),
    ("2019-06-02", 0, False, [0, 1, 2]),
    ("2020-01-01", 0, False, [0, 1, 2, 3, 4]),
]


@pytest.mark.parametrize(("as_of", "delay", "replaces", "expected"), KNOWN)
def test_of_several_records_of_a_period_the_latest_known_counts(
    as_of: str, delay: int, replaces: bool, expected: list[int]
) -> None:
    found = rows(*FACTS, replaces=replaces).known(dt.date.fromisoformat(as_of), delay)
    assert found.tolist() == expected


def test_two_households_on_one_day_do_not_replace_each_other() -> None:
    both = rows((0, "2019-12-31", "2019-12-31"), (1, "2019-12-31", "2020-02-01"), replaces=True)
    assert both.known(dt.date(2021, 1, 1)).tolist() == [0, 1]


def test_months_are_counted_across_years() -> None:
    months = month_index(np.array(["1969-12-31", "1970-01-01", "2020-02-29", "2021-02-01"], D))
    assert np.diff(months).tolist() == [1, 601, 12]


def test_a_panel_becomes_arrays_by_position(programme: Programme) -> None:
    line = line_of(
        programme,
        households(("20", "s1"), ("03", "n1"), ("1", "nowhere-north")).assign(village=["s1", "n1", "north"]),
        observations(("20", "2019-12-31", "2020-01-05", 5, 1, "true"), ("03", "2018-12-31", "2018-12-31", 7, 2, None)),
        events(("03", "illness", "2019-02-28", "2020-03-01", None), ("1", "listed", "2019-02-28", "2019-03-01", 2)),
    )
    assert line.household_ids.tolist() == ["03", "1", "20"]
    assert line.size == 3
    table = line.observations["observations"]
    assert table.household.tolist() == [0, 2]
    assert table.columns["income_tin"].tolist() == [7, 5]
    assert table.replaces
    assert line.events["illness"].household.tolist() == [0]
    assert not line.events["illness"].replaces
    assert line.events["listed"].columns["amount"].tolist() == [2]
    # a household that is registered in a province lies in no village
    assert line.area_positions["village"].tolist() == [0, -1, 1]
    assert line.area_positions["province"].tolist() == [0, 0, 1]
    assert line.end == dt.date(2020, 3, 2)


def test_the_ends_are_the_days_after_the_last_day_watched_and_the_last_record(programme: Programme) -> None:
    """A correction that comes late tells nothing about the time between: nobody watched it."""
    people = households(("1", "n1"))
    seen = observations(("1", "2019-12-31", "2020-05-05", 5, 1, None))
    line = line_of(programme, people, seen)
    assert (line.observed_until, line.end) == (dt.date(2020, 1, 1), dt.date(2020, 5, 6))
    ill = events(("1", "illness", "2020-02-29", "2020-03-10", 5))
    line = line_of(programme, people, seen, ill)
    assert (line.observed_until, line.end) == (dt.date(2020, 3, 1), dt.date(2020, 5, 6))


def test_a_panel_without_rows_ends_before_everything(programme: Programme) -> None:
    line: Timeline = line_of(programme, households(("1", "n1")), observations())
    assert (line.observed_until, line.end) == (dt.date.min, dt.date.min)


def test_events_of_a_kind_without_rows_are_there(tiny: Tiny) -> None:
    assert len(tiny.line.events["listed"].household) == 0
    assert tiny.line.size == 600
