"""What a household says against a decision or its records, until when it is to be answered, and by whom."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from riskmodel.service.cases.entries import Entry, EntryKind, Rule, StepRefused


class AppealKind(StrEnum):
    """What a household asks for."""

    APPEAL = "appeal"
    CORRECTION = "correction"


class AppealResult(StrEnum):
    """How it is answered."""

    UPHELD = "upheld"
    REJECTED = "rejected"
    DATA_CORRECTED = "data_corrected"


@dataclass(frozen=True, slots=True)
class Appeal:
    """What a household said.

    Attributes
    ----------
    received : Entry
        The entry that holds it.
    answer : Entry or None
        The one that answers it.
    """

    received: Entry
    answer: Entry | None

    @property
    def number(self) -> int:
        """Number of the entry that holds it."""
        return self.received.entry

    @property
    def decision(self) -> int | None:
        """The decision that it is against; a correction may be against none."""
        found: int | None = self.received.content["decision"]
        return found

    @property
    def received_on(self) -> dt.date:
        """When the household said it."""
        return dt.date.fromisoformat(self.received.content["received_on"])

    @property
    def answer_by(self) -> dt.date | None:
        """Last day for the answer; none where the programme sets none."""
        day = self.received.content["answer_by"]
        return None if day is None else dt.date.fromisoformat(day)


def appeals_of(entries: Sequence[Entry]) -> dict[int, Appeal]:
    """Return a household's appeals and corrections by number, in order."""
    found: dict[int, Appeal] = {}
    for entry in entries:
        if entry.kind == EntryKind.APPEAL_RECEIVED:
            found[entry.entry] = Appeal(entry, None)
        elif entry.kind == EntryKind.APPEAL_ANSWERED and entry.about in found:
            found[entry.about] = replace(found[entry.about], answer=entry)
    return found


def answer_by(received_on: dt.date, within_days: int | None) -> dt.date | None:
    """Return the last day for the answer."""
    return None if within_days is None else received_on + dt.timedelta(within_days)


def first_to_answer(appeals: Iterable[Appeal]) -> tuple[dt.date | None, dt.date | None]:
    """Return the earliest last day of those that are not answered, and when that one was received; None where no day is set."""
    waiting = [one for one in appeals if one.answer is None]
    return min(((one.answer_by, one.received_on) for one in waiting if one.answer_by), default=(None, None))


def check_received(
    kind: AppealKind, decision: int | None, received_on: dt.date, decided_on: Mapping[int, dt.date]
) -> None:
    """Check what an appeal is against.

    Parameters
    ----------
    kind : AppealKind
        A correction of the records needs no decision.
    decision : int or None
        Which one.
    received_on : date
        When the household said it.
    decided_on : mapping of int to date
        Days of the household's decisions, that one among them where there is such a one.

    Raises
    ------
    StepRefused
        If there is no such decision, or it was taken later.
    """
    if decision is None:
        if kind is AppealKind.APPEAL:
            raise StepRefused(Rule.NO_SUCH_DECISION if decided_on else Rule.NOTHING_DECIDED)
        return
    if decision not in decided_on:
        raise StepRefused(Rule.NO_SUCH_DECISION)
    if received_on < decided_on[decision]:
        raise StepRefused(Rule.BEFORE_DECISION, "received_on")


def check_answer(entries: Sequence[Entry], about: int | None, by: str, decided_by: Mapping[int, str]) -> None:
    """Check that somebody may answer: whoever decided does not judge what is said against the decision.

    Raises
    ------
    StepRefused
        If there is no such appeal, it is answered already, or the same person decided, or nobody knows who did.
    """
    known = appeals_of(entries).get(about or 0)
    if known is None:
        raise StepRefused(Rule.NO_SUCH_ENTRY)
    if known.answer is not None:
        raise StepRefused(Rule.ANSWERED_ALREADY)
    if known.decision is not None and known.decision not in decided_by:
        raise StepRefused(Rule.NO_SUCH_DECISION)
    if not may_answer(known, by, decided_by):
        raise StepRefused(Rule.SAME_PERSON)


def may_answer(appeal: Appeal, by: str, decided_by: Mapping[int, str]) -> bool:
    """Tell whether somebody else is known to have decided what an appeal is against."""
    return appeal.decision is None or decided_by.get(appeal.decision, by) != by
