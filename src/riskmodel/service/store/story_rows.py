"""What a household's page tells of the past: what was said, what happened, and what was decided."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, Row, select

from riskmodel.service.store.decisions import Decision, decisions_of
from riskmodel.service.store.scores import said_of
from riskmodel.service.store.snapshots import STORED
from riskmodel.service.store.tables import events, snapshots

MOST_SCORES, MOST_EVENTS, MOST_DECISIONS = 24, 30, 20


@dataclass(frozen=True, slots=True)
class Happened:
    """An event.

    Attributes
    ----------
    kind : str
        What happened, as the programme names it.
    occurred_on, recorded_on : date
        When, and when it was known.
    amount : float or None
        How much, in the unit of the kind.
    """

    kind: str
    occurred_on: dt.date
    recorded_on: dt.date
    amount: float | None


@dataclass(frozen=True, slots=True)
class Story:
    """The past of a household, each part the newest first."""

    said: tuple[Row[Any], ...]
    happened: tuple[Happened, ...]
    decided: tuple[Decision, ...]


def story_of(connection: Connection, household: int, known_before: dt.date) -> Story:
    """Return the latest of what is known of a household's past.

    Parameters
    ----------
    connection : Connection
        Of the store.
    household : int
        Its number.
    known_before : date
        Events recorded on that day or later are left out: the score that is shown does not know of them.
    """
    query = (
        select(*events.c["kind", "occurred_on", "recorded_on", "amount"])
        .where(events.c.household == household, events.c.recorded_on < known_before)
        .order_by(events.c.occurred_on.desc(), events.c.event.desc())
        .limit(MOST_EVENTS)
    )
    return Story(
        tuple(said_of(connection, household, MOST_SCORES)),
        tuple(Happened(*row) for row in connection.execute(query)),
        tuple(decisions_of(connection, household, MOST_DECISIONS)),
    )


def features_said(
    connection: Connection, household: int, as_of: dt.date, schema: str, digest: str
) -> npt.NDArray[np.float64] | None:
    """Return the features that a score was made of; None where they are kept no longer, or were of another shape."""
    query = select(snapshots.c.features).where(
        snapshots.c.household == household,
        snapshots.c.as_of == as_of,
        snapshots.c.schema == schema,
        snapshots.c.digest == digest,
    )
    found = connection.execute(query).scalar_one_or_none()
    return None if found is None else np.frombuffer(found, STORED)
