"""When something is due: by the calendar of where the programme is at home; and places in the list as addresses have them."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskmodel.service.cases.follow_ups import Kind, Mark, Terms, mark_of

HOME = Terms(dt.date(2026, 3, 17), 15, "Asia/Shanghai")
INSTANTS = st.datetimes(dt.datetime(2000, 1, 1), dt.datetime(2100, 1, 1), timezones=st.just(dt.UTC))
DAYS = st.dates(dt.date(2000, 1, 1), dt.date(2100, 1, 1))


def test_a_sign_is_due_by_the_calendar_there() -> None:
    late = dt.datetime(2026, 3, 1, 17, tzinfo=dt.UTC)
    assert HOME.due(Kind.SIGN, late) == dt.date(2026, 3, 17), "it was the 2nd there already"
    assert HOME.due(Kind.SIGN, late - dt.timedelta(hours=2)) == dt.date(2026, 3, 16)


def test_what_has_no_last_day() -> None:
    at = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
    assert HOME.due(Kind.MONITORED, at) is None and HOME.due(Kind.HELP, at) is None
    without = Terms(HOME.today, None, "UTC")
    assert without.due(Kind.SIGN, at) is None and without.first_due_on(Kind.SIGN, HOME.today) is None


@given(INSTANTS, DAYS)
def test_the_least_value_of_a_day_is_where_it_begins_to_be_due(at: dt.datetime, day: dt.date) -> None:
    due = HOME.due(Kind.SIGN, at)
    first = HOME.first_due_on(Kind.SIGN, day)
    assert due is not None and isinstance(first, dt.datetime)
    assert (at >= first) == (due >= day)


@given(st.sampled_from(Kind), INSTANTS, st.integers(0, 2**50))
def test_a_place_is_read_as_it_was_written(kind: Kind, at: dt.datetime, household: int) -> None:
    mark = Mark(kind, at.date() if kind in (Kind.VISIT, Kind.ANSWER) else at, household)
    assert mark_of(str(mark)) == mark


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\x00",
        "sign",
        "sign_2026-13-01_1",
        "visit_2026-03-01_x",
        "tea_2026-03-01_1",
        "help_2026-03-01T25:00_1",
        "visit_2026-03-01_9999999999999999999999",
        "sign_2026-03-01T00:00:00+01:00_1",
        "visit_２026-03-01_1",
    ],
)
def test_what_is_no_place_is_none(text: str) -> None:
    assert mark_of(text) is None
