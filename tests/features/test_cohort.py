"""Who is at risk on a date: a household that should not be judged must not be in the denominators either."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from helpers.tinyland import Row, Words, altered, events, households, line_of, observations
from riskmodel.features.cohort import cohort
from riskmodel.features.making import Knowledge
from riskmodel.programme.loading import load_programme
from riskmodel.programme.programme import Programme

PEOPLE = households(("1", "n1"), ("2", "n1"))
ADD: list[Row] = [
    {"name": name, "table": "events", "type": "number", "group": "household"} for name in ("freed", "left")
]
WELL, POOR = 500.0, 10.0


@pytest.fixture(scope="module")
def make(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Programme]:
    def build(**rules: Any) -> Programme:
        def edit(words: Words) -> None:
            words["cohort"] = rules

        return load_programme(altered(tmp_path_factory.mktemp("cohort"), edit, add=ADD))

    return build


def at_risk(programme: Programme, as_of: str, seen: pd.DataFrame, happened: pd.DataFrame | None = None) -> list[int]:
    tables = [PEOPLE, seen] if happened is None else [PEOPLE, seen, happened]
    knowledge = Knowledge(line_of(programme, *tables), programme.dictionary, dt.date.fromisoformat(as_of))
    return cohort(programme, knowledge).tolist()


def seen_on(who: str, period: str, recorded: str = "", income: float | None = WELL) -> tuple[Any, ...]:
    return (who, period, recorded or period, income, 1, "true")


def test_a_household_that_was_never_seen_is_not_at_risk(make: Callable[..., Programme]) -> None:
    """It stands in the households table, which has no dates: it may have come long after."""
    seen = observations(seen_on("1", "2018-12-31"), seen_on("2", "2019-12-31"))
    assert at_risk(make(), "2018-12-31", seen) == []
    assert at_risk(make(), "2019-01-01", seen) == [0]
    assert at_risk(make(), "2020-01-01", seen) == [0, 1]


STATUS = [
    (WELL, [0]),
    (POOR, []),
    # unknown is not "not poor"
    (None, []),
]


@pytest.mark.parametrize(("income", "expected"), STATUS)
def test_not_poor_means_known_not_to_be(
    make: Callable[..., Programme], income: float | None, expected: list[int]
) -> None:
    assert (
        at_risk(make(not_poor=True), "2020-01-01", observations(seen_on("1", "2019-12-31", income=income))) == expected
    )


def test_status_is_the_latest_known_then(make: Callable[..., Programme]) -> None:
    seen = observations(
        seen_on("1", "2018-12-31", income=WELL),
        seen_on("1", "2019-12-31", income=POOR),
        seen_on("1", "2019-12-31", "2020-06-01", income=WELL),
    )
    programme = make(not_poor=True)
    assert [at_risk(programme, day, seen) for day in ("2019-06-01", "2020-06-01", "2020-06-02")] == [[0], [], [0]]


SEEN = [
    ("2020-12-31", 12, True),
    ("2021-01-01", 12, False),
    ("2020-06-30", 6, True),
    ("2020-07-01", 6, False),
]


@pytest.mark.parametrize(("as_of", "months", "inside"), SEEN)
def test_seen_within_counts_back_whole_months(
    make: Callable[..., Programme], as_of: str, months: int, inside: bool
) -> None:
    seen = observations(seen_on("1", "2019-12-31"))
    assert at_risk(make(seen_within_months=months), as_of, seen) == ([0] if inside else [])


SPELLS = [
    ("never listed", [], [0]),
    ("listed", [("listed", "2019-03-01", "2019-03-01")], []),
    ("freed", [("listed", "2019-03-01", "2019-03-01"), ("freed", "2019-05-01", "2019-05-01")], [0]),
    ("freed the same day", [("listed", "2019-03-01", "2019-03-01"), ("freed", "2019-03-01", "2019-03-01")], [0]),
    ("listed again", [("listed", "2019-03-01", "2019-03-01"), ("freed", "2019-05-01", "2019-05-01"), ("listed", "2019-06-01", "2019-06-01")], []),
    ("freeing not yet recorded", [("listed", "2019-03-01", "2019-03-01"), ("freed", "2019-05-01", "2020-05-01")], []),
    ("listing not yet recorded", [("listed", "2019-03-01", "2020-01-01")], [0]),
    ("freed without listing", [("freed", "2019-05-01", "2019-05-01")], [0]),
]  # fmt: skip


@pytest.mark.parametrize(("what", "happened", "expected"), SPELLS, ids=[case[0] for case in SPELLS])
def test_in_an_open_spell_nobody_can_newly_fall(
    make: Callable[..., Programme], what: str, happened: list[tuple[str, str, str]], expected: list[int]
) -> None:
    programme = make(outside_spell={"opened_by": "listed", "closed_by": "freed"})
    table = events(*(("1", *row, None) for row in happened))
    assert at_risk(programme, "2020-01-01", observations(seen_on("1", "2018-12-31")), table) == expected


def test_the_gone_are_gone_once_it_is_recorded(make: Callable[..., Programme]) -> None:
    programme = make(gone_after=["left"])
    seen = observations(seen_on("1", "2018-12-31"), seen_on("2", "2018-12-31"))
    table = events(("1", "left", "2019-03-01", "2019-09-30", None))
    assert at_risk(programme, "2019-09-30", seen, table) == [0, 1]
    assert at_risk(programme, "2019-10-01", seen, table) == [1]
