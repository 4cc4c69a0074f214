"""Answers to requests that may be sent twice: whoever got no answer sends the same again, and nothing is done twice."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, select, update

from riskmodel.service.errors import IdempotencyKeyReused
from riskmodel.service.store.engine import Store
from riskmodel.service.store.tables import idempotency


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


def claim(store: Store, connection: Connection, asked: Claim, household: int, at: dt.datetime) -> Answer | None:
    """Return the answer that was given before; None where it is now to be found and :func:`keep` is to keep it.

    Parameters
    ----------
    store, connection
        Where, within the transaction that also does what is asked. Whoever sends the same meanwhile waits for it to end.
    asked : Claim
        The request.
    household : int
        Whom the answer tells of, so that it goes when the household is erased.
    at : datetime
        Now.

    Raises
    ------
    IdempotencyKeyReused
        If the key stands for another request.
    """
    row = {"actor": asked.actor, "key": asked.key, "question": asked.question, "household": household}
    placeholder = {"status": 0, "answer": "", "answered_at": at}
    insert = store.insert(idempotency).values({**row, **placeholder}).on_conflict_do_nothing()
    if connection.execute(insert.returning(idempotency.c.key)).first() is not None:
        return None
    found = connection.execute(select(idempotency).where(_own(asked))).one()
    if found.question != asked.question:
        raise IdempotencyKeyReused(
            "the header Idempotency-Key stood for another request; choose a new key for a new one"
        )
    return Answer(found.status, found.answer)


def keep(connection: Connection, asked: Claim, answer: Answer) -> None:
    """Keep the answer to a request that was claimed in this transaction."""
    change = update(idempotency).where(_own(asked))
    connection.execute(change.values(status=answer.status, answer=answer.body))


def _own(asked: Claim) -> ColumnElement[bool]:
    return and_(idempotency.c.actor == asked.actor, idempotency.c.key == asked.key)
