"""Tells webhooks of alerts: a delivery for each, sent until the receiver takes it or it has failed too often.

A receiver may get a message twice: it may have taken one whose answer was lost. Each attempt bears the same id, by which it
knows.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import groupby
from typing import Any

import structlog
from sqlalchemy import Connection

from riskmodel.service.audit import Act, Action
from riskmodel.service.store.audit_log import append
from riskmodel.service.store.delivery_rows import Due, Noted, behind, disable, fan_out, note, take_due, waiting
from riskmodel.service.store.engine import Store
from riskmodel.service.store.leases import Lease
from riskmodel.service.store.webhook_rows import DeliveryState
from riskmodel.service.webhooks.messages import body_of, headers_of
from riskmodel.service.webhooks.retrying import wait_after
from riskmodel.service.webhooks.sending import Sent

MOST_SENDING = 32
"""Messages that one worker sends at the same time."""
LEASE = dt.timedelta(minutes=1)
"""Longer than an attempt with its look-up may take."""
GONE, ACTOR = 410, "worker"
NO_DOCUMENT = Sent(None, "no_document")

Documents = Callable[[Connection, Sequence[int]], Mapping[int, Mapping[str, Any]]]
"""Returns alerts by number, as ``GET /v1/alerts`` answers them."""
Send = Callable[[str, Mapping[str, str], bytes], Sent]


class Delivering:
    """Makes deliveries of new alerts and sends what is due; call it again and again, from one thread.

    Parameters
    ----------
    store : Store
        Where alerts and webhooks are.
    documents : callable
        Returns alerts as they are told.
    send : callable
        Sends a body with headers to a URL.
    now : callable
        Returns the present instant.
    worker : str
        Name of this worker; no two have the same.
    draw : Random
        Makes waits differ.
    count : callable
        Told what came of each attempt, such as a counter: ``delivered``, ``due`` where it is tried again, or ``dead``.

    Notes
    -----
    It does not wait for what is being sent: a slow receiver takes up a few places, and the others go on.
    """

    def __init__(
        self,
        store: Store,
        documents: Documents,
        send: Send,
        now: Callable[[], dt.datetime],
        worker: str,
        draw: random.Random,
        count: Callable[[str], object] = lambda _: None,
    ) -> None:
        self._store, self._documents, self._send = store, documents, send
        self._now, self._worker, self._draw, self._count = now, worker, draw, count
        self._pool = ThreadPoolExecutor(MOST_SENDING, thread_name_prefix="deliver")
        self._sending: set[Future[None]] = set()

    def __call__(self) -> bool:
        """Do one piece of work; return whether there was any."""
        told = self._tell_webhooks()
        return self._send_due() or told

    def close(self) -> None:
        """Wait for what is being sent, and note what comes of it."""
        self._pool.shutdown()

    def _tell_webhooks(self) -> bool:
        """Make deliveries of new alerts."""
        now = self._now()
        with self._store.reading() as connection:
            # looking costs nobody their turn to write
            late = behind(connection, now)
        for webhook in late:
            with self._store.writing() as connection:
                fan_out(self._store, connection, webhook, now)
        return bool(late)

    def _send_due(self) -> bool:
        """Begin to send what is due, as far as there are places."""
        self._sending = {one for one in self._sending if not one.done()}
        now, places = self._now(), MOST_SENDING - len(self._sending)
        with self._store.reading() as connection:
            found = waiting(connection, now) if places else []
        taken = self._take(found, places, now) if found else []
        if not taken:
            return False
        with self._store.reading() as connection:
            documents = self._documents(connection, sorted({due.alert for due in taken}))
        self._sending |= {self._pool.submit(self._deliver, due, documents.get(due.alert)) for due in taken}
        return True

    def _take(self, found: list[int], places: int, now: dt.datetime) -> list[Due]:
        # none of them is always the first
        self._draw.shuffle(found)
        taken: list[Due] = []
        with self._store.writing() as connection:
            for webhook in found:
                lease = Lease(self._worker, now, now + LEASE)
                taken += take_due(connection, webhook, places - len(taken), lease)
            append(self._store, connection, _acts(taken, now))
        return taken

    def _deliver(self, due: Due, document: Mapping[str, Any] | None) -> None:
        """Send one and note what came of it; runs in a thread of the pool."""
        try:
            sent = NO_DOCUMENT if document is None else self._attempt(due, document)
            self._note(due, sent)
        except Exception as error:
            # it is sent again when its lease ends; the error's message may hold what it was to say
            structlog.get_logger().error("delivery_failed", webhook=due.webhook, error=type(error).__name__)

    def _attempt(self, due: Due, document: Mapping[str, Any]) -> Sent:
        body = body_of(document, due.raised_at)
        return self._send(due.url, headers_of(due.secret, due.message, self._now(), body), body)

    def _note(self, due: Due, sent: Sent) -> None:
        now = self._now()
        noted = outcome(due.attempts + 1, sent, now, self._draw.random)
        with self._store.writing() as connection:
            # whoever asks for a replay comes by the webhook first, too: neither waits for the other in a circle
            ended = sent.status == GONE and disable(connection, due.webhook, "gone", now)
            note(connection, due, self._worker, noted)
            if ended:
                detail = {"webhook": due.webhook, "because": "gone"}
                append(self._store, connection, [Act(now, Action.WEBHOOK_DISABLED, ACTOR, "", "", detail, "")])
        self._count(noted.state.value)
        if not sent.delivered:
            structlog.get_logger().warning(
                "delivery_refused", webhook=due.webhook, status=sent.status, error=sent.error, state=noted.state.value
            )


def outcome(attempts: int, sent: Sent, now: dt.datetime, draw: Callable[[], float]) -> Noted:
    """Return what is to be noted of an attempt.

    Parameters
    ----------
    attempts : int
        How many were made, with this one.
    sent : Sent
        What came of it.
    now : datetime
        When it ended.
    draw : callable
        Draws a number from 0 to 1.
    """
    if sent.delivered:
        return Noted(DeliveryState.DELIVERED, now, sent.status, sent.error)
    wait = wait_after(attempts, sent.retry_after, now, draw)
    if wait is None:
        return Noted(DeliveryState.DEAD, now, sent.status, sent.error)
    return Noted(DeliveryState.DUE, now + wait, sent.status, sent.error)


def _acts(taken: Sequence[Due], now: dt.datetime) -> list[Act]:
    """Tell the audit who is told of whom: with the first attempt, since the following ones say the same."""
    fresh = sorted((due for due in taken if not due.attempts), key=lambda due: due.webhook)
    acts = []
    for webhook, own in groupby(fresh, key=lambda due: due.webhook):
        some = list(own)
        detail = {"webhook": webhook, "alerts": len(some), "subjects": [due.pseudonym for due in some]}
        acts.append(Act(now, Action.TOLD, some[0].owner, "", "", detail, ""))
    return acts
