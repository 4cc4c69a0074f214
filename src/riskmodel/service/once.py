"""Requests that change something are done once, however often they are sent under the same key."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Protocol

from sqlalchemy import Connection

from riskmodel.service.store.engine import Store
from riskmodel.service.store.idempotency import Answer, Claim, begin, give_up, keep


class Keep(Protocol):
    """Keeps the answer; called in the transaction that does what is asked."""

    def __call__(self, connection: Connection, answer: Answer, household: int | None = None) -> None:
        """Keep it."""


def once(store: Store, asked: Claim | None, at: dt.datetime, do: Callable[[Keep], Answer]) -> Answer:
    """Do what is asked, or return what was answered when it was asked before.

    Parameters
    ----------
    store : Store
        Where answers are kept.
    asked : Claim or None
        The request under its key; None where it came without one, so that it is done each time.
    at : datetime
        Now.
    do : callable
        Does it. Hands the answer to what it is given, in the same transaction, and returns it.

    Raises
    ------
    IdempotencyKeyReused, InProgress
        See :func:`riskmodel.service.store.idempotency.begin`. A request that fails may be sent again under its key.
    """
    if asked is None:
        return do(_keep_nothing)
    answered = begin(store, asked, at)
    if answered is not None:
        return answered

    def keep_own(connection: Connection, answer: Answer, household: int | None = None) -> None:
        keep(connection, asked, at, answer, household)

    try:
        return do(keep_own)
    except BaseException:
        give_up(store, asked, at)
        raise


def _keep_nothing(connection: Connection, answer: Answer, household: int | None = None) -> None:
    """Keep nothing."""
