"""The checklist before monitoring ends: what the records say of each check, and what a person confirms."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from riskmodel.programme.measures import Condition
from riskmodel.programme.reviewing import RecordsSay

Values = Mapping[str, float]
"""Features by name as the records show them on a date; NaN for what is missing."""


class Shown(StrEnum):
    """What the records say of a check."""

    YES = "yes"
    NOTHING_AGAINST = "nothing_against"
    """Nothing that speaks against it; that it is so, a person still has to confirm."""
    NO = "no"
    UNKNOWN = "unknown"
    PEOPLE = "people"
    """Nothing: people alone can confirm it."""


@dataclass(frozen=True, slots=True)
class Checked:
    """One check of the list.

    Attributes
    ----------
    code : str
        Which.
    shown : Shown
        What the records say.
    confirmed : bool
        Whether the proposer confirms it.
    note : str
        How the proposer knows; needed where the records know nothing of it.
    """

    code: str
    shown: Shown
    confirmed: bool
    note: str

    @property
    def is_met(self) -> bool:
        """Whether the records show it or leave it to a person, who confirms it; nobody's word overrides records."""
        if self.shown in (Shown.YES, Shown.NO):
            return self.shown is Shown.YES
        return self.confirmed and (self.shown is Shown.NOTHING_AGAINST or bool(self.note.strip()))


def holds(condition: Condition, values: Values) -> bool | None:
    """Tell whether a condition holds; None where the value is missing."""
    value = values.get(condition.feature, math.nan)
    if math.isnan(value):
        return None
    low = -math.inf if condition.at_least is None else condition.at_least
    high = math.inf if condition.at_most is None else condition.at_most
    return low <= value <= high


def shown_by(when: Sequence[Condition], dates: Sequence[Values | None], says: RecordsSay) -> Shown:
    """Return what the records of some dates say of conditions that all have to hold on each of them.

    Parameters
    ----------
    when : sequence of Condition
        None where people alone can tell.
    dates : sequence of mapping or None
        Features on each date; None where nothing was known of the household.
    says : RecordsSay
        Whether conditions that hold show all that is asked.
    """
    if not when:
        return Shown.PEOPLE
    found = [holds(one, values or {}) for values in dates for one in when]
    if False in found:
        return Shown.NO
    if None in found or not found:
        return Shown.UNKNOWN
    return Shown.YES if says is RecordsSay.SHOW else Shown.NOTHING_AGAINST


def is_without_labour(when: Sequence[Condition], values: Values | None) -> bool | None:
    """Tell whether the records show that nobody in a household can work; None where they do not know."""
    found = [holds(one, values or {}) for one in when]
    if not found or False in found:
        return False
    return None if None in found else True
