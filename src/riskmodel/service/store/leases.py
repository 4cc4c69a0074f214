"""Rows that one worker at a time works on, for a while: of whoever is killed somebody else takes over."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, or_, select, update


@dataclass(frozen=True, slots=True)
class Lease:
    """Who works on a row, and until when.

    Attributes
    ----------
    worker : str
        Name of the worker; no two have the same.
    now, until : datetime
        From when on, and when others may take over.
    """

    worker: str
    now: dt.datetime
    until: dt.datetime


def take(
    connection: Connection, table: Table, which: ColumnElement[bool], order: ColumnElement[Any], most: int, lease: Lease
) -> list[Row[Any]]:
    """Take rows that nobody works on.

    Parameters
    ----------
    connection : Connection
        Of ``store.writing()``.
    table : Table
        With the columns ``leased_by`` and ``leased_until``.
    which, order : ColumnElement
        Which rows, and which of them first.
    most : int
        At most so many.
    lease : Lease
        Who takes them.

    Returns
    -------
    list of Row
        As they were before.
    """
    free = or_(table.c.leased_until.is_(None), table.c.leased_until < lease.now)
    query = select(table).where(which, free).order_by(order).limit(most).with_for_update(skip_locked=True)
    rows = connection.execute(query).all()
    if rows:
        [key] = table.primary_key.columns
        own = key.in_([row._mapping[key.name] for row in rows])
        connection.execute(update(table).where(own).values(leased_by=lease.worker, leased_until=lease.until))
    return list(rows)


def held(table: Table, worker: str) -> ColumnElement[bool]:
    """Return the condition that a worker still has a row: it lost it if it was gone for too long and another took it."""
    return table.c.leased_by == worker
