"""The end of a household's monitoring: proposed by one person over a checklist, confirmed by another, never by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from riskmodel.service.cases.checklist import Checked, Shown
from riskmodel.service.cases.entries import Entry, EntryKind, Rule, StepRefused

MONITORING_ENDED = "ended"
"""Where a case stands after its monitoring ended, until the next decision."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is so of a household, whatever the checklist says.

    Attributes
    ----------
    monitored : bool
        Whether its last decision was to monitor it, and that has not ended since.
    sign_waits : bool
        Whether something was noticed that nobody has decided on.
    without_labour : bool or None
        Whether nobody in it can work; None where the records do not know.
    in_highest_band : bool
        Whether its risk is in the highest band.
    """

    monitored: bool
    sign_waits: bool
    without_labour: bool | None
    in_highest_band: bool

    @property
    def refusal(self) -> Rule | None:
        """Why its monitoring can't end; None where nothing stands against it."""
        against = {
            Rule.WITHOUT_LABOUR: self.without_labour is True,
            Rule.NOT_MONITORED: not self.monitored,
            Rule.HIGHEST_BAND: self.in_highest_band,
            Rule.SIGN_WAITS: self.sign_waits,
        }
        return next((rule for rule, holds_now in against.items() if holds_now), None)


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


def is_lapsed(proposal: Proposal, facts: Facts, decision: int | None, *, highest_since: bool) -> bool:
    """Tell whether a proposal that is still open lapsed: it was made for a household that stood otherwise.

    Parameters
    ----------
    proposal : Proposal
        Which.
    facts : Facts
        What is so now; a sign that waits came after the proposal, which is not made while one waits.
    decision : int or None
        The household's latest decision.
    highest_since : bool
        Whether the highest band was said of it since.
    """
    decided_since = decision != proposal.proposed.content["decision"]
    since = highest_since or facts.in_highest_band or facts.sign_waits or decided_since
    return proposal.state is ProposalState.OPEN and since


def why_not(facts: Facts, before: Proposal | None, *, lapsed: bool) -> Rule | None:
    """Return why the end of monitoring can't be proposed, whatever the checklist says.

    Parameters
    ----------
    facts : Facts
        What is so of the household.
    before : Proposal or None
        The latest proposal so far.
    lapsed : bool
        Whether that one lapsed.
    """
    if facts.refusal is not None:
        return facts.refusal
    waits = before is not None and before.state is ProposalState.OPEN and not lapsed
    return Rule.PROPOSED_ALREADY if waits else None


def check_proposal(checks: Sequence[Checked], facts: Facts, before: Proposal | None, *, lapsed: bool) -> None:
    """Check that the end of monitoring may be proposed.

    Parameters
    ----------
    checks : sequence of Checked
        The whole list.
    facts : Facts
        What is so of the household.
    before : Proposal or None
        The latest proposal so far.
    lapsed : bool
        Whether that one lapsed.

    Raises
    ------
    StepRefused
        If it may not.
    """
    rule = why_not(facts, before, lapsed=lapsed)
    if rule is not None:
        raise StepRefused(rule)
    for one in checks:
        if not one.is_met:
            raise StepRefused(Rule.SPOKEN_AGAINST if one.shown is Shown.NO else Rule.NOT_CONFIRMED, one.code)


def check_closing(proposal: Proposal | None, about: int | None, by: str, *, lapsed: bool) -> Proposal:
    """Return the proposal that may be confirmed or declined: by somebody else, and only as long as it stands.

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
    return proposal


def check_confirming(proposal: Proposal, shown: Mapping[str, Shown], facts: Facts) -> None:
    """Check that what a proposal rests on is still so.

    Parameters
    ----------
    proposal : Proposal
        What was confirmed in words.
    shown : mapping of str to Shown
        What the records say now of each check.
    facts : Facts
        What is so of the household now.

    Raises
    ------
    StepRefused
        If it is not.
    """
    if facts.refusal is not None:
        raise StepRefused(facts.refusal)
    said = {row["code"]: row for row in proposal.proposed.content["checks"]}
    for code, now in shown.items():
        row = said.get(code, {"confirmed": False, "note": ""})
        if not Checked(code, now, row["confirmed"], row["note"]).is_met:
            raise StepRefused(Rule.CHANGED)
