"""Deciding about a household: the decision, the audit's entry and the answer to a repetition are kept together or not at all."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from pydantic_core import to_json
from sqlalchemy import Connection

from riskmodel.service.access import Principal
from riskmodel.service.audit import Act, Action
from riskmodel.service.cases.departing import departs
from riskmodel.service.digests import sha256_of
from riskmodel.service.errors import Conflict
from riskmodel.service.once import Keep, once
from riskmodel.service.store import audit_log
from riskmodel.service.store.alert_rows import last_sign
from riskmodel.service.store.case_entries import hold
from riskmodel.service.store.case_reading import Said, said_now
from riskmodel.service.store.case_rows import hold_case
from riskmodel.service.store.decisions import Decision, Judgement, Outcome, add_decision, last_decision
from riskmodel.service.store.engine import Store
from riskmodel.service.store.households import Subject
from riskmodel.service.store.idempotency import Answer, Claim, question_of

CREATED = 201
ROUTE = "/v1/households/{household_id}/decisions"


class ReasonMissing(Conflict):
    """A decision departs from the band, no score was looked at, or data are called wrong, and it gives no reason."""

    def __init__(
        self, why: str = "the outcome does not follow from the band of the household's score; say why"
    ) -> None:
        super().__init__(f"reason: {why}")


class DayMissing(Conflict):
    """A visit is decided on, and not until when."""

    def __init__(self) -> None:
        super().__init__("next_on: a visit needs the day until which somebody goes there; give one")


class ScoreChanged(Conflict):
    """The score that was looked at counts no more."""

    def __init__(self) -> None:
        super().__init__("the household's score has changed since it was looked at; look at it again, then decide")


class CaseChanged(Conflict):
    """Somebody decided, or something new was noticed, after the case was looked at."""

    def __init__(self) -> None:
        super().__init__(
            "somebody decided about the household, or a sign came, since it was looked at; look at it again, then decide"
        )


@dataclass(frozen=True, slots=True)
class Seen:
    """What was looked at, by numbers; None where the page said that there is none.

    Attributes
    ----------
    score : int or None
        The score that counted.
    sign : int or None
        The latest alert by which the household came to wait for a decision.
    decision : int or None
        The latest decision.
    """

    score: int | None
    sign: int | None = None
    decision: int | None = None


def seen_now(connection: Connection, household: int, said: Said | None) -> Seen:
    """Return what there is to be looked at now.

    Parameters
    ----------
    connection : Connection
        Where.
    household : int
        Of whom.
    said : Said or None
        The score that counts now.
    """
    score = said.score if said is not None else None
    return Seen(score, last_sign(connection, household), last_decision(connection, household))


@dataclass(frozen=True, slots=True)
class Deciding:
    """Who decides what.

    Attributes
    ----------
    principal : Principal
        A user.
    household_id : str
        About whom.
    judgement : Judgement
        What is decided.
    key : str or None
        Stands for this very request, should it be sent again.
    at : datetime
        Now.
    request_id : str
        Under which the log knows the request.
    visited : frozenset of str
        Bands whose households are to be visited, by which it is told whether the decision departs.
    seen : Seen or None
        What nothing may have come after; None where whoever decides does not say.
    """

    principal: Principal
    household_id: str
    judgement: Judgement
    key: str | None
    at: dt.datetime
    request_id: str
    visited: frozenset[str]
    seen: Seen | None = None


def decide(store: Store, find: Callable[[Connection], Subject], asked: Deciding) -> Answer:
    """Keep a decision and return the answer; a repeated request gets the answer of the first.

    Parameters
    ----------
    store : Store
        Where it is kept.
    find : callable
        Finds the household within the transaction; raises where whoever asks may not see it.
    asked : Deciding
        Who decides what.

    Raises
    ------
    Conflict
        If it corrects what is no earlier decision about the household, lacks a reason or a day that it needs, or what was
        looked at has changed.
    IdempotencyKeyReused, InProgress
        If its key stands for another request, or the same one is being done.
    """
    claimed = None if asked.key is None else _claim_of(asked, asked.key)

    def add(keep: Keep) -> Answer:
        with store.writing() as connection:
            subject = find(connection)
            hold(connection, subject.household)
            said = said_now(connection, subject.household, held=True)
            _check_seen(store, connection, subject.household, asked.seen, said)
            judgement = judged(asked, said)
            decision = _add(store, connection, subject, replace(asked, judgement=judgement))
            answer = Answer(CREATED, to_json(document(decision, subject.household_id)).decode())
            keep(connection, answer, subject.household)
            audit_log.append(store, connection, [_act(asked, subject, decision)])
        return answer

    return once(store, claimed, asked.at, add)


def document(decision: Decision, household_id: str) -> dict[str, Any]:
    """Return a decision as it is answered."""
    judgement = decision.judgement
    return {
        "decision": decision.decision,
        "household_id": household_id,
        "decided_at": decision.decided_at.isoformat(),
        "decided_by": decision.decided_by,
        "role": decision.role,
        "outcome": judgement.outcome.value,
        "reason": judgement.reason,
        "as_of": _iso(judgement.as_of),
        "version": judgement.version,
        "corrects": judgement.corrects,
        "notes": judgement.notes,
        "evidence": judgement.evidence,
        "next_on": _iso(judgement.next_on),
        "band": judgement.band,
        "departs": judgement.departs,
    }


def judged(asked: Deciding, said: Said | None) -> Judgement:
    """Return what is decided, with the band that it is held against.

    Parameters
    ----------
    asked : Deciding
        Who decides what.
    said : Said or None
        The score that counts now.

    Raises
    ------
    ReasonMissing, DayMissing
        If it needs a reason, or a day, and has none.
    """
    judgement = asked.judgement
    if asked.seen is not None and said is not None:
        judgement = replace(judgement, as_of=said.as_of, version=said.version)
    if said is not None and judgement.as_of in (None, said.as_of) and judgement.version in (None, said.version):
        departing = departs(judgement.outcome, said.band, asked.visited)
        judgement = replace(judgement, band=said.band, departs=departing)
    # without a score that was looked at, nothing follows from a band
    if judgement.departs is not False and not judgement.reason.strip():
        raise ReasonMissing
    _check_complete(judgement)
    return judgement


def _check_complete(judgement: Judgement) -> None:
    if judgement.outcome is Outcome.WRONG_DATA and not judgement.reason.strip():
        raise ReasonMissing("data are called wrong; say what is wrong with them")
    if judgement.outcome is Outcome.NEEDS_VISIT and judgement.next_on is None:
        raise DayMissing


def _check_seen(store: Store, connection: Connection, household: int, seen: Seen | None, said: Said | None) -> None:
    if seen is None:
        return
    # whoever notes a sign meanwhile does so before this look, or after the decision
    hold_case(store, connection, household)
    now = seen_now(connection, household, said)
    if seen.score != now.score:
        raise ScoreChanged
    if seen != now:
        raise CaseChanged


def _add(store: Store, connection: Connection, subject: Subject, asked: Deciding) -> Decision:
    principal = asked.principal
    role = principal.role.value if principal.role else ""
    return add_decision(
        store, connection, subject.household, asked.judgement, by=principal.name, role=role, at=asked.at
    )


def _claim_of(asked: Deciding, key: str) -> Claim:
    judgement = asked.judgement
    values: dict[str, str | int | None] = {
        "outcome": judgement.outcome.value,
        "reason": judgement.reason,
        "as_of": _iso(judgement.as_of),
        "version": judgement.version,
        "corrects": judgement.corrects,
        "notes": judgement.notes,
        "evidence": judgement.evidence,
        "next_on": _iso(judgement.next_on),
        "score": asked.seen.score if asked.seen else None,
    }
    return Claim(asked.principal.actor, key, question_of("POST", ROUTE, asked.household_id, values))


def _act(asked: Deciding, subject: Subject, decision: Decision) -> Act:
    judgement = decision.judgement
    detail = {
        "decision": decision.decision,
        "outcome": judgement.outcome.value,
        "version": judgement.version,
        "band": judgement.band,
        "departs": judgement.departs,
        "next_on": _iso(judgement.next_on),
        "reason_sha256": sha256_of(judgement.reason),
        "notes_sha256": sha256_of(judgement.notes),
        "evidence_sha256": sha256_of(judgement.evidence),
    }
    return Act(
        asked.at, Action.DECIDED, asked.principal.actor, decision.role, subject.pseudonym, detail, asked.request_id
    )


def _iso(day: dt.date | None) -> str | None:
    return None if day is None else day.isoformat()
