"""The calendar: whole months, and the zones in which days begin."""

from __future__ import annotations

import calendar
import datetime as dt
import zoneinfo
from functools import cache


def add_months(day: dt.date, months: int) -> dt.date:
    """Move a date by whole months; a day that the month lacks becomes its last day.

    What would be before the first day that there is becomes that day: nothing is earlier, so that a window that begins
    there holds the same.

    >>> add_months(dt.date(2020, 1, 31), 1), add_months(dt.date(1, 6, 1), -12)
    (datetime.date(2020, 2, 29), datetime.date(1, 1, 1))
    """
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    if year < dt.MINYEAR:
        return dt.date.min
    return dt.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


@cache
def zone(name: str) -> zoneinfo.ZoneInfo:
    """Return a time zone by its name in the IANA database, such as ``Asia/Shanghai``.

    Raises
    ------
    ValueError
        If there is none of that name.
    """
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"there is no time zone {name!r}; expected a name such as Asia/Shanghai, or UTC") from None


def month_starts(first: dt.date, last: dt.date, step_months: int) -> tuple[dt.date, ...]:
    """List the dates from ``first`` to ``last``, ``step_months`` apart."""
    dates = []
    index = 0
    while (day := add_months(first, index)) <= last:
        dates.append(day)
        index += step_months
    return tuple(dates)
