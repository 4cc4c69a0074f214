"""Webhooks in the store: whose they are, where they lead, and what became of their messages."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, func, insert, select, update

from riskmodel.errors import NotFound
from riskmodel.service.errors import Conflict
from riskmodel.service.store.alert_rows import LAST_ALERT
from riskmodel.service.store.facts import read_fact
from riskmodel.service.store.tables import clients, deliveries, webhooks

MOST_WEBHOOKS = 20
"""Of one owner."""
OWNED_BY_CLIENT = "client:"


class DeliveryState(StrEnum):
    """How far a delivery is."""

    DUE = "due"
    """It is sent when its time has come."""
    DELIVERED = "delivered"
    DEAD = "dead"
    """It failed too often, and is not tried again unless somebody asks for it."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where somebody is told of alerts.

    Attributes
    ----------
    webhook : int
        Its number.
    owner : str
        Whose it is, such as ``client:monitor``.
    url : str
        Where messages go; may hold a password of the receiver's.
    secret : str
        Signs the messages.
    area_code : str
        Only alerts of this area; empty for everything.
    created_at : datetime
        When it was made.
    last_alert : int
        Alerts up to this number have their deliveries.
    disabled_at : datetime or None
        Since when nothing is sent.
    disabled_because : str or None
        Why not.
    """

    webhook: int
    owner: str
    url: str = field(repr=False)
    secret: str = field(repr=False)
    area_code: str
    created_at: dt.datetime
    last_alert: int
    disabled_at: dt.datetime | None
    disabled_because: str | None


def add_webhook(
    connection: Connection, *, owner: str, url: str, secret: str, area_code: str, at: dt.datetime
) -> Webhook:
    """Add a webhook, which is told of alerts from now on.

    Raises
    ------
    Conflict
        If its owner has as many as one may have.
    """
    # held, so that of two at once the second one counts the first
    name = owner.removeprefix(OWNED_BY_CLIENT)
    connection.execute(select(clients.c.name).where(clients.c.name == name).with_for_update())
    count = connection.execute(select(func.count()).where(webhooks.c.owner == owner)).scalar_one()
    if count >= MOST_WEBHOOKS:
        raise Conflict(f"there are {MOST_WEBHOOKS} webhooks of this account already; delete one first")
    values = {"owner": owner, "url": url, "secret": secret, "area_code": area_code, "created_at": at}
    begun = int(read_fact(connection, LAST_ALERT) or 0)
    added = connection.execute(insert(webhooks).values(**values, last_alert=begun).returning(*webhooks.c)).one()
    return Webhook(*added)


def webhooks_of(connection: Connection, owner: str) -> list[Webhook]:
    """Return somebody's webhooks, in the order in which they were made."""
    rows = connection.execute(select(webhooks).where(webhooks.c.owner == owner).order_by(webhooks.c.webhook))
    return [Webhook(*row) for row in rows]


def webhook_of(connection: Connection, owner: str, number: int) -> Webhook:
    """Return one of somebody's webhooks.

    Raises
    ------
    NotFound
        If there is none of that number, or it is somebody else's.
    """
    row = connection.execute(select(webhooks).where(_own(owner, number))).first()
    if row is None:
        raise _none_such()
    return Webhook(*row)


def delete_webhook(connection: Connection, owner: str, number: int) -> None:
    """Delete one of somebody's webhooks with all of its deliveries.

    Raises
    ------
    NotFound
        If there is none of that number, or it is somebody else's.
    """
    if not connection.execute(delete(webhooks).where(_own(owner, number))).rowcount:
        raise _none_such()


def deliveries_of(
    connection: Connection, webhook: int, state: DeliveryState | None, after: int, limit: int
) -> Sequence[Row[Any]]:
    """Return at most so many deliveries of a webhook that follow a number, in order."""
    which = [deliveries.c.webhook == webhook, deliveries.c.delivery > after]
    if state is not None:
        which.append(deliveries.c.state == state.value)
    return connection.execute(select(deliveries).where(*which).order_by(deliveries.c.delivery).limit(limit)).all()


def replay(connection: Connection, owner: str, number: int, after: int | None, at: dt.datetime) -> int:
    """Let deliveries be sent again, under the same message ids; a webhook that was disabled goes on.

    Parameters
    ----------
    connection : Connection
        Of ``store.writing()``.
    owner, number
        Of the webhook.
    after : int or None
        Those of all alerts after this number; None for those that are dead.
    at : datetime
        Now.

    Returns
    -------
    int
        How many are due.

    Raises
    ------
    NotFound
        If there is no such webhook, or it is somebody else's.
    """
    going_on = update(webhooks).where(_own(owner, number)).values(disabled_at=None, disabled_because=None)
    if not connection.execute(going_on).rowcount:
        raise _none_such()
    chosen = deliveries.c.state == DeliveryState.DEAD.value if after is None else deliveries.c.alert > after
    # one that is being sent keeps its lease: whoever sends it finds another instant, and does not note what came of it
    fresh = {"state": DeliveryState.DUE.value, "attempts": 0, "next_at": at, "delivered_at": None}
    return connection.execute(update(deliveries).where(deliveries.c.webhook == number, chosen).values(fresh)).rowcount


def _own(owner: str, number: int) -> ColumnElement[bool]:
    return and_(webhooks.c.owner == owner, webhooks.c.webhook == number)


def _none_such() -> NotFound:
    return NotFound("no such webhook; GET /v1/webhooks lists the own ones")
