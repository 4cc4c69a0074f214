"""Who is to be scored anew because of an event: taken by one worker at a time, gone once that is done."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, func, select, true, update

from riskmodel.errors import RiskError
from riskmodel.service.store.households import MOST_PARAMETERS, chunks
from riskmodel.service.store.leases import Lease, take
from riskmodel.service.store.tables import events, waiting


class LostLease(RiskError):
    """Another worker took over what this one was too slow for; nothing of it is kept."""

    code = "lost_lease"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A household that waits.

    Attributes
    ----------
    household : int
        Its number.
    first_event : int
        The first of its events that nobody has looked at.
    ticket : int
        Counted up by each event.
    """

    household: int
    first_event: int
    ticket: int


def anybody_waits(connection: Connection) -> bool:
    """Tell whether there is anybody to be scored anew."""
    return connection.execute(select(waiting.c.household).limit(1)).first() is not None


def take_waiting(connection: Connection, most: int, lease: Lease) -> list[Waiting]:
    """Take the households that wait longest, by number."""
    rows = take(connection, waiting, true(), waiting.c.since, most, lease)
    return sorted((Waiting(row.household, row.first_event, row.ticket) for row in rows), key=lambda one: one.household)


def events_since(connection: Connection, some: Sequence[Waiting]) -> dict[int, list[Row[Any]]]:
    """Return the events that nobody has looked at, by household, in the order in which they came."""
    firsts = {one.household: one.first_event for one in some}
    found: dict[int, list[Row[Any]]] = {household: [] for household in firsts}
    for part in chunks(sorted(firsts), MOST_PARAMETERS):
        query = select(events).where(events.c.household.in_(part), events.c.event >= min(firsts.values()))
        for row in connection.execute(query.order_by(events.c.event)):
            if row.event >= firsts[row.household]:
                found[row.household].append(row)
    return found


def finish(connection: Connection, some: Sequence[Waiting], seen: Mapping[int, Collection[int]], worker: str) -> None:
    """Let households wait no longer; one that was struck again meanwhile goes on waiting, for those events alone.

    Parameters
    ----------
    connection : Connection
        Of the transaction that keeps what was said of them.
    some : sequence of Waiting
        As they were taken, by number.
    seen : mapping of int to collection of int
        Numbers of the events that were looked at, by household.
    worker : str
        Who took them.

    Raises
    ------
    LostLease
        If somebody else took one of them meanwhile.
    """
    numbers = [one.household for one in some]
    own = waiting.c.leased_by == worker
    # held until the transaction ends: nobody takes them over between this look and the commit
    held = select(waiting.c.household).where(own, waiting.c.household.in_(numbers)).order_by(waiting.c.household)
    if len(connection.execute(held.with_for_update()).all()) != len(some):
        raise LostLease("somebody else scores these households meanwhile")
    done = delete(waiting).where(waiting.c.household == bindparam("of"), waiting.c.ticket == bindparam("was"), own)
    connection.execute(done, [{"of": one.household, "was": one.ticket} for one in some])
    for row in connection.execute(select(waiting).where(own, waiting.c.household.in_(numbers))).all():
        # numbers are not given in the order of commits, so that the next one may be lower than the last that was seen
        unseen = select(func.min(events.c.event)).where(
            events.c.household == row.household,
            events.c.event >= row.first_event,
            events.c.event.not_in(seen[row.household]),
        )
        first = connection.execute(unseen).scalar_one() or row.first_event
        again = update(waiting).where(waiting.c.household == row.household)
        connection.execute(again.values(first_event=first, leased_by=None, leased_until=None))


def give_back(connection: Connection, worker: str) -> None:
    """Let others take what a worker took."""
    own = waiting.c.leased_by == worker
    # held in the households' order, as senders hold them, so that neither waits for the other in a circle
    connection.execute(select(waiting.c.household).where(own).order_by(waiting.c.household).with_for_update()).all()
    connection.execute(update(waiting).where(own).values(leased_by=None, leased_until=None))
