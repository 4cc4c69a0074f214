"""The end of a household's monitoring: proposed by one person over a checklist, confirmed by another, never by itself."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from riskmodel.programme.measures import Condition
from riskmodel.service.cases.entries import Entry, EntryKind, Rule, StepRefused

Values = Mapping[str, float]
"""Features by name as the records show them on a date; NaN for what is missing."""


class Shown(StrEnum):
    """What the records say of a check."""

    YES = "yes"
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
        How the proposer knows; needed where the records do not show it.
    """

    code: str
    shown: Shown
    confirmed: bool
    note: str

    @property
    def is_met(self) -> bool:
        """Whether it is shown by the records, or confirmed in words."""
        return self.shown is Shown.YES or (self.confirmed and bool(self.note.strip()))


def holds(condition: Condition, values: Values) -> bool | None:
    """Tell whether a condition holds; None where the value is missing."""
    value = values.get(condition.feature, math.nan)
    if math.isnan(value):
        return None
    low = -math.inf if condition.at_least is None else condition.at_least
    high = math.inf if condition.at_most is None else condition.at_most
    return low <= value <= high


def shown_by(when: Sequence[Condition], dates: Sequence[Values | None]) -> Shown:
    """Return what the records of some dates say of conditions that all have to hold on each of them.

    Parameters
    ----------
    when : sequence of Condition
        None where people alone can tell.
    dates : sequence of mapping or None
        Features on each date; None where nothing was known of the household.
    """
    if not when:
        return Shown.PEOPLE
    found = [holds(one, values or {}) for values in dates for one in when]
    if False in found:
        return Shown.NO
    return Shown.UNKNOWN if None in found or not found else Shown.YES


def is_without_labour(when: Sequence[Condition], values: Values | None) -> bool:
    """Tell whether the records show that nobody in a household can work."""
    return bool(when) and all(holds(one, values or {}) for one in when)


class ProposalState(StrEnum):
    """What became of a proposal."""

    OPEN = "open"
    CONFIRMED = "confirmed"
    DECLINED = "declined"


@dataclass(frozen=True, slots=True)
class Proposal:
    """A proposal to end monitoring.

    Attributes
    ----------
    proposed : Entry
        The entry that holds it.
    state : ProposalState
        What became of it.
    closed : Entry or None
        The entry that confirms or declines it.
    """

    proposed: Entry
    state: ProposalState = ProposalState.OPEN
    closed: Entry | None = None


CLOSING: Mapping[str, ProposalState] = {
    EntryKind.ENDING_CONFIRMED: ProposalState.CONFIRMED,
    EntryKind.ENDING_DECLINED: ProposalState.DECLINED,
}


def last_proposal(entries: Sequence[Entry]) -> Proposal | None:
    """Return the latest proposal to end a household's monitoring."""
    found: Proposal | None = None
    for entry in entries:
        if entry.kind == EntryKind.ENDING_PROPOSED:
            found = Proposal(entry)
        elif found is not None and entry.kind in CLOSING and entry.about == found.proposed.entry:
            found = replace(found, state=CLOSING[entry.kind], closed=entry)
    return found


def is_lapsed(proposal: Proposal, bands_since: Iterable[str], highest: str) -> bool:
    """Tell whether the score moved into the highest band after a proposal that is still open.

    Parameters
    ----------
    proposal : Proposal
        Which.
    bands_since : iterable of str
        Bands of the scores that were said after it.
    highest : str
        The programme's highest band.
    """
    return proposal.state is ProposalState.OPEN and highest in bands_since


def check_proposal(
    checks: Sequence[Checked], *, without_labour: bool, in_highest_band: bool, before: Proposal | None, lapsed: bool
) -> None:
    """Check that the end of monitoring may be proposed.

    Parameters
    ----------
    checks : sequence of Checked
        The whole list.
    without_labour, in_highest_band : bool
        What speaks against it whatever the list says.
    before : Proposal or None
        The latest proposal so far.
    lapsed : bool
        Whether that one lapsed.

    Raises
    ------
    StepRefused
        If it may not.
    """
    if without_labour:
        raise StepRefused(Rule.WITHOUT_LABOUR)
    if in_highest_band:
        raise StepRefused(Rule.HIGHEST_BAND)
    if before is not None and before.state is ProposalState.OPEN and not lapsed:
        raise StepRefused(Rule.PROPOSED_ALREADY)
    for one in checks:
        if not one.is_met:
            raise StepRefused(Rule.NOT_CONFIRMED, one.code)


def check_closing(proposal: Proposal | None, about: int | None, by: str, *, lapsed: bool) -> None:
    """Check that a proposal may be confirmed or declined: by somebody else, and only as long as it stands.

    Raises
    ------
    StepRefused
        If it may not.
    """
    if proposal is None or proposal.proposed.entry != about:
        raise StepRefused(Rule.NO_SUCH_ENTRY)
    if proposal.state is not ProposalState.OPEN:
        raise StepRefused(Rule.CLOSED_ALREADY)
    if proposal.proposed.by == by:
        raise StepRefused(Rule.SAME_PERSON)
    if lapsed:
        raise StepRefused(Rule.LAPSED)
