"""What a department reports of a household, read value by value: each report is sound, or refused with its reason."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from riskmodel.errors import Fault
from riskmodel.programme.dictionary import EVENTS, Column
from riskmodel.programme.programme import Programme
from riskmodel.service.access import Feed
from riskmodel.service.store.tables import LONGEST_CODE

LONGEST_ID, LONGEST_SOURCE, DIGITS = 128, 200, 32
EARLIEST = dt.date(1900, 1, 1)
FIELDS = ("event_id", "household_id", "kind", "occurred_on", "amount", "cause")
"""What a report holds; a table of events has these columns."""
_UNSOUND = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_NUMBER = re.compile(r" *[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)? *", re.ASCII)
Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Report:
    """One event as it was reported.

    Attributes
    ----------
    event_id : str
        As its sender numbers it.
    source : str
        Where the sender has it from, such as a system or a file; ids are unique within it.
    household_id : str
        Whom it struck.
    kind : str
        What happened, as the dictionary names it.
    occurred_on : date
        When.
    amount : float or None
        How much, in the kind's unit.
    cause : str or None
        Why, as the programme names causes.
    """

    event_id: str
    source: str
    household_id: str
    kind: str
    occurred_on: dt.date
    amount: float | None
    cause: str | None

    @property
    def key(self) -> str:
        """What stands for source and id."""
        return _digest([self.source, self.event_id])

    @property
    def content(self) -> str:
        """What stands for all the rest."""
        return _digest([self.household_id, self.kind, self.occurred_on.isoformat(), self.amount, self.cause])


def _digest(values: list[Any]) -> str:
    return hashlib.sha256(json.dumps(values).encode()).hexdigest()[:DIGITS]


@dataclass(frozen=True)
class Reading:
    """What reports may say.

    Attributes
    ----------
    programme : Programme
        Its dictionary names the kinds of events, its outcome the causes.
    feed : Feed
        What whoever sends them may send.
    today : date
        No event is later.
    """

    programme: Programme
    feed: Feed
    today: dt.date

    @cached_property
    def kinds(self) -> Mapping[str, Column]:
        """The kinds of events by name."""
        return {column.name: column for column in self.programme.dictionary.table(EVENTS)}

    def read(self, values: Values, source: str) -> Report | Fault:
        """Read one report.

        Parameters
        ----------
        values : mapping
            By name of :data:`FIELDS`; empty text and None mean that nothing is said.
        source : str
            Where the sender has it from.

        Returns
        -------
        Report or Fault
            The first thing that is wrong; it repeats nothing of what was sent.
        """
        readers: Mapping[str, Callable[[Any], Any]] = {
            "event_id": lambda value: _text(value, LONGEST_ID),
            "household_id": lambda value: _text(value, LONGEST_CODE),
            "kind": self._kind,
            "occurred_on": self._day,
            "cause": self._cause,
        }
        found: dict[str, Any] = {}
        for name, reader in readers.items():
            value = reader(values.get(name))
            if isinstance(value, Wrong):
                return value.fault(name)
            found[name] = value
        amount = _amount(values.get("amount"), self.kinds[found["kind"]])
        if isinstance(amount, Wrong):
            return amount.fault("amount")
        checked = _text(source, LONGEST_SOURCE)
        if isinstance(checked, Wrong):
            return checked.fault("source")
        return Report(source=checked, amount=amount, **found)

    def _kind(self, value: Any) -> Any:
        if not isinstance(value, str) or value not in self.kinds:
            return Wrong("unknown_kind", "expected a kind of event that the programme's dictionary names")
        if value not in self.feed.kinds:
            return Wrong("not_allowed", "events of this kind are not among those that this key may send")
        return value

    def _day(self, value: Any) -> Any:
        day = _date(value)
        if day is None:
            return Wrong("date", "expected a date as YYYY-MM-DD")
        if day > self.today:
            return Wrong("future", "expected a date that is not in the future")
        return day if day >= EARLIEST else Wrong("too_early", f"expected a date from {EARLIEST} on")

    def _cause(self, value: Any) -> Any:
        if _nothing(value):
            return None
        known = getattr(self.programme.file.outcome, "causes", {})
        if not isinstance(value, str) or value not in known:
            return Wrong("unknown_cause", "expected a cause that the programme names, or nothing")
        return value


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong with a value."""

    rule: str
    message: str

    def fault(self, where: str) -> Fault:
        """Return it with its place."""
        return Fault(where, self.rule, self.message)


def _nothing(value: Any) -> bool:
    return value is None or value == "" or (isinstance(value, float) and math.isnan(value))


def _text(value: Any, longest: int) -> str | Wrong:
    if _nothing(value):
        return Wrong("required", "is required")
    if not isinstance(value, str):
        return Wrong("text", "expected text")
    if len(value) > longest:
        return Wrong("too_long", f"expected at most {longest} characters")
    if _UNSOUND.search(value):
        return Wrong("unicode", "expected text without control characters or half of a character")
    return value


def _date(value: Any) -> dt.date | None:
    if isinstance(value, dt.datetime):
        value = value.date()
    if isinstance(value, dt.date):
        return value
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        return None
    try:
        return dt.date.fromisoformat(value)
    except ValueError:
        return None


def _amount(value: Any, column: Column) -> float | Wrong | None:
    if _nothing(value):
        return None
    number = _number(value)
    if number is None:
        return Wrong("number", "expected a number, or nothing")
    low, high = column.low, column.high
    if (low is not None and number < low) or (high is not None and number > high):
        return Wrong("range", "is outside the range that the dictionary gives for this kind of event")
    return number


def _number(value: Any) -> float | None:
    # to Python, true is a number, and so are `1_000` and digits of other scripts
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        return None
    if isinstance(value, str) and not _NUMBER.fullmatch(value):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
