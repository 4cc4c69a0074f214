"""Answers to requests that may be sent twice: whoever got no answer sends the same again, and nothing is done twice."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, delete, select, update

from riskmodel.service.errors import IdempotencyKeyReused, InProgress
from riskmodel.service.store.engine import Store
from riskmodel.service.store.tables import idempotency

GIVEN_UP_AFTER = dt.timedelta(minutes=1)
NOT_YET = "the same request is being done; ask again in a moment"


@dataclass(frozen=True, slots=True)
class Claim:
    """A request and the key that stands for it.

    Attributes
    ----------
    actor : str
        Who asks: keys of different actors have nothing to do with each other.
    key : str
        As the actor chose it.
    question : str
        Digest of what is asked; see :func:`question_of`.
    """

    actor: str
    key: str
    question: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered, to be answered again."""

    status: int
    body: str


def question_of(method: str, route: str, subject: str, values: Mapping[str, str | int | None]) -> str:
    """Return the digest of what is asked.

    Parameters
    ----------
    method, route : str
        The route's method and template.
    subject : str
        What it asks about.
    values : mapping
        The body as it was read, so that blanks and the order of keys do not matter.
    """
    text = json.dumps([method, route, subject, values], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def begin(store: Store, asked: Claim, at: dt.datetime) -> Answer | None:
    """Return the answer that was given before; None where the request is now to be done.

    Parameters
    ----------
    store : Store
        Where claims are kept: this one is committed at once, so that whoever sends the same meanwhile is told so.
    asked : Claim
        The request.
    at : datetime
        Now; stands for this attempt.

    Raises
    ------
    IdempotencyKeyReused
        If the key stands for another request.
    InProgress
        If the same request is being done. Whoever does it may have been killed, so after a minute it counts as given up.
    """
    with store.writing() as connection:
        placeholder = {"question": asked.question, "status": 0, "answer": "", "answered_at": at}
        insert = store.insert(idempotency).values(actor=asked.actor, key=asked.key, **placeholder)
        if connection.execute(insert.on_conflict_do_nothing().returning(idempotency.c.key)).first() is not None:
            return None
        found = connection.execute(select(idempotency).where(_own(asked)).with_for_update()).first()
        if found is None:
            # it was there, and was given up meanwhile
            raise InProgress(NOT_YET)
        if found.question != asked.question:
            raise IdempotencyKeyReused(
                "the header Idempotency-Key stood for another request; choose a new key for a new one"
            )
        if found.status:
            return Answer(found.status, found.answer)
        if found.answered_at > at - GIVEN_UP_AFTER:
            raise InProgress(NOT_YET)
        connection.execute(update(idempotency).where(_own(asked)).values(answered_at=at))
    return None


def keep(connection: Connection, asked: Claim, at: dt.datetime, answer: Answer, household: int | None = None) -> None:
    """Keep the answer to a request that was begun, in the transaction that does what is asked.

    Parameters
    ----------
    connection, asked, at
        As it was begun.
    answer : Answer
        What is answered.
    household : int, optional
        Whom the answer tells of, so that it goes when the household is erased.

    Raises
    ------
    InProgress
        If somebody else does it meanwhile, since this attempt took too long; the transaction is to be rolled back.
    """
    values = {"status": answer.status, "answer": answer.body, "household": household}
    kept = connection.execute(update(idempotency).where(_own(asked), _attempt(at)).values(**values))
    if not kept.rowcount:
        raise InProgress(NOT_YET)


def give_up(store: Store, asked: Claim, at: dt.datetime) -> None:
    """Let a request that failed be sent again under the same key; does nothing where its answer was kept."""
    with store.writing() as connection:
        connection.execute(delete(idempotency).where(_own(asked), _attempt(at)))


def _attempt(at: dt.datetime) -> ColumnElement[bool]:
    return and_(idempotency.c.status == 0, idempotency.c.answered_at == at)


def _own(asked: Claim) -> ColumnElement[bool]:
    return and_(idempotency.c.actor == asked.actor, idempotency.c.key == asked.key)
