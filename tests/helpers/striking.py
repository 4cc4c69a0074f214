"""Clients that report events until each one is acknowledged, whatever becomes of the service meanwhile, and one who watches."""

from __future__ import annotations

import http.client
import json
import random
import threading
import time
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass

LOOPBACK = "127.0.0.1"
CLIENTS, PAUSE_SECONDS, AGAIN_SECONDS, TIMEOUT_SECONDS = 4, 0.15, 0.3, 20
ILLNESS, STAY, SOURCE = "serious_illness", "inpatient", "crash"
JSON, BATCH, CSV = "application/cloudevents+json", "application/cloudevents-batch+json", "text/csv"
BROKEN = 0
"""In place of a status: there was no answer."""


@dataclass(frozen=True, slots=True)
class Event:
    """What happened; its number is its id, and a quarter of it its amount, so that each is known by it."""

    number: int
    household: str
    kind: str
    day: str

    @property
    def amount(self) -> float:
        return self.number / 4

    def as_cloud_event(self) -> dict[str, object]:
        data = {"occurred_on": self.day, "amount": self.amount}
        head = {"specversion": "1.0", "id": str(self.number), "source": SOURCE, "type": f"cn.example.{self.kind}"}
        return {**head, "subject": self.household, "data": data}

    def as_line(self) -> str:
        return f"{self.number},{self.household},{self.kind},{self.day},{self.amount},\n"


@dataclass(frozen=True, slots=True)
class Request:
    """A request with some events, with or without a key of its own."""

    events: tuple[Event, ...]
    media_type: str
    key: str | None

    @property
    def body(self) -> str:
        if self.media_type == CSV:
            header = "event_id,household_id,kind,occurred_on,amount,cause\n"
            return header + "".join(one.as_line() for one in self.events)
        documents = [one.as_cloud_event() for one in self.events]
        return json.dumps(documents if self.media_type == BATCH else documents[0])


class Drawing:
    """Draws requests: each household is struck by one illness at most, and by any number of stays in hospital."""

    def __init__(self, households: Sequence[str], day: str, rng: random.Random) -> None:
        self._households, self._day, self._rng = households, day, rng
        self._healthy = list(households)
        rng.shuffle(self._healthy)
        self._number = 0

    def draw(self) -> Request:
        rng = self._rng
        media_type, count = rng.choices([(JSON, 1), (BATCH, 4), (CSV, 30)], [7, 2, 1])[0]
        events = tuple(self._event(ill=media_type != CSV and rng.random() < 0.4) for _ in range(count))
        return Request(events, media_type, f"key-{events[0].number}" if rng.random() < 0.3 else None)

    def _event(self, *, ill: bool) -> Event:
        self._number += 1
        if ill and self._healthy:
            return Event(self._number, self._healthy.pop(), ILLNESS, self._day)
        return Event(self._number, self._rng.choice(self._households), STAY, self._day)


class Reporting:
    """Some clients at once; a request that is not acknowledged is sent again, as it was.

    Attributes
    ----------
    acknowledged : list of (Request, bytes)
        With their answers.
    statuses : Counter of int
        Of all answers, broken connections among them.
    """

    def __init__(self, port: int, key: str, drawing: Drawing, seed: str) -> None:
        self.acknowledged: list[tuple[Request, bytes]] = []
        self.statuses: Counter[int] = Counter()
        self._port, self._key, self._drawing = port, key, drawing
        self._again: deque[Request] = deque()
        self._lock, self._no_more = threading.Lock(), threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(random.Random(f"{seed}-{place}"),), daemon=True)
            for place in range(CLIENTS)
        ]

    @property
    def events(self) -> list[Event]:
        """All that were acknowledged."""
        return [event for request, _ in self.acknowledged for event in request.events]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def finish(self, seconds: float) -> None:
        """Begin nothing new, and wait until everything that was begun is acknowledged."""
        self._no_more.set()
        until = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
            assert not thread.is_alive(), f"not everything was acknowledged: {self.statuses}"

    def _run(self, rng: random.Random) -> None:
        while (request := self._next(rng)) is not None:
            status, answer = send(self._port, self._key, request)
            with self._lock:
                self.statuses[status] += 1
                if status == 200:
                    self.acknowledged.append((request, answer))
                else:
                    self._again.append(request)
            time.sleep(rng.uniform(0, 2 * PAUSE_SECONDS) if status == 200 else AGAIN_SECONDS)

    def _next(self, rng: random.Random) -> Request | None:
        with self._lock:
            if self._again and (self._no_more.is_set() or rng.random() < 0.5):
                return self._again.popleft()
            return None if self._no_more.is_set() else self._drawing.draw()


def send(port: int, key: str, request: Request) -> tuple[int, bytes]:
    """Send a request on a connection of its own; return what is answered."""
    headers = {"authorization": f"Bearer {key}", "content-type": request.media_type}
    if request.key is not None:
        headers["idempotency-key"] = request.key
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("POST", "/v1/events", request.body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, http.client.HTTPException):
        return BROKEN, b""
    finally:
        connection.close()


class Watching:
    """Reads alerts on from the cursor again and again."""

    def __init__(self, port: int, key: str) -> None:
        self.alerts: list[int] = []
        self._port, self._key, self._cursor = port, key, 0
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def finish(self) -> None:
        """Read to the end."""
        self._end.set()
        self._thread.join(TIMEOUT_SECONDS)
        while self._read():
            pass

    def _run(self) -> None:
        while not self._end.wait(0.2):
            self._read()

    def _read(self) -> bool:
        """Read a page; return whether there was anything."""
        connection = http.client.HTTPConnection(LOOPBACK, self._port, timeout=TIMEOUT_SECONDS)
        try:
            connection.request(
                "GET", f"/v1/alerts?after={self._cursor}", headers={"authorization": f"Bearer {self._key}"}
            )
            answer = connection.getresponse()
            document = json.loads(answer.read()) if answer.status == 200 else {"alerts": []}
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
        self.alerts += [alert["alert"] for alert in document["alerts"]]
        self._cursor = document.get("cursor", self._cursor)
        return bool(document["alerts"])
