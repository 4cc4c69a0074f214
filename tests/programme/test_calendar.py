"""Months on the calendar: windows and horizons all stand on these two functions."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskmodel.programme.calendar import add_months, month_starts

CASES = [
    ("2020-01-31", 1, "2020-02-29"),
    ("2019-01-31", 1, "2019-02-28"),
    ("2020-02-29", 12, "2021-02-28"),
    ("2020-02-29", -12, "2019-02-28"),
    ("2020-02-29", 48, "2024-02-29"),
    ("2020-03-31", -1, "2020-02-29"),
    ("2020-12-31", 1, "2021-01-31"),
    ("2020-01-01", -1, "2019-12-01"),
    ("2000-02-29", 1200, "2100-02-28"),
    ("2020-05-31", 0, "2020-05-31"),
    ("0001-12-31", -12, "0001-01-01"),
    ("0001-12-31", -11, "0001-01-31"),
    ("0001-01-01", -1200, "0001-01-01"),
]


@pytest.mark.parametrize(("day", "months", "expected"), CASES)
def test_a_day_that_the_month_lacks_becomes_its_last(day: str, months: int, expected: str) -> None:
    assert add_months(dt.date.fromisoformat(day), months) == dt.date.fromisoformat(expected)


@given(st.dates(dt.date(1950, 1, 1), dt.date(2150, 1, 1)), st.integers(-240, 240))
def test_agrees_with_pandas(day: dt.date, months: int) -> None:
    assert add_months(day, months) == (pd.Timestamp(day) + pd.DateOffset(months=months)).date()


STARTS = [
    ("2018-01-01", "2018-12-31", 3, ["2018-01-01", "2018-04-01", "2018-07-01", "2018-10-01"]),
    ("2018-01-01", "2018-04-01", 3, ["2018-01-01", "2018-04-01"]),
    ("2018-01-01", "2018-01-01", 12, ["2018-01-01"]),
    ("2018-01-02", "2018-01-01", 12, []),
    # counted from the first date each time: the 31st comes back after February
    ("2020-01-31", "2020-03-31", 1, ["2020-01-31", "2020-02-29", "2020-03-31"]),
]


@pytest.mark.parametrize(("first", "last", "step", "expected"), STARTS)
def test_both_ends_are_included_and_short_months_do_not_wear_the_day_down(
    first: str, last: str, step: int, expected: list[str]
) -> None:
    found = month_starts(dt.date.fromisoformat(first), dt.date.fromisoformat(last), step)
    assert [day.isoformat() for day in found] == expected
