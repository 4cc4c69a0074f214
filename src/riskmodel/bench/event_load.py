"""Clients of the benchmark of events: one reports what happens, another one watches for alerts."""

from __future__ import annotations

import asyncio
import http.client
import json
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from riskmodel.bench.drill.asking import Answer, Connections, at_a_rate
from riskmodel.bench.loading import LOOPBACK
from riskmodel.errors import RiskError

POLL_SECONDS, GIVE_UP_SECONDS = 0.1, 20.0
"""How often the watching client asks, and how long after the last event it stops waiting for alerts."""
FILE_PATIENCE_SECONDS = 600.0
KIND, SOURCE = "serious_illness", "bench"


@dataclass(frozen=True, slots=True)
class Clients:
    """Where to ask, and the keys of who reports and who watches."""

    port: int
    reporting: str
    watching: str


@dataclass(slots=True)
class Noticed:
    """What clients saw of events that came one by one; times by household.

    Attributes
    ----------
    due : dict of str to float
        When each was due to be sent.
    answered_seconds : list of float
        How long each took to be acknowledged, counted from then.
    alerted : dict of str to float
        When the first alert with a new score of each household was there.
    """

    due: dict[str, float] = field(default_factory=dict)
    answered_seconds: list[float] = field(default_factory=list)
    alerted: dict[str, float] = field(default_factory=dict)

    @property
    def seconds(self) -> list[float]:
        """From when each event was due until its alert was there."""
        return [self.alerted[one] - due for one, due in self.due.items() if one in self.alerted]

    @property
    def missing(self) -> int:
        """How many events have no alert."""
        return len(self.due) - len(self.seconds)


def report_at_a_rate(clients: Clients, households: Sequence[str], a_second: float, day: str) -> Noticed:
    """Report an illness of one household after the other, and watch for alerts meanwhile.

    Parameters
    ----------
    clients : Clients
        Who asks.
    households : sequence of str
        Ids, no two alike.
    a_second : float
        How many events a second are sent, whether earlier ones are answered or not.
    day : str
        When it happened.

    Raises
    ------
    RiskError
        If an answer is anything but a success.
    """
    found = Noticed()
    asyncio.run(_report(clients, households, a_second, day, found))
    return found


async def _report(clients: Clients, households: Sequence[str], a_second: float, day: str, found: Noticed) -> None:
    reporting, watching = Connections(clients.port), Connections(clients.port)
    cursor = await _last(watching, clients.watching)

    async def report(number: int, due: float) -> None:
        if number < len(households):
            found.due[households[number]] = due
            answer = _sound(await reporting.ask(_event(clients.reporting, households[number], day), due))
            found.answered_seconds.append(answer.seconds)

    async def report_all() -> None:
        # half an interval after the last one, so that it is not one more or less by rounding
        await at_a_rate(report, a_second, time.perf_counter() + (len(households) - 0.5) / a_second)

    async with asyncio.TaskGroup() as group:
        sending = group.create_task(report_all())
        group.create_task(_watch(watching, clients.watching, cursor, found, sending))
    reporting.close()
    watching.close()


async def _watch(connections: Connections, key: str, cursor: int, found: Noticed, sending: asyncio.Task[None]) -> None:
    give_up = float("inf")
    while not (sending.done() and not found.missing) and time.perf_counter() < give_up:
        document = await _alerts(connections, key, cursor)
        at, cursor = time.perf_counter(), document["cursor"]
        for alert in document["alerts"]:
            if alert["score"] is not None:
                found.alerted.setdefault(alert["household_id"], at)
        if sending.done():
            give_up = min(give_up, at + GIVE_UP_SECONDS)
        await asyncio.sleep(POLL_SECONDS)


async def _last(connections: Connections, key: str) -> int:
    """Return the cursor behind all alerts that there are."""
    cursor = 0
    while (document := await _alerts(connections, key, cursor))["alerts"]:
        cursor = document["cursor"]
    return cursor


async def _alerts(connections: Connections, key: str, after: int) -> dict[str, Any]:
    path = f"/v1/alerts?after={after}&limit=1000"
    head = f"GET {path} HTTP/1.1\r\nhost: {LOOPBACK}\r\nauthorization: Bearer {key}\r\n\r\n"
    document: dict[str, Any] = json.loads(_sound(await connections.ask(head.encode())).body)
    return document


def _event(key: str, household: str, day: str) -> bytes:
    """Return a request that reports an illness; one a household, so that its id stands for the event."""
    data = {"occurred_on": day, "amount": 20_000}
    event = {"specversion": "1.0", "id": f"{KIND}-{household}", "source": SOURCE, "type": KIND, "subject": household}
    body = json.dumps({**event, "data": data}).encode()
    head = (
        f"POST /v1/events HTTP/1.1\r\nhost: {LOOPBACK}\r\nauthorization: Bearer {key}\r\n"
        f"content-type: application/cloudevents+json\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _sound(answer: Answer) -> Answer:
    if not answer.is_success:
        raise RiskError(f"the server answered {answer.status}: {answer.body[:200].decode(errors='replace')}")
    return answer


def report_file(clients: Clients, body: bytes) -> float:
    """Send a table of events in one request; return how many seconds it took.

    Raises
    ------
    RiskError
        If not every event of it is taken as new.
    """
    headers = {"authorization": f"Bearer {clients.reporting}", "content-type": "text/csv"}
    with closing(http.client.HTTPConnection(LOOPBACK, clients.port, timeout=FILE_PATIENCE_SECONDS)) as connection:
        start = time.perf_counter()
        connection.request("POST", "/v1/events", body, headers)
        answer = connection.getresponse()
        content = answer.read()
        seconds = time.perf_counter() - start
    lines = body.count(b"\n") - 1
    if answer.status != 200 or json.loads(content)["accepted"] != lines:
        raise RiskError(f"the server answered {answer.status}: {content[:200].decode(errors='replace')}")
    return seconds
