"""Precision, recall and days of warning are what a person would count, and intervals are of the same draws."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskmodel.bench.alerts.judging import DAYS, PRECISION, RECALL, Tally, compare_ways, days_of_warning, per_household
from riskmodel.bench.alerts.months import Falls
from riskmodel.bench.alerts.raising import HIGHEST, RULES, WAYS, Raised
from riskmodel.programme.calendar import add_months

NAN = float("nan")
ALERT_DAYS = [add_months(dt.date(2022, 1, 1), later) for later in range(30)]


def raised(
    *alerts: tuple[int, dt.date], outcome: list[float] | None = None, counts: list[bool] | None = None
) -> Raised:
    return Raised(
        np.array([who for who, _ in alerts], dtype="int64"),
        np.array([day for _, day in alerts], dtype="datetime64[D]"),
        np.array([0.0] * len(alerts) if outcome is None else outcome),
        np.array([True] * len(alerts) if counts is None else counts, dtype=bool),
    )


def falls(*fell: tuple[int, dt.date]) -> Falls:
    ordered = sorted(fell)
    return Falls(
        np.array([who for who, _ in ordered], dtype="int64"),
        np.array([day for _, day in ordered], dtype="datetime64[D]"),
        np.full(len(ordered), "illness", dtype=object),
        np.ones(len(ordered), bool),
    )


@pytest.mark.parametrize(
    ("alert", "expected"),
    [
        (dt.date(2023, 3, 1), NAN),  # its year ended on 2024-03-01
        (dt.date(2023, 4, 1), 349.0),
        (dt.date(2024, 3, 1), 14.0),
        (dt.date(2024, 4, 1), NAN),
    ],
)
def test_an_alert_warns_of_falls_within_its_own_year(alert: dt.date, expected: float) -> None:
    found = days_of_warning(raised((1, alert)), falls((1, dt.date(2024, 3, 15))))
    assert np.array_equal(found, [expected], equal_nan=True)


def test_an_alert_of_the_day_itself_is_no_warning() -> None:
    assert np.isnan(days_of_warning(raised((1, dt.date(2024, 3, 1))), falls((1, dt.date(2024, 3, 1))))).all()


@given(
    st.lists(st.tuples(st.integers(0, 2), st.sampled_from(ALERT_DAYS)), max_size=12),
    st.lists(
        st.tuples(st.integers(0, 2), st.dates(dt.date(2023, 1, 1), dt.date(2024, 7, 31))), max_size=6, unique=True
    ),
)
def test_the_first_alert_since_the_last_fall_and_within_a_year_counts(
    alerts: list[tuple[int, dt.date]], fell: list[tuple[int, dt.date]]
) -> None:
    expected = []
    for who, day in sorted(fell):
        last = max((other for one, other in fell if one == who and other < day), default=dt.date.min)
        first = [when for one, when in alerts if one == who and last <= when < day and add_months(when, 12) > day]
        expected.append(float((day - min(first)).days) if first else NAN)
    found = days_of_warning(raised(*alerts), falls(*fell))
    assert np.array_equal(found, np.array(expected), equal_nan=True)


def test_alerts_of_unknown_outcome_or_before_the_count_are_neither_right_nor_wrong() -> None:
    day = dt.date(2024, 1, 1)
    some = raised(
        (0, day), (0, day), (2, day), (2, day), outcome=[1.0, 0.0, NAN, 1.0], counts=[True, True, True, False]
    )
    known, hits = per_household(some, 3)
    assert (known.tolist(), hits.tolist()) == ([2, 0, 0], [1, 0, 0])


def tally(households: int, known: np.ndarray, hits: np.ndarray, who: list[int], days: np.ndarray) -> Tally:
    nothing = dict.fromkeys(WAYS, 0)
    cause = np.full(len(who), "illness", dtype=object)
    return Tally(
        1, households, 9, 1, nothing, nothing, nothing, nothing, known, hits, np.array(who, dtype="int64"), cause, days
    )


def test_figures_are_pooled_over_counties() -> None:
    ways = len(WAYS)
    days = np.full((2, ways), NAN)
    days[0] = 30.0
    one = tally(4, np.full((4, ways), 2.0), np.eye(4)[:, :1] * np.ones(ways), [0, 1], days)
    other = tally(2, np.full((2, ways), 1.0), np.ones((2, ways)), [0], np.full((1, ways), 90.0))
    found = compare_ways([one, other], np.random.default_rng(0), draws=50)[HIGHEST].figures
    assert found[PRECISION].value == pytest.approx(3 / 10)
    assert found[RECALL].value == pytest.approx(2 / 3)
    assert found[DAYS].value == 60
    assert all(figure.low <= figure.value <= figure.high for figure in found.values())


def test_ways_that_say_the_same_differ_by_nothing_in_every_draw() -> None:
    """Draws of their own for each way would blur a difference that is there, and show one where there is none."""
    ways, rng = len(WAYS), np.random.default_rng(1)
    hits = rng.integers(0, 2, (200, 1)) * np.ones(ways)
    days = np.where(rng.random((80, 1)) < 0.5, 100.0, NAN) * np.ones(ways)
    hits[:, WAYS.index(HIGHEST)] += 1
    one = tally(200, np.full((200, ways), 3.0), hits, list(range(80)), days)
    found = compare_ways([one], np.random.default_rng(0), draws=50)
    gap = found[HIGHEST].minus_rules
    assert (gap[RECALL].low, gap[RECALL].value, gap[RECALL].high) == (0, 0, 0)
    assert (gap[PRECISION].low, gap[PRECISION].high) == pytest.approx((1 / 3, 1 / 3))
    assert found[RULES].figures[RECALL].low < found[RULES].figures[RECALL].high


def test_without_a_fall_there_is_nothing_to_find() -> None:
    ways = len(WAYS)
    one = tally(3, np.zeros((3, ways)), np.zeros((3, ways)), [], np.empty((0, ways)))
    found = compare_ways([one], np.random.default_rng(0), draws=5)[RULES].figures
    assert all(np.isnan(figure.value) for figure in found.values())
