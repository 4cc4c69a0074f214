"""What happened in ``[as_of, as_of + horizon)``: 1 fell, 0 did not, missing unknown, and never a guess."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from helpers.tinyland import Row, Words, altered, events, households, line_of, observations
from riskmodel.features.timeline import Timeline
from riskmodel.labels.labels import label, label_lessons, settled_on
from riskmodel.programme.loading import load_programme
from riskmodel.programme.programme import Programme

DAY = dt.date.fromisoformat
LATE = dt.date(2022, 1, 1)
HOME = households(("1", "n1"))
WELL, POOR = 500.0, 10.0
ADD: list[Row] = [
    {"name": "relief", "table": "events", "type": "number", "group": "household"},
    {"name": "left", "table": "events", "type": "number", "group": "household", "leak": "leak"},
]


@pytest.fixture(scope="module")
def make(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Programme]:
    """Return a maker of tinyland with another outcome, and perhaps another grain."""

    def build(grain: str = "year", periods: tuple[str, ...] = (), **outcome: Any) -> Programme:
        def edit(words: Words) -> None:
            words["outcome"] = {"kind": "status_at", "horizons_months": [12], "main_horizon_months": 12} | outcome
            words["welfare"]["grain"] = words["tables"]["observations"]["grain"] = grain

        files = (
            {"lines.csv": "area_code,period,line\n" + "".join(f"north,{one},100\n" for one in periods)}
            if periods
            else {}
        )
        path: Path = tmp_path_factory.mktemp("outcome")
        return load_programme(altered(path, edit, add=ADD, files=files))

    return build


def labelled(
    programme: Programme, line: Timeline, as_of: str, months: int = 12, known_by: dt.date = LATE
) -> float | None:
    found = label(programme, line, np.array([0]), DAY(as_of), months, known_by)
    assert found.dtype == np.float64
    return None if np.isnan(found[0]) else float(found[0])


def observed(*rows: tuple[str, str, float | None, int]) -> pd.DataFrame:
    return observations(*(("1", *row, "true") for row in rows))


class TestStatusAt:
    CASES = [
        # income a year later, line 130 in 2019
        ("fell", [("2019-12-31", "2019-12-31", 129.0, 1)], 1),
        ("exactly on the line is not poor", [("2019-12-31", "2019-12-31", 130.0, 1)], 0),
        ("per person", [("2019-12-31", "2019-12-31", 259.0, 2)], 1),
        ("left the panel", [], None),
        ("no answer on income", [("2019-12-31", "2019-12-31", None, 1)], None),
        ("seen only after the window", [("2020-12-31", "2020-12-31", POOR, 1)], None),
        ("seen only before the window", [("2018-12-30", "2018-12-30", POOR, 1)], None),
        ("corrected in time", [("2019-12-31", "2019-12-31", WELL, 1), ("2019-12-31", "2021-12-31", POOR, 1)], 1),
        ("corrected too late", [("2019-12-31", "2019-12-31", WELL, 1), ("2019-12-31", "2022-01-01", POOR, 1)], 0),
        ("recorded too late", [("2019-12-31", "2022-01-01", POOR, 1)], None),
    ]

    @pytest.mark.parametrize(("what", "rows", "expected"), CASES, ids=[case[0] for case in CASES])
    def test_the_status_a_year_on(
        self, make: Callable[..., Programme], what: str, rows: list[Any], expected: float | None
    ) -> None:
        programme = make()
        now = ("2018-12-31", "2018-12-31", WELL, 1)
        line = line_of(programme, HOME, observed(now, *rows))
        assert labelled(programme, line, "2019-01-01") == expected

    def test_a_poor_year_that_is_still_running_when_the_window_ends_is_not_looked_at(
        self, make: Callable[..., Programme]
    ) -> None:
        """From 1 July the window ends in June; what the year was is only known in December, outside of it."""
        programme = make()
        line = line_of(
            programme, HOME, observed(("2018-12-31", "2018-12-31", WELL, 1), ("2019-12-31", "2019-12-31", POOR, 1))
        )
        assert labelled(programme, line, "2018-07-01") is None
        assert labelled(programme, line, "2019-01-01") == 1

    QUARTERS = tuple(f"{year}Q{quarter}" for year in range(2014, 2021) for quarter in (1, 2, 3, 4))
    TARGETS = [
        ("2018-01-01", 12, "2018-12-31"),
        ("2018-04-01", 12, "2019-03-31"),
        ("2018-04-01", 3, "2018-06-30"),
        ("2018-10-01", 6, "2019-03-31"),
    ]

    @pytest.mark.parametrize(("as_of", "months", "target"), TARGETS)
    def test_with_quarters_it_is_the_quarter_that_ends_with_the_window(
        self, make: Callable[..., Programme], as_of: str, months: int, target: str
    ) -> None:
        programme = make("quarter", self.QUARTERS, horizons_months=[3, 6, 12])
        ends = [f"{day:%Y-%m-%d}" for day in pd.date_range("2017-12-31", "2019-12-31", freq="QE")]
        rows = [(end, end, POOR if end == target else WELL, 1) for end in ends]
        assert labelled(programme, line_of(programme, HOME, observed(*rows)), as_of, months) == 1
        rows = [(end, end, WELL if end == target else POOR, 1) for end in ends]
        assert labelled(programme, line_of(programme, HOME, observed(*rows)), as_of, months) == 0

    def test_with_months_it_is_the_last_month_of_the_window(self, make: Callable[..., Programme]) -> None:
        months = tuple(f"{year}-{month:02d}" for year in range(2013, 2021) for month in range(1, 13))
        programme = make("month", months, horizons_months=[1, 2], main_horizon_months=2)
        rows = [
            ("2019-12-31", "2019-12-31", WELL, 1),
            ("2020-01-31", "2020-01-31", POOR, 1),
            ("2020-02-29", "2020-02-29", WELL, 1),
        ]
        line = line_of(programme, HOME, observed(*rows))
        assert [labelled(programme, line, "2020-01-01", ahead) for ahead in (1, 2)] == [1, 0]

    SAME = [
        # persons before, persons after, allowed change, label
        (4, 4, (0, 0), 1),
        (4, 5, (0, 0), None),
        (4, 5, (0, 1), 1),
        (4, 6, (0, 1), None),
        (4, 3, (0, 1), None),
        (4, 3, (-1, 0), 1),
        (None, 4, (-9, 9), None),
        (4, None, (-9, 9), None),
    ]

    @pytest.mark.parametrize(("before", "after", "allowed", "expected"), SAME)
    def test_another_household_in_the_same_dwelling_is_unknown(
        self,
        make: Callable[..., Programme],
        before: int | None,
        after: int | None,
        allowed: tuple[int, int],
        expected: float | None,
    ) -> None:
        least, most = allowed
        programme = make(same=[{"column": "size", "change_at_least": least, "change_at_most": most}])
        table = observations(
            ("1", "2018-12-31", "2018-12-31", WELL, before, "true"),
            ("1", "2019-12-31", "2019-12-31", POOR, after, "true"),
        )
        assert labelled(programme, line_of(programme, HOME, table), "2019-01-01") == expected

    def test_what_was_the_same_is_judged_by_what_was_known_then(self, make: Callable[..., Programme]) -> None:
        """A correction of the household's size that came after the as-of date must not decide who is labelled."""
        programme = make(same=[{"column": "size"}])
        rows = [
            ("2018-12-31", "2018-12-31", WELL, 4),
            ("2018-12-31", "2019-06-30", WELL, 2),
            ("2019-12-31", "2019-12-31", POOR, 4),
        ]
        assert labelled(programme, line_of(programme, HOME, observed(*rows)), "2019-01-01") == 1


