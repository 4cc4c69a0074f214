"""The audit's chain in the store: appended to by whoever holds the head, read by number."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from riskmodel.service.audit import START, Act, Draft, Entry, Mark, chained, drafted
from riskmodel.service.audit_checking import verify_chain
from riskmodel.service.store.engine import POSTGRES, SQLITE, Store
from riskmodel.service.store.tables import audit_entries, audit_head

ENTRIES_AT_A_TIME = 1000

_HEAD = select(audit_head.c.sequence, audit_head.c.hash)


@dataclass(frozen=True, slots=True)
class _Said:
    """The statements that each score waits for, in the driver's own words: to compose them takes longer than to run them."""

    hold: str
    put: str
    move: str


def _said(place: str, lock: str) -> _Said:
    entry = f"{audit_entries.name} (sequence, content, previous_hash, hash)"
    return _Said(
        hold=f"SELECT sequence, hash FROM {audit_head.name}{lock}",
        put=f"INSERT INTO {entry} VALUES ({place}, {place}, {place}, {place})",
        move=f"UPDATE {audit_head.name} SET sequence = {place}, hash = {place}",
    )


_SAID = {SQLITE: _said("?", ""), POSTGRES: _said("%s", " FOR UPDATE")}
_ENTRIES = select(audit_entries).order_by(audit_entries.c.sequence)


def append(store: Store, connection: Connection, acts: Sequence[Act]) -> list[Entry]:
    """Add acts to the chain, in the transaction of what they tell of.

    Parameters
    ----------
    store : Store
        The store of the connection.
    connection : Connection
        Of ``store.writing()``.
    acts : sequence of Act
        What was done, in order.

    Notes
    -----
    Whoever appends holds the head until the transaction ends, and all others wait: append last.
    """
    return append_drafts(store, connection, [drafted(act) for act in acts])


def append_drafts(store: Store, connection: Connection, drafts: Iterable[Draft]) -> list[Entry]:
    """Add what :func:`riskmodel.service.audit.drafted` wrote; see :func:`append`."""
    entries = chained(drafts, _hold_head(store, connection))
    if entries:
        said = _SAID[store.backend]
        connection.exec_driver_sql(
            said.put, [(one.sequence, one.content, one.previous_hash, one.hash) for one in entries]
        )
        connection.exec_driver_sql(said.move, (entries[-1].sequence, entries[-1].hash))
    return entries


def _hold_head(store: Store, connection: Connection) -> Mark:
    """Return the last entry's mark; nobody else appends until the transaction ends."""
    hold = _SAID[store.backend].hold
    found = connection.exec_driver_sql(hold).first()
    if found is None:
        first = store.insert(audit_head).values(only=1, sequence=START.sequence, hash=START.hash)
        connection.execute(first.on_conflict_do_nothing())
        found = connection.exec_driver_sql(hold).one()
    return Mark(*found)


def head(connection: Connection) -> Mark:
    """Return the last entry's mark, as the head's row tells it."""
    found = connection.execute(_HEAD).first()
    return START if found is None else Mark(*found)


def page(connection: Connection, after: int, limit: int) -> list[Entry]:
    """Return at most so many entries that follow a number."""
    rows = connection.execute(_ENTRIES.where(audit_entries.c.sequence > after).limit(limit))
    return [Entry(*row) for row in rows]


def entries(connection: Connection, after: int = 0) -> Iterator[Entry]:
    """Yield the entries that follow a number, a thousand in memory at a time."""
    while found := page(connection, after, ENTRIES_AT_A_TIME):
        yield from found
        after = found[-1].sequence


def verified_head(connection: Connection, anchors: Sequence[Mark] = ()) -> Mark:
    """Check the whole chain and return its last entry's mark; see :func:`riskmodel.service.audit_checking.verify_chain`.

    Raises
    ------
    AuditBroken
        With the first entry that can be shown to be wrong.
    """
    last = head(connection)
    verify_chain(entries(connection), anchors, last)
    return last
