"""Days are counted by the calendar of the place, so that a page and a letter name the same last day."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskmodel.service.cases.deadlines import days_left, days_until

FIRST = dt.datetime(2026, 3, 1, 17, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("now", "zone", "left"),
    [
        (FIRST, "UTC", 15),
        (dt.datetime(2026, 3, 2, 0, 0, tzinfo=dt.UTC), "UTC", 14),
        # in Shanghai it was the second of March already
        (dt.datetime(2026, 3, 2, 0, 0, tzinfo=dt.UTC), "Asia/Shanghai", 15),
        (dt.datetime(2026, 3, 16, 23, 59, tzinfo=dt.UTC), "UTC", 0),
        (dt.datetime(2026, 3, 19, 0, 1, tzinfo=dt.UTC), "UTC", -3),
    ],
)
def test_known_answers(now: dt.datetime, zone: str, left: int) -> None:
    assert days_left(FIRST, now, 15, zone) == left


@given(st.integers(0, 400), st.integers(0, 23), st.integers(1, 365))
def test_one_day_less_each_day(days: int, hour: int, within: int) -> None:
    now = FIRST.replace(hour=hour) + dt.timedelta(days)
    assert days_left(FIRST, now, within) == within - days


def test_until_a_day() -> None:
    assert days_until(dt.date(2026, 3, 3), dt.date(2026, 3, 1)) == 2