class TestEventWithin:
    CASES = [
        # (kind, occurred, recorded) -> label as of 2019-01-01 over 12 months
        ("nothing", [], 0),
        ("first day counts", [("illness", "2019-01-01", "2019-01-01")], 1),
        ("day before does not", [("illness", "2018-12-31", "2019-02-01")], 0),
        ("last day counts", [("illness", "2019-12-31", "2020-01-05")], 1),
        ("the day the window ends does not", [("illness", "2020-01-01", "2020-01-01")], 0),
        ("another kind does not", [("listed", "2019-05-01", "2019-05-01")], 0),
        ("either kind counts", [("relief", "2019-05-01", "2019-05-01")], 1),
        ("recorded on the last known day", [("illness", "2019-05-01", "2021-12-31")], 1),
        ("recorded too late to be known", [("illness", "2019-05-01", "2022-01-01")], 0),
        ("left without falling", [("left", "2019-05-01", "2019-05-01")], None),
        ("fell, then left", [("illness", "2019-05-01", "2019-05-01"), ("left", "2019-05-02", "2019-05-02")], 1),
        ("left, then fell", [("left", "2019-05-01", "2019-05-01"), ("illness", "2019-05-02", "2019-05-02")], None),
        ("fell and left on one day", [("illness", "2019-05-01", "2019-05-01"), ("left", "2019-05-01", "2019-05-01")], 1),
        ("left after the window", [("left", "2020-01-01", "2020-01-01")], 0),
        ("leaving recorded too late to be known", [("left", "2019-05-01", "2022-01-01")], 0),
        ("the first of several decides", [("illness", "2019-08-01", "2019-08-01"), ("left", "2019-06-01", "2019-06-01"), ("relief", "2019-05-01", "2019-05-01")], 1),
    ]  # fmt: skip

    @pytest.mark.parametrize(("what", "happened", "expected"), CASES, ids=[case[0] for case in CASES])
    def test_an_event_in_the_window(
        self, make: Callable[..., Programme], what: str, happened: list[tuple[str, str, str]], expected: float | None
    ) -> None:
        programme = make(kind="event_within", events=["illness", "relief"], censored_by=["left"])
        seen = observed(("2018-12-31", "2018-12-31", WELL, 1))
        table = events(*(("1", *row, None) for row in happened))
        assert labelled(programme, line_of(programme, HOME, seen, table), "2019-01-01") == expected

    def test_a_window_from_the_end_of_february(self, make: Callable[..., Programme]) -> None:
        programme = make(kind="event_within", events=["illness"])
        for day, expected in [("2021-02-27", 1), ("2021-02-28", 0), ("2020-02-29", 1), ("2020-02-28", 0)]:
            line = line_of(
                programme, HOME, observed(("2018-12-31", "2018-12-31", WELL, 1)), events(("1", "illness", day, day, 1))
            )
            assert labelled(programme, line, "2020-02-29") == expected, day

    def test_shorter_horizons_are_part_of_longer_ones(self, make: Callable[..., Programme]) -> None:
        programme = make(kind="event_within", events=["illness"], horizons_months=[3, 6, 12])
        seen = observed(("2018-12-31", "2018-12-31", WELL, 1))
        line = line_of(programme, HOME, seen, events(("1", "illness", "2019-04-01", "2019-04-01", 1)))
        assert [labelled(programme, line, "2019-01-01", months) for months in (3, 6, 12)] == [0, 1, 1]


