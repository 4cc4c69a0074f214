"""Deliveries in the store: each alert that concerns a webhook becomes one, which one worker at a time sends."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Row,
    and_,
    exists,
    false,
    func,
    literal,
    or_,
    select,
    update,
)

from riskmodel.service.store.engine import Store
from riskmodel.service.store.households import path_of, within
from riskmodel.service.store.leases import Lease, held, take
from riskmodel.service.store.tables import alerts, areas, clients, deliveries, households, webhooks
from riskmodel.service.store.webhook_rows import OWNED_BY_CLIENT, DeliveryState

ALERTS_AT_A_TIME = 500
OUT_OF_SIGHT = "out_of_sight"
"""What stands in the way of telling of a household that has moved to where webhook or owner may not look."""
MOST_AT_ONCE = 4
"""Deliveries of one webhook that are sent at the same time."""


@dataclass(frozen=True, slots=True)
class Due:
    """A delivery that is to be sent.

    Attributes
    ----------
    delivery, webhook, alert : int
        Numbers.
    message : str
        Id of the message.
    attempts : int
        How many were made before.
    next_at : datetime
        When it was to be sent: no longer the same where somebody asked for it again meanwhile.
    owner, url, secret : str
        Of the webhook.
    raised_at : datetime
        Of the alert.
    pseudonym : str
        Whom it tells of, as the audit knows it.
    """

    delivery: int
    webhook: int
    alert: int
    message: str
    attempts: int
    next_at: dt.datetime
    owner: str
    url: str = field(repr=False)
    secret: str = field(repr=False)
    raised_at: dt.datetime
    pseudonym: str


@dataclass(frozen=True, slots=True)
class Noted:
    """What came of an attempt.

    Attributes
    ----------
    state : DeliveryState
        How far the delivery is.
    next_at : datetime
        When it is sent again; when the attempt ended, where it is not.
    status : int or None
        HTTP status of the answer.
    error : str or None
        What stood in the way.
    """

    state: DeliveryState
    next_at: dt.datetime
    status: int | None
    error: str | None


def behind(connection: Connection, now: dt.datetime) -> list[int]:
    """Return the webhooks that have not been told of the last alert."""
    last = select(func.coalesce(func.max(alerts.c.alert), 0)).scalar_subquery()
    query = select(webhooks.c.webhook).where(_live(now), webhooks.c.last_alert < last)
    return list(connection.execute(query.order_by(webhooks.c.webhook)).scalars())


def fan_out(store: Store, connection: Connection, webhook: int, now: dt.datetime) -> int:
    """Make deliveries of the next alerts that concern a webhook, and return how many.

    Parameters
    ----------
    store, connection
        Where, within the caller's transaction that writes.
    webhook : int
        Its number. Of several workers that come for it at once all but one do nothing.
    now : datetime
        From when on they are due.
    """
    row = _hold(connection, webhook, now)
    ahead = select(alerts.c.alert).where(alerts.c.alert > (row.last_alert if row else 0)).order_by(alerts.c.alert)
    numbers = connection.execute(ahead.limit(ALERTS_AT_A_TIME)).scalars().all() if row else []
    if row is None or not numbers:
        return 0
    concerning = _concerning(connection, row, numbers[-1])
    if concerning:
        fresh = {"webhook": webhook, "state": DeliveryState.DUE.value, "attempts": 0, "next_at": now}
        rows = [{**fresh, "alert": number, "message": f"msg_{uuid.uuid4().hex}"} for number in concerning]
        connection.execute(store.insert(deliveries).on_conflict_do_nothing(), rows)
    connection.execute(update(webhooks).where(webhooks.c.webhook == webhook).values(last_alert=numbers[-1]))
    return len(concerning)


def _hold(connection: Connection, webhook: int, now: dt.datetime) -> Row[Any] | None:
    """Return a webhook, which nobody else then holds until this transaction ends; None where somebody does."""
    columns: tuple[ColumnElement[Any], ...] = (
        webhooks.c.last_alert,
        webhooks.c.area_code,
        clients.c.area_code.label("owner_area"),
    )
    query = select(*columns).join(clients, _owns(clients)).where(webhooks.c.webhook == webhook, _live(now))
    return connection.execute(query.with_for_update(skip_locked=True, of=webhooks)).first()


def _concerning(connection: Connection, webhook: Row[Any], last: int) -> list[int]:
    """Return the numbers of the next alerts that people are told of and that lie where webhook and owner may look."""
    query = (
        select(alerts.c.alert)
        .join(households, households.c.household == alerts.c.household)
        .join(areas, areas.c.area_code == households.c.area_code)
        .where(alerts.c.alert > webhook.last_alert, alerts.c.alert <= last, alerts.c.repeats.is_(None))
        .where(_in_sight(connection, webhook))
    )
    return list(connection.execute(query.order_by(alerts.c.alert)).scalars())


def _in_sight(connection: Connection, webhook: Row[Any]) -> ColumnElement[bool]:
    """Return the condition that an area lies where webhook and owner may look."""
    own, asked = (_path(connection, code) for code in (webhook.owner_area, webhook.area_code))
    return false() if own is None or asked is None else and_(within(areas.c.path, own), within(areas.c.path, asked))


def _path(connection: Connection, area_code: str) -> str | None:
    return path_of(connection, area_code) if area_code else ""


def waiting(connection: Connection, now: dt.datetime) -> list[int]:
    """Return the webhooks that have deliveries to send."""
    query = select(webhooks.c.webhook).where(_live(now), exists().where(_due(now), _free(now), _of_webhook()))
    return list(connection.execute(query.order_by(webhooks.c.webhook)).scalars())


def take_due(connection: Connection, webhook: int, most: int, lease: Lease) -> list[Due]:
    """Take deliveries of a webhook, the earliest first. Of households that moved out of sight they are dead.

    Parameters
    ----------
    connection : Connection
        Of ``store.writing()``.
    webhook : int
        Its number.
    most : int
        At most so many; fewer where others send to the same receiver already.
    lease : Lease
        Who takes them.
    """
    held_webhook = _hold(connection, webhook, lease.now)
    own = deliveries.c.webhook == webhook
    # counted while nobody else takes any
    sent_now = connection.execute(select(func.count()).where(own, ~_free(lease.now))).scalar_one()
    most = min(most, MOST_AT_ONCE - sent_now)
    if held_webhook is None or most <= 0:
        return []
    taken = take(connection, deliveries, and_(own, _due(lease.now)), deliveries.c.next_at, most, lease)
    found = _complete(connection, [row.delivery for row in taken], _in_sight(connection, held_webhook))
    gone = {row.delivery for row in taken} - {due.delivery for due in found}
    dead = {"state": DeliveryState.DEAD.value, "last_status": None, "last_error": OUT_OF_SIGHT}
    released = {"leased_by": None, "leased_until": None}
    if gone:
        connection.execute(update(deliveries).where(deliveries.c.delivery.in_(gone)).values(**dead, **released))
    return found


def _complete(connection: Connection, numbers: list[int], in_sight: ColumnElement[bool]) -> list[Due]:
    """Return deliveries with what is needed to send them."""
    query = (
        select(
            *(deliveries.c[name] for name in ("delivery", "webhook", "alert", "message", "attempts", "next_at")),
            *(webhooks.c[name] for name in ("owner", "url", "secret")),
            alerts.c.raised_at,
            households.c.pseudonym,
        )
        .join(webhooks, _of_webhook())
        .join(alerts, alerts.c.alert == deliveries.c.alert)
        .join(households, households.c.household == alerts.c.household)
        .join(areas, areas.c.area_code == households.c.area_code)
        .where(deliveries.c.delivery.in_(numbers), in_sight)
    )
    return [Due(*row) for row in connection.execute(query.order_by(deliveries.c.delivery))] if numbers else []


def note(connection: Connection, due: Due, worker: str, noted: Noted) -> bool:
    """Note what came of an attempt; return whether that counts.

    It does not where somebody else took the delivery meanwhile, or it was asked for again: then it is sent again.
    """
    own = and_(deliveries.c.delivery == due.delivery, held(deliveries, worker))
    released = {"leased_by": None, "leased_until": None}
    values = {
        "state": noted.state.value,
        "attempts": due.attempts + 1,
        "next_at": noted.next_at,
        "last_status": noted.status,
        "last_error": noted.error,
        "delivered_at": noted.next_at if noted.state is DeliveryState.DELIVERED else None,
    }
    counts = update(deliveries).where(own, deliveries.c.next_at == due.next_at).values(**values, **released)
    if connection.execute(counts).rowcount:
        return True
    connection.execute(update(deliveries).where(own).values(**released))
    return False


def disable(connection: Connection, webhook: int, because: str, at: dt.datetime) -> bool:
    """Send nothing more to a webhook; return whether anything was sent to it so far."""
    own = and_(webhooks.c.webhook == webhook, webhooks.c.disabled_at.is_(None))
    changed = connection.execute(update(webhooks).where(own).values(disabled_at=at, disabled_because=because))
    return bool(changed.rowcount)


def _live(now: dt.datetime) -> ColumnElement[bool]:
    """Return the condition that a webhook is sent to: its owner's key counts still."""
    owners = clients.alias("owners")
    lasting = or_(owners.c.expires_at.is_(None), owners.c.expires_at > now)
    return and_(webhooks.c.disabled_at.is_(None), exists().where(_owns(owners), owners.c.revoked_at.is_(None), lasting))


def _owns(owners: FromClause) -> ColumnElement[bool]:
    return webhooks.c.owner == literal(OWNED_BY_CLIENT) + owners.c.name


def _of_webhook() -> ColumnElement[bool]:
    return deliveries.c.webhook == webhooks.c.webhook


def _due(now: dt.datetime) -> ColumnElement[bool]:
    return and_(deliveries.c.state == DeliveryState.DUE.value, deliveries.c.next_at <= now)


def _free(now: dt.datetime) -> ColumnElement[bool]:
    return or_(deliveries.c.leased_until.is_(None), deliveries.c.leased_until < now)
