"""What is done with a household's case: the entry, where the case stands, and the audit are kept together or not at all."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic_core import to_json
from sqlalchemy import Connection

from riskmodel.service.access import Principal
from riskmodel.service.audit import Act, Action
from riskmodel.service.cases.appeals import appeals_of, first_to_answer
from riskmodel.service.cases.ending import MONITORING_ENDED
from riskmodel.service.cases.entries import Entry, EntryKind, NewEntry
from riskmodel.service.cases.helping import helps_of, open_since
from riskmodel.service.digests import sha256_of
from riskmodel.service.once import Keep, once
from riskmodel.service.store import audit_log
from riskmodel.service.store.case_entries import add_entry, hold
from riskmodel.service.store.case_reading import CaseFile, case_file
from riskmodel.service.store.case_rows import note
from riskmodel.service.store.engine import Store
from riskmodel.service.store.households import Subject
from riskmodel.service.store.idempotency import Answer, Claim, question_of

KEPT = 303
ACTIONS: Mapping[EntryKind, Action] = {
    EntryKind.HELP_PROPOSED: Action.HELP_RECORDED,
    EntryKind.HELP_STARTED: Action.HELP_RECORDED,
    EntryKind.HELP_FINISHED: Action.HELP_RECORDED,
    EntryKind.HELP_STOPPED: Action.HELP_RECORDED,
    EntryKind.APPEAL_RECEIVED: Action.APPEAL_RECORDED,
    EntryKind.APPEAL_ANSWERED: Action.APPEAL_RECORDED,
    EntryKind.ENDING_PROPOSED: Action.ENDING_RECORDED,
    EntryKind.ENDING_CONFIRMED: Action.ENDING_RECORDED,
    EntryKind.ENDING_DECLINED: Action.ENDING_RECORDED,
}
TEXTS = frozenset({"text", "note", "why"})
"""Keys of contents that hold people's words, of which the audit keeps digests alone."""
Check = Callable[[Connection, CaseFile], NewEntry]


@dataclass(frozen=True, slots=True)
class Acting:
    """Who does something with a case.

    Attributes
    ----------
    principal : Principal
        A user.
    household_id : str
        With whose.
    question : mapping
        What is asked, as the form gave it: the same under the same key is done once.
    key : str or None
        Stands for this very request.
    at : datetime
        Now.
    request_id : str
        Under which the log knows the request.
    """

    principal: Principal
    household_id: str
    question: Mapping[str, str | int | None]
    key: str | None
    at: dt.datetime
    request_id: str


def record(store: Store, route: str, find: Callable[[Connection], Subject], asked: Acting, check: Check) -> Answer:
    """Add an entry to a case; a repeated request gets the answer of the first.

    Parameters
    ----------
    store : Store
        Where it is kept.
    route : str
        Template of the route that it came by.
    find : callable
        Finds the household within the transaction; raises where whoever asks may not see it.
    asked : Acting
        Who asks.
    check : callable
        Returns the entry, or raises where the case speaks against it; nobody else adds to the case meanwhile.

    Raises
    ------
    StepRefused
        If the case speaks against it.
    IdempotencyKeyReused, InProgress
        If its key stands for another request, or the same one is being done.
    """
    question = question_of("POST", route, asked.household_id, asked.question)
    claimed = None if asked.key is None else Claim(asked.principal.actor, asked.key, question)

    def add(keep: Keep) -> Answer:
        with store.writing() as connection:
            subject = find(connection)
            hold(connection, subject.household)
            file = case_file(connection, subject)
            entry = _add(connection, file, check(connection, file), asked)
            _stand(store, connection, file, entry)
            answer = Answer(KEPT, to_json({"entry": entry.entry}).decode())
            keep(connection, answer, subject.household)
            audit_log.append(store, connection, [_act(asked, subject, entry)])
        return answer

    return once(store, claimed, asked.at, add)


def _add(connection: Connection, file: CaseFile, new: NewEntry, asked: Acting) -> Entry:
    principal = asked.principal
    role = principal.role.value if principal.role else ""
    return add_entry(connection, file.subject.household, new, by=principal.name, role=role, at=asked.at)


def _stand(store: Store, connection: Connection, file: CaseFile, entry: Entry) -> None:
    """Note what lists read of the case."""
    household = file.subject.household
    if ACTIONS[EntryKind(entry.kind)] is Action.APPEAL_RECORDED:
        answer_by, appeal_on = first_to_answer(appeals_of([*file.entries, entry]).values())
        note(store, connection, household, answer_by=answer_by, appeal_on=appeal_on)
    elif ACTIONS[EntryKind(entry.kind)] is Action.HELP_RECORDED:
        note(store, connection, household, help_since=open_since(helps_of([*file.entries, entry]).values()))
    elif entry.kind == EntryKind.ENDING_CONFIRMED:
        # a finding that closes what was noticed, as a decision does
        note(store, connection, household, outcome=MONITORING_ENDED, decided_at=entry.at, departs=None, next_on=None)


def _act(asked: Acting, subject: Subject, entry: Entry) -> Act:
    detail = {"entry": entry.entry, "kind": entry.kind, "about": entry.about, **without_words(entry.content)}
    action = ACTIONS[EntryKind(entry.kind)]
    return Act(asked.at, action, asked.principal.actor, entry.role, subject.pseudonym, detail, asked.request_id)


def without_words(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the audit keeps of an entry's content: people's words as digests, all else as it is."""
    kept: dict[str, Any] = {}
    for name, value in content.items():
        if name in TEXTS:
            kept[f"{name}_sha256"] = sha256_of(value)
        elif isinstance(value, list):
            kept[name] = [without_words(one) for one in value]
        elif name != "kind":
            kept[name] = value
        else:
            kept["asks_for"] = value
    return kept
