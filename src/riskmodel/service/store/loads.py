"""Which files were loaded, and how far: each part is noted in the transaction that keeps it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, insert, select, update

from riskmodel.errors import UsageError
from riskmodel.service.store.engine import Store
from riskmodel.service.store.tables import load_parts, loads

LONGEST_SOURCE = 255


@dataclass(frozen=True, slots=True)
class Counts:
    """Rows of a table: new or changed, as the store had them, refused."""

    accepted: int = 0
    known: int = 0
    rejected: int = 0


@dataclass(frozen=True, slots=True)
class Load:
    """A file's load.

    Attributes
    ----------
    number : int
        Its number in the store.
    parts : int
        In how many it is kept.
    done : frozenset of int
        Parts that an earlier, interrupted run kept.
    finished : bool
        Whether there is nothing left to do.
    """

    number: int
    parts: int
    done: frozenset[int]
    finished: bool


def open_load(
    store: Store,
    connection: Connection,
    table: str,
    source: str,
    sha256: str,
    parts: int,
    now: dt.datetime,
    *,
    dated: bool,
) -> Load:
    """Begin a file's load, or go on with it.

    Parameters
    ----------
    store, connection
        Where, within a transaction that writes.
    table : str
        The table's name in the programme.
    source : str
        Name of the file.
    sha256 : str
        Digest of its bytes, by which it is known again.
    parts : int
        In how many it is kept.
    now : datetime
        Present instant.
    dated : bool
        Whether rows only ever add to earlier ones. A file without dates says how things are: one that was loaded before
        another one is loaded again.

    Notes
    -----
    A file of which rows were refused is gone through again: what they lacked may be there now.
    """
    values = {"table_name": table, "source": source[:LONGEST_SOURCE], "sha256": sha256, "parts": parts}
    # whoever begins the same file meanwhile takes part in the same load
    new = store.insert(loads).values(**values, started_at=now).on_conflict_do_nothing().returning(loads.c.load)
    added = connection.execute(new).scalar_one_or_none()
    if added is not None:
        return Load(added, parts, frozenset(), finished=False)
    row = connection.execute(select(loads).where(loads.c.table_name == table, loads.c.sha256 == sha256)).one()
    if row.finished_at is None and row.parts == parts:
        return Load(row.load, parts, _done(connection, row.load), finished=False)
    if row.finished_at is not None and counts(connection, row.load).rejected == 0:
        other = select(func.count()).where(loads.c.table_name == table, loads.c.sha256 != sha256)
        later = connection.execute(other.where(loads.c.started_at >= row.started_at)).scalar_one()
        if dated or not later:
            return Load(row.load, parts, frozenset(), finished=True)
    connection.execute(delete(load_parts).where(load_parts.c.load == row.load))
    anew = update(loads).where(loads.c.load == row.load)
    connection.execute(anew.values(**values, started_at=now, finished_at=None))
    return Load(row.load, parts, frozenset(), finished=False)


def _done(connection: Connection, load: int) -> frozenset[int]:
    return frozenset(connection.execute(select(load_parts.c.part).where(load_parts.c.load == load)).scalars())


def begin_part(connection: Connection, table: str, load: Load, part: int) -> bool:
    """Wait until nobody else keeps a part of the same table, and tell whether this part is still to be kept.

    Parameters
    ----------
    connection : Connection
        Of the transaction that is to keep it; until it ends, all others wait.
    table : str
        The table's name in the programme.
    load : Load
        The file's load.
    part : int
        Which part.

    Raises
    ------
    UsageError
        If somebody parts the file otherwise meanwhile, so that the numbers of parts mean other rows.
    """
    held = select(loads.c.load, loads.c.parts).where(loads.c.table_name == table).order_by(loads.c.load)
    parts = {row.load: row.parts for row in connection.execute(held.with_for_update())}
    if parts.get(load.number) != load.parts:
        raise UsageError("another load of the same file began anew meanwhile; wait for it to end, and load again")
    return part not in _done(connection, load.number)


def note_part(connection: Connection, load: int, part: int, kept: Counts) -> None:
    """Note that a part is kept."""
    values = {"accepted": kept.accepted, "known": kept.known, "rejected": kept.rejected}
    connection.execute(insert(load_parts).values(load=load, part=part, **values))


def counts(connection: Connection, load: int) -> Counts:
    """Return the counts of all parts that are kept."""
    columns = load_parts.c.accepted, load_parts.c.known, load_parts.c.rejected
    sums = (func.coalesce(func.sum(column), 0) for column in columns)
    return Counts(*map(int, connection.execute(select(*sums).where(load_parts.c.load == load)).one()))


def close_load(connection: Connection, load: int, now: dt.datetime) -> Counts:
    """Note that all parts are kept."""
    connection.execute(update(loads).where(loads.c.load == load).values(finished_at=now))
    return counts(connection, load)