SETTLED = [(0, "2020-01-01", True), (0, "2019-12-31", False), (60, "2020-03-01", True), (60, "2020-02-29", False)]


@pytest.mark.parametrize(("days", "known_by", "settled"), SETTLED)
@pytest.mark.parametrize("kind", ["status_at", "event_within"])
def test_an_outcome_that_is_not_settled_is_unknown_for_all(
    make: Callable[..., Programme], kind: str, days: int, known_by: str, settled: bool
) -> None:
    """Even a household whose event is on record: else those who fell early would be the only ones to train on."""
    more: dict[str, Any] = {"events": ["illness"]} if kind == "event_within" else {}
    programme = make(kind=kind, settled_after_days=days, **more)
    rows = observed(("2018-12-31", "2018-12-31", WELL, 1), ("2019-12-31", "2019-12-31", POOR, 1))
    line = line_of(programme, HOME, rows, events(("1", "illness", "2019-02-01", "2019-02-01", 1)))
    found = labelled(programme, line, "2019-01-01", known_by=DAY(known_by))
    # the status of the year was recorded on its last day, so it is known from the next
    assert found == (1 if settled else None)
    assert settled_on(programme, dt.date(2019, 1, 1), 12) == dt.date(2020, 1, 1) + dt.timedelta(days=days)


def test_labels_come_in_the_order_of_the_households_asked_for(make: Callable[..., Programme]) -> None:
    programme = make()
    people = households(("1", "n1"), ("2", "s1"), ("3", "n2"))
    rows = [
        (who, day, day, income, 1, "true")
        for who, later in (("1", WELL), ("2", POOR))
        for day, income in (("2018-12-31", WELL), ("2019-12-31", later))
    ]
    line = line_of(programme, people, observations(*rows))
    found = label(programme, line, np.array([2, 1, 0, 1]), dt.date(2019, 1, 1), 12, LATE)
    np.testing.assert_array_equal(found, [np.nan, 1, 0, 1])
    assert len(label(programme, line, np.array([], dtype="int64"), dt.date(2019, 1, 1), 12, LATE)) == 0


class TestLessons:
    """What trees learn may be softer than the label; the label itself never is."""

    @staticmethod
    def lesson(make: Callable[..., Programme], welfare: float, error: float | None = None) -> float:
        programme = make(periods=tuple(str(year) for year in range(2014, 2022)), welfare_error=error)
        line = line_of(
            programme, HOME, observed(("2017-12-31", "2018-01-05", WELL, 1), ("2018-12-31", "2019-01-05", welfare, 1))
        )
        found = label_lessons(programme, line, np.array([0]), DAY("2018-01-01"), 12, LATE)
        assert labelled(programme, line, "2018-01-01") == float(welfare < 100)
        return float(found[0])

    @pytest.mark.parametrize("welfare", [99.0, 101.0])
    def test_without_softening_it_is_the_label(self, make: Callable[..., Programme], welfare: float) -> None:
        assert self.lesson(make, welfare) == float(welfare < 100)

    @pytest.mark.parametrize(
        ("welfare", "expected"),
        [(100.0, 0.5), (100 * np.exp(0.2), 0.158655), (100 * np.exp(-0.4), 0.977250)],
    )
    def test_it_is_the_normal_chance_to_be_below_the_line(
        self, make: Callable[..., Programme], welfare: float, expected: float
    ) -> None:
        found = self.lesson(make, welfare, error=0.2)
        assert found == pytest.approx(expected, abs=1e-6)

    def test_no_income_at_all_is_below_every_line(self, make: Callable[..., Programme]) -> None:
        assert self.lesson(make, 0.0, error=1.0) == 1.0

    def test_an_unknown_label_teaches_nothing(self, make: Callable[..., Programme]) -> None:
        programme = make(welfare_error=0.2)
        line = line_of(programme, HOME, observed(("2017-12-31", "2018-01-05", WELL, 1)))
        assert np.isnan(label_lessons(programme, line, np.array([0]), DAY("2018-01-01"), 12, LATE)[0])
