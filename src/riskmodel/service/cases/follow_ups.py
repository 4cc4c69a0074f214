"""What of households' cases has to be followed up, until when, and in which order."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from enum import StrEnum

from riskmodel.programme.calendar import zone

Value = dt.datetime | dt.date
_MARK = re.compile(r"([a-z]{1,16})_([0-9T:.-]{10,32})_([0-9]{1,18})", re.ASCII)


class Kind(StrEnum):
    """What is to be followed up; of the same day, in this order."""

    SIGN = "sign"
    VISIT = "visit"
    ANSWER = "answer"
    MONITORED = "monitored"
    HELP = "help"


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in the list: the row that a page ends with.

    Attributes
    ----------
    kind : Kind
        What is to be followed up there.
    value : datetime or date
        What rows of its kind are ordered by; an instant in UTC.
    household : int
        Its number.
    """

    kind: Kind
    value: Value
    household: int

    def __str__(self) -> str:
        """Write it as an address has it."""
        plain = self.value.replace(tzinfo=None) if isinstance(self.value, dt.datetime) else self.value
        return f"{self.kind.value}_{plain.isoformat()}_{self.household}"


def mark_of(text: str) -> Mark | None:
    """Read a place in the list; None where it is none of ours.

    >>> str(mark_of("visit_2026-03-01_17"))
    'visit_2026-03-01_17'
    >>> mark_of("visit_yesterday_17")
    """
    found = _MARK.fullmatch(text)
    if found is None or found[1] not in set(Kind):
        return None
    kind = Kind(found[1])
    try:
        value: Value = (
            dt.date.fromisoformat(found[2])
            if kind in (Kind.VISIT, Kind.ANSWER)
            else dt.datetime.fromisoformat(found[2]).replace(tzinfo=dt.UTC)
        )
    except ValueError:
        return None
    return Mark(kind, value, int(found[3]))


@dataclass(frozen=True, slots=True)
class Terms:
    """From when on something is overdue.

    Attributes
    ----------
    today : date
        Where the programme is at home.
    decide_within_days : int or None
        From the first sign to the decision; None where the programme sets no deadline.
    time_zone : str
        Where days begin.
    """

    today: dt.date
    decide_within_days: int | None
    time_zone: str

    def due(self, kind: Kind, value: Value) -> dt.date | None:
        """Return the last day of something; None where it has none.

        Parameters
        ----------
        kind : Kind
            What is to be followed up.
        value : datetime or date
            The first sign, or the day itself.
        """
        if kind is Kind.SIGN and self.decide_within_days is not None:
            assert isinstance(value, dt.datetime)
            return value.astimezone(zone(self.time_zone)).date() + dt.timedelta(self.decide_within_days)
        return value if kind in (Kind.VISIT, Kind.ANSWER) else None

    def first_due_on(self, kind: Kind, day: dt.date) -> Value | None:
        """Return the least value of what is due on a day or later; None where nothing of this kind is ever due."""
        if kind is Kind.SIGN and self.decide_within_days is not None:
            first = day - dt.timedelta(self.decide_within_days)
            return dt.datetime.combine(first, dt.time(), tzinfo=zone(self.time_zone)).astimezone(dt.UTC)
        return day if kind in (Kind.VISIT, Kind.ANSWER) else None

    def place(self, mark: Mark) -> tuple[dt.date, int, float, int]:
        """Return what rows are ordered by: the most overdue first, and what has no last day after all that has one."""
        value = mark.value
        within = value.timestamp() if isinstance(value, dt.datetime) else 0.0
        return self.due(mark.kind, value) or dt.date.max, order_of(mark.kind), within, mark.household


def order_of(kind: Kind) -> int:
    """Return where a kind comes among what is due on the same day."""
    return list(Kind).index(kind)
