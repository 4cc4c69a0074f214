"""Days that are left of a procedure, counted as people count them: by the calendar of where the programme is at home."""

from __future__ import annotations

import datetime as dt

from riskmodel.programme.calendar import zone


def days_left(waiting_since: dt.datetime, now: dt.datetime, within_days: int, time_zone: str = "UTC") -> int:
    """Return how many days are left; 0 on the last one, below 0 where it is overdue.

    Parameters
    ----------
    waiting_since, now : datetime
        Instants: of the first sign, and the present one.
    within_days : int
        How many calendar days there are, the day after the first sign being the first.
    time_zone : str
        Where days begin.

    Examples
    --------
    >>> first = dt.datetime(2026, 3, 1, 23, tzinfo=dt.UTC)
    >>> days_left(first, first + dt.timedelta(hours=2), 15), days_left(first, first + dt.timedelta(days=18), 15)
    (14, -3)
    """
    there = zone(time_zone)
    return days_until(waiting_since.astimezone(there).date() + dt.timedelta(within_days), now.astimezone(there).date())


def days_until(last: dt.date, today: dt.date) -> int:
    """Return how many days are left until a date; below 0 where it is past."""
    return (last - today).days
