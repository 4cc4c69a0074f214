"""Receives events: who sends them, what they may say, and what the audit is to know of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection

from riskmodel.errors import Fault
from riskmodel.service.access import Feed, Principal
from riskmodel.service.api.dependencies import area_path
from riskmodel.service.audit import Act, Action
from riskmodel.service.refusals import Forbidden
from riskmodel.service.reports import Reading, Report
from riskmodel.service.state import State
from riskmodel.service.store.audit_log import append
from riskmodel.service.store.engine import Store
from riskmodel.service.store.report_rows import Received, Sender, keep_reports


@dataclass(frozen=True, slots=True)
class Receiving:
    """What all reports of one request or job share.

    Attributes
    ----------
    store : Store
        Where they go.
    reading : Reading
        What they may say.
    sender : Sender
        Who sends them.
    now : datetime
        When.
    request_id : str
        Under which the log knows the request.
    """

    store: Store
    reading: Reading
    sender: Sender
    now: dt.datetime
    request_id: str

    @property
    def recorded_on(self) -> dt.date:
        """The day on which they count as known: today, where the programme is at home."""
        return self.reading.programme.day_of(self.now)

    def at(self, now: dt.datetime) -> Receiving:
        """Return how they are received at another instant."""
        return replace(self, now=now, reading=replace(self.reading, today=self.reading.programme.day_of(now)))

    def keep(self, connection: Connection, read: Iterable[tuple[int, Report | Fault]], file: str = "") -> Received:
        """Keep the sound ones of some reports within a transaction, and tell of all others, in the order of their places.

        Parameters
        ----------
        connection : Connection
            Of ``store.writing()``; :meth:`note` belongs at its end.
        read : iterable of (int, Report or Fault)
            With their places.
        file : str
            Digest of the file that they stand in; empty for what came without one.
        """
        sound: list[tuple[int, Report]] = []
        faulty: list[tuple[int, Fault]] = []
        for place, one in read:
            if isinstance(one, Report):
                sound.append((place, one))
            else:
                faulty.append((place, one))
        kept = keep_reports(self.store, connection, self.sender, sound, self.now, self.recorded_on, file)
        refused = sorted([*faulty, *kept.refused], key=lambda told: told[0])
        return Received(kept.accepted, kept.known, tuple(refused))

    def note(self, connection: Connection, received: Received, **detail: Any) -> None:
        """Write into the audit what came; last, since whoever writes there lets all others wait."""
        counts = {"accepted": received.accepted, "known": received.known, "refused": len(received.refused)}
        told = {"origin": self.sender.origin.value, **counts, **detail}
        act = Act(self.now, Action.EVENTS_RECEIVED, self.sender.actor, "", "", told, self.request_id)
        append(self.store, connection, [act])


def receiving_of(state: State, principal: Principal, request_id: str) -> Receiving:
    """Return how somebody's events are received.

    Raises
    ------
    Forbidden
        If no kinds of events were given to the account.
    NotReady
        If there is no model yet, and so no programme that says what events there are.
    """
    feed = principal.feed
    if feed is None or not feed.kinds:
        raise Forbidden
    now, programme = state.now(), state.versions.champion().scorer.programme
    reading = Reading(programme, Feed(feed.kinds, feed.origin), programme.day_of(now))
    sender = Sender(principal.name, principal.actor, feed.origin, area_path(state, principal))
    return Receiving(state.store, reading, sender, now, request_id)
