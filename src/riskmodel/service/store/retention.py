"""What is kept for a time only, and what of it has had its time."""

from __future__ import annotations

import calendar
import datetime as dt
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Table, and_, delete, exists, func, or_, select

from riskmodel.service.store.engine import Store
from riskmodel.service.store.erasure import overwrite_deleted
from riskmodel.service.store.tables import (
    decisions,
    deliveries,
    events,
    idempotency,
    persons,
    scores,
    sessions,
    snapshots,
)

SESSIONS_KEPT = dt.timedelta(days=30)
ANSWERS_KEPT = dt.timedelta(hours=48)
DELIVERIES_KEPT = dt.timedelta(days=30)
"""Since a receiver took them; those that nobody took stay until somebody has looked at them."""


@dataclass(frozen=True, slots=True)
class Retention:
    """How long is kept what may tell of people.

    Attributes
    ----------
    persons_months : int
        Months since a household was last scored, decided about or told of by a department; 0 to keep its people.
    snapshots_months : int
        Months since the date of a snapshot; 0 to keep them.
    """

    persons_months: int
    snapshots_months: int


def overdue(connection: Connection, retention: Retention, now: dt.datetime) -> dict[str, int]:
    """Return how many rows of each table have had their time."""
    found = {}
    for table, condition in _conditions(retention, now):
        query = select(func.count()).select_from(table).where(condition)
        found[table.name] = connection.execute(query).scalar_one()
    return found


def expire(store: Store, connection: Connection, retention: Retention, now: dt.datetime) -> dict[str, int]:
    """Delete what has had its time, in the caller's transaction, and return how many rows of each table went."""
    overwrite_deleted(store, connection)
    return {
        table.name: connection.execute(delete(table).where(condition)).rowcount
        for table, condition in _conditions(retention, now)
    }


def months_before(day: dt.date, months: int) -> dt.date:
    """Return the same day some months before; the last one of a shorter month.

    Examples
    --------
    >>> months_before(dt.date(2024, 3, 31), 1), months_before(dt.date(2024, 1, 15), 13)
    (datetime.date(2024, 2, 29), datetime.date(2022, 12, 15))
    """
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    if year < dt.MINYEAR:
        return dt.date.min
    return dt.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _conditions(retention: Retention, now: dt.datetime) -> list[tuple[Table, ColumnElement[bool]]]:
    """Return which rows of which table go; scores and decisions are the service's memory, and stay."""
    over = now - SESSIONS_KEPT
    found: list[tuple[Table, ColumnElement[bool]]] = [
        (sessions, or_(sessions.c.ended_at < over, sessions.c.expires_at < over)),
        (idempotency, idempotency.c.answered_at < now - ANSWERS_KEPT),
        (deliveries, deliveries.c.delivered_at < now - DELIVERIES_KEPT),
    ]
    if retention.snapshots_months:
        found.append((snapshots, snapshots.c.as_of < months_before(now.date(), retention.snapshots_months)))
    if retention.persons_months:
        found.append((persons, _quiet_since(months_before(now.date(), retention.persons_months))))
    return found


def _quiet_since(day: dt.date) -> ColumnElement[bool]:
    """Return the condition that something was last heard of a person's household before a day.

    A score stands for its standing, which goes when the household leaves the queue. Of whom nothing was heard at all
    nobody knows since when, so its people stay.
    """
    midnight = dt.datetime.combine(day, dt.time(), dt.UTC)
    heard = [_of(scores), _of(decisions), _of(events)]
    since = [
        and_(_of(scores), scores.c.as_of >= day),
        and_(_of(decisions), decisions.c.decided_at >= midnight),
        and_(_of(events), events.c.recorded_on >= day),
    ]
    ever, lately = (or_(*(exists().where(one) for one in some)) for some in (heard, since))
    return and_(ever, ~lately)


def _of(table: Table) -> ColumnElement[bool]:
    return table.c.household == persons.c.household
