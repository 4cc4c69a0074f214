"""Erasing a household: from every table, and from the bytes of the database's file.

What stays is its pseudonym in the audit, which tells nothing without the store's key, and what models learned of it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import Column, Connection, Table, delete, select

from riskmodel.errors import NotFound
from riskmodel.service.store.engine import SQLITE, Store
from riskmodel.service.store.tables import METADATA, households


@dataclass(frozen=True, slots=True)
class Erased:
    """What went.

    Attributes
    ----------
    pseudonym : str
        The household's name in the audit.
    rows : mapping of str to int
        How many rows of each table; tables without any are left out.
    """

    pseudonym: str
    rows: Mapping[str, int]


def columns_about_households() -> Iterator[Column[int]]:
    """Yield the column of each table that names a household, those first that others refer to last."""
    for table in reversed(METADATA.sorted_tables):
        for column in table.columns:
            if any(key.column is households.c.household for key in column.foreign_keys):
                yield column


def erase(store: Store, connection: Connection, household_id: str) -> Erased:
    """Take a household out of every table.

    Parameters
    ----------
    store, connection
        Where, within the caller's transaction that writes; :func:`rewrite` belongs after it.
    household_id : str
        Whom.

    Raises
    ------
    NotFound
        If the store knows no such household.
    """
    overwrite_deleted(store, connection)
    own = households.c.household_id == household_id
    # held, so that nothing is added about it meanwhile
    found = connection.execute(
        select(households.c.household, households.c.pseudonym).where(own).with_for_update()
    ).first()
    if found is None:
        raise NotFound("the store knows no household of this id; ids are text, leading zeros included")
    rows = {column.table.name: _delete(connection, column, found.household) for column in columns_about_households()}
    rows[households.name] = _delete(connection, households.c.household, found.household)
    return Erased(found.pseudonym, {name: count for name, count in rows.items() if count})


def _delete(connection: Connection, column: Column[int], household: int) -> int:
    table = column.table
    assert isinstance(table, Table)
    return connection.execute(delete(table).where(column == household)).rowcount


def overwrite_deleted(store: Store, connection: Connection) -> None:
    """Let SQLite overwrite what this connection deletes with zeros."""
    if store.backend == SQLITE:
        connection.exec_driver_sql("PRAGMA secure_delete=ON")


def rewrite(store: Store) -> bool:
    """Write SQLite's file anew, so that nothing of what was deleted is left in it; return whether that was done.

    Notes
    -----
    Zeros over what is deleted are not enough: SQLite leaves copies of rows behind where it parts a full page. The new
    file takes as much space again while it is written, and writers wait. PostgreSQL frees space by ``VACUUM``, on its own.
    """
    if store.backend != SQLITE:
        return True
    connection = store.engine.raw_connection()
    try:
        connection.cursor().execute("VACUUM")
        # the log holds pages of before
        busy = connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    except sqlite3.OperationalError:
        return False
    finally:
        connection.close()
    return not busy
