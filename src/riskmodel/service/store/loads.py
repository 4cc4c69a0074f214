"""Which files were loaded, and how far: each part is noted in the transaction that keeps it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, insert, select, update

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
    done : frozenset of int
        Parts that an earlier, interrupted run kept.
    finished : bool
        Whether there is nothing left to do.
    fresh : bool
        Whether nothing of the table was kept before, but for the parts that are done.
    """

    number: int
    done: frozenset[int]
    finished: bool
    fresh: bool


def open_load(
    connection: Connection, table: str, source: str, sha256: str, parts: int, now: dt.datetime, *, dated: bool
) -> Load:
    """Begin a file's load, or go on with it.

    Parameters
    ----------
    connection : Connection
        Of a transaction that writes.
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
    other = select(func.count()).where(loads.c.table_name == table, loads.c.sha256 != sha256)
    alone = connection.execute(other).scalar_one() == 0
    row = connection.execute(select(loads).where(loads.c.table_name == table, loads.c.sha256 == sha256)).first()
    if row is None:
        added = connection.execute(insert(loads).values(**values, started_at=now).returning(loads.c.load))
        return Load(added.scalar_one(), frozenset(), finished=False, fresh=alone)
    if row.finished_at is None and row.parts == parts:
        return Load(row.load, _done(connection, row.load), finished=False, fresh=alone)
    if row.finished_at is not None and counts(connection, row.load).rejected == 0:
        later = connection.execute(other.where(loads.c.started_at >= row.started_at)).scalar_one()
        if dated or not later:
            return Load(row.load, frozenset(), finished=True, fresh=False)
    connection.execute(delete(load_parts).where(load_parts.c.load == row.load))
    anew = update(loads).where(loads.c.load == row.load)
    connection.execute(anew.values(**values, started_at=now, finished_at=None))
    return Load(row.load, frozenset(), finished=False, fresh=False)


def _done(connection: Connection, load: int) -> frozenset[int]:
    return frozenset(connection.execute(select(load_parts.c.part).where(load_parts.c.load == load)).scalars())


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
