"""Keeps what was reported: each event once, with who sent it and when, and whoever it struck is to be scored anew."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, case, func, select

from riskmodel.errors import Fault
from riskmodel.service.access import Origin
from riskmodel.service.reports import DIGITS, Report
from riskmodel.service.store.bulk import add_rows
from riskmodel.service.store.engine import Store
from riskmodel.service.store.households import MOST_PARAMETERS, Subject, chunks, find
from riskmodel.service.store.tables import clients, event_ids, events, waiting

EVENT_COLUMNS = (
    "household", "kind", "occurred_on", "recorded_on", "amount", "cause", "fingerprint", "source",
    "sender", "received_at", "origin",
)  # fmt: skip
FILE_DIGITS = 24
ID_COLUMNS = ("sender", "event_key", "household", "content")
UNKNOWN_HOUSEHOLD = Fault("household_id", "unknown_household", "there is no such household in the area of this key")
ID_REUSED = Fault("event_id", "id_reused", "another event was sent under this id; ids are given once")
Placed = tuple[int, Report]
"""A report and its place in what was sent."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends.

    Attributes
    ----------
    name : str
        The client's.
    actor : str
        As it stands in the audit.
    origin : Origin
        What kind of source it is.
    area_path : str
        Whose households it may tell of; empty for all.
    """

    name: str
    actor: str
    origin: Origin
    area_path: str


@dataclass(frozen=True, slots=True)
class Received:
    """What came of reports.

    Attributes
    ----------
    accepted, known : int
        Events that are new, and those that had been sent before.
    refused : tuple of (int, Fault)
        All others, by their place.
    """

    accepted: int
    known: int
    refused: tuple[tuple[int, Fault], ...]

    def plus(self, other: Received) -> Received:
        """Return the sum."""
        return Received(self.accepted + other.accepted, self.known + other.known, (*self.refused, *other.refused))

    def naming(self, most: int) -> Received:
        """Return the same with the first of those that are refused alone."""
        return Received(self.accepted, self.known, self.refused[:most])


NOTHING = Received(0, 0, ())


def keep_reports(
    store: Store,
    connection: Connection,
    sender: Sender,
    reports: Sequence[Placed],
    now: dt.datetime,
    recorded_on: dt.date,
    file: str = "",
) -> Received:
    """Keep reports, and note whom they struck.

    Parameters
    ----------
    store, connection
        Where, within the caller's transaction that writes.
    sender : Sender
        Who sends them.
    reports : sequence of (int, Report)
        With their places.
    now : datetime
        When they came.
    recorded_on : date
        The day on which that was where the programme is at home: they count as known since, whatever the sender says.
    file : str
        Digest of the file that they stand in; empty for what came without one.
    """
    _one_at_a_time(connection, sender)
    subjects = find(connection, sorted({report.household_id for _, report in reports}), sender.area_path)
    said = _said_before(connection, sender, [report.key for _, report in reports])
    new: list[Report] = []
    refused: list[tuple[int, Fault]] = []
    for place, report in reports:
        before = said.get(report.key)
        if report.household_id not in subjects:
            refused.append((place, UNKNOWN_HOUSEHOLD))
        elif before is None:
            said[report.key] = report.content
            new.append(report)
        elif before != report.content:
            refused.append((place, ID_REUSED))
    if new:
        _add(connection, sender, new, subjects, now, recorded_on, file)
        _let_wait(store, connection, new, subjects, now)
    return Received(len(new), len(reports) - len(new) - len(refused), tuple(refused))


def _one_at_a_time(connection: Connection, sender: Sender) -> None:
    """Let what a sender sends twice at the same time come one after the other."""
    connection.execute(select(clients.c.name).where(clients.c.name == sender.name).with_for_update())


def _said_before(connection: Connection, sender: Sender, keys: Sequence[str]) -> dict[str, str]:
    """Return what was said under those keys that were sent before."""
    found: dict[str, str] = {}
    for some in chunks(keys, MOST_PARAMETERS):
        query = select(event_ids.c.event_key, event_ids.c.content).where(
            event_ids.c.sender == sender.actor, event_ids.c.event_key.in_(some)
        )
        found |= {row.event_key: row.content for row in connection.execute(query)}
    return found


def _add(
    connection: Connection,
    sender: Sender,
    new: Sequence[Report],
    subjects: Mapping[str, Subject],
    now: dt.datetime,
    recorded_on: dt.date,
    file: str,
) -> None:
    named = f" sha256:{file[:FILE_DIGITS]}" if file else ""
    at, day = now.astimezone(dt.UTC).replace(tzinfo=None).isoformat(" ", "microseconds"), recorded_on.isoformat()
    rows = (
        (
            subjects[one.household_id].household, one.kind, one.occurred_on.isoformat(), day, one.amount, one.cause,
            fingerprint_of(sender, one), one.source + named, sender.actor, at, sender.origin.value,
        )
        for one in new
    )  # fmt: skip
    add_rows(connection, events, EVENT_COLUMNS, rows)
    ids = ((sender.actor, one.key, subjects[one.household_id].household, one.content) for one in new)
    add_rows(connection, event_ids, ID_COLUMNS, ids)


def fingerprint_of(sender: Sender, report: Report) -> str:
    """Return what tells an event that was sent from the household's others."""
    return hashlib.sha256(f"{sender.actor}\0{report.key}".encode()).hexdigest()[:DIGITS]


def _let_wait(
    store: Store, connection: Connection, new: Sequence[Report], subjects: Mapping[str, Subject], now: dt.datetime
) -> None:
    """Note who is to be scored anew; in the households' order, so that no two senders wait for each other."""
    firsts = _first_events(connection, sorted({subjects[one.household_id].household for one in new}), now)
    insert = store.insert(waiting)
    # numbers are not given in the order of commits: whoever was first may have got the higher one
    first = case(
        (insert.excluded.first_event < waiting.c.first_event, insert.excluded.first_event), else_=waiting.c.first_event
    )
    newer = {"ticket": waiting.c.ticket + 1, "first_event": first}
    again = insert.on_conflict_do_update(index_elements=["household"], set_=newer)
    rows = [{"household": household, "since": now, "first_event": event, "ticket": 1} for household, event in firsts]
    connection.execute(again, rows)


def _first_events(connection: Connection, households: Sequence[int], now: dt.datetime) -> list[tuple[int, int]]:
    """Return each household's first event that came now, in order."""
    found: list[tuple[int, int]] = []
    for some in chunks(households, MOST_PARAMETERS):
        own = events.c.household.in_(some), events.c.received_at == now
        query = select(events.c.household, func.min(events.c.event)).where(*own).group_by(events.c.household)
        found += [(household, event) for household, event in connection.execute(query.order_by(events.c.household))]
    return found
