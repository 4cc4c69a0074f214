"""Entries of a case: each one thing that was done, never changed; what goes on with an earlier one names it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from riskmodel.service.errors import Conflict


class EntryKind(StrEnum):
    """What was done."""

    ASSIGNED = "assigned"
    HELP_PROPOSED = "help_proposed"
    HELP_STARTED = "help_started"
    HELP_FINISHED = "help_finished"
    HELP_STOPPED = "help_stopped"
    APPEAL_RECEIVED = "appeal_received"
    APPEAL_ANSWERED = "appeal_answered"
    ENDING_PROPOSED = "ending_proposed"
    ENDING_CONFIRMED = "ending_confirmed"
    ENDING_DECLINED = "ending_declined"


@dataclass(frozen=True, slots=True)
class NewEntry:
    """What is to be added.

    Attributes
    ----------
    kind : EntryKind
        What is done.
    content : mapping
        JSON values, as the kind asks for.
    about : int or None
        The earlier entry that it goes on with.
    """

    kind: EntryKind
    content: Mapping[str, Any] = field(default_factory=dict)
    about: int | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """What was done.

    Attributes
    ----------
    entry : int
        Its number.
    at : datetime
        When.
    by, role : str
        The user who did it, and as what.
    kind : str
        An :class:`EntryKind`.
    about : int or None
        The earlier entry that it goes on with.
    content : mapping
        JSON values.
    """

    entry: int
    at: dt.datetime
    by: str
    role: str
    kind: str
    about: int | None
    content: Mapping[str, Any]


class Rule(StrEnum):
    """Why something may not be added to a case."""

    NO_SUCH_ENTRY = "no_such_entry"
    NO_SUCH_DECISION = "no_such_decision"
    NOT_THE_NEXT_STEP = "not_the_next_step"
    NOTHING_DECIDED = "nothing_decided"
    BEFORE_DECISION = "before_decision"
    TOO_EARLY = "too_early"
    SAME_PERSON = "same_person"
    ANSWERED_ALREADY = "answered_already"
    WITHOUT_LABOUR = "without_labour"
    NOT_MONITORED = "not_monitored"
    SIGN_WAITS = "sign_waits"
    HIGHEST_BAND = "highest_band"
    SPOKEN_AGAINST = "spoken_against"
    NOT_CONFIRMED = "not_confirmed"
    PROPOSED_ALREADY = "proposed_already"
    LAPSED = "lapsed"
    CHANGED = "changed"
    CLOSED_ALREADY = "closed_already"
    FULL = "full"


MESSAGES: Mapping[Rule, str] = {
    Rule.NO_SUCH_ENTRY: "there is no such entry in this household's case; look at the case again",
    Rule.NO_SUCH_DECISION: "an appeal needs a decision about this household; name one of the case",
    Rule.NOTHING_DECIDED: "nothing was decided about this household; note a correction of its records instead",
    Rule.BEFORE_DECISION: "it was received before the decision that it is against; correct the date or the decision",
    Rule.NOT_THE_NEXT_STEP: "this help is not at the step before; look at the case again",
    Rule.TOO_EARLY: "the date is before the step before; correct it",
    Rule.SAME_PERSON: "a second, different person has to do this",
    Rule.ANSWERED_ALREADY: "this was answered already; look at the case again",
    Rule.WITHOUT_LABOUR: "nobody in the household can work: it is kept under the safety net and watched",
    Rule.NOT_MONITORED: "the household is not being monitored, so nothing ends; decide to monitor it first",
    Rule.SIGN_WAITS: "a sign of the household waits to be decided on; decide first",
    Rule.HIGHEST_BAND: "the household stands in the highest band; its monitoring can't end now",
    Rule.SPOKEN_AGAINST: "the records speak against a check; correct them first where they are wrong",
    Rule.NOT_CONFIRMED: "a check is neither shown by the records nor confirmed; confirm it or leave it",
    Rule.PROPOSED_ALREADY: "it is proposed already; it has to be confirmed or declined first",
    Rule.LAPSED: "a sign, a decision or the highest band came since, so the proposal lapsed; make it anew",
    Rule.CHANGED: "what the records show has changed since it was proposed; decline it, and propose it anew",
    Rule.CLOSED_ALREADY: "this proposal was confirmed or declined already; look at the case again",
    Rule.FULL: "the case holds as many entries as it may; go on with those that are open, and ask the administrator",
}


class StepRefused(Conflict):
    """What the case is already speaks against a new entry.

    Parameters
    ----------
    rule : Rule
        Why.
    place : str
        The check that it is about; empty where there is none.
    """

    def __init__(self, rule: Rule, place: str = "") -> None:
        self.rule, self.place = rule, place
        super().__init__(MESSAGES[rule])

    def __reduce__(self) -> tuple[type[StepRefused], tuple[Rule, str]]:
        """Keep why."""
        return type(self), (self.rule, self.place)
