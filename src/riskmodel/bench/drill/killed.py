"""The server is killed again and again while people decide by the page's form: each decision that was kept is there once."""

from __future__ import annotations

import asyncio
import random
import re
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from riskmodel.bench.drill.asking import BROKEN, REFUSED, Connections
from riskmodel.bench.drill.database import kept_in
from riskmodel.bench.drill.server import Server
from riskmodel.bench.measuring import spread
from riskmodel.bench.report import Figure, at_least, at_most
from riskmodel.service.browser import cookie_name

CLIENTS, AGAIN_SECONDS, GIVE_UP_SECONDS = 4, 0.3, 180.0
MOST_BETWEEN_SECONDS = 0.5
KEPT, CONFLICT, UNAVAILABLE = 303, 409, 503
FOR_NOW = (BROKEN, REFUSED, CONFLICT, UNAVAILABLE)
"""Answers after which the form is sent again: the same, or the one that is shown where somebody decided meanwhile."""
_HIDDEN = re.compile(rb'<input type="hidden" name="(key|score|sign|decision)" value="([^"]*)">')


@dataclass(frozen=True, slots=True)
class Deciding:
    """Who decides about whom.

    Attributes
    ----------
    token : str
        Of a reviewer's session.
    households : sequence of str
        Ids in the store.
    decisions : int
        How many are kept, at least.
    kills : int
        How often the server is killed meanwhile.
    pause_seconds : float
        How long each client waits after a decision that is kept.
    """

    token: str
    households: Sequence[str]
    decisions: int
    kills: int
    pause_seconds: float = 0.0


@dataclass(slots=True)
class Killed:
    """What came of it.

    Attributes
    ----------
    statuses : Counter of int
        Answers to forms that were sent.
    acknowledged : set of int
        Numbers of the decisions that were answered as kept.
    kills : int
        How often the server was killed.
    """

    statuses: Counter[int] = field(default_factory=Counter)
    acknowledged: set[int] = field(default_factory=set)
    kills: int = 0


def reason_of(number: int) -> str:
    """Return the reason that a decision gives, by which it is found again."""
    return f"form {number}"


def decide_while_killed(
    server: Server, asked: Deciding, rng: random.Random, after_kill: Callable[[], None] = lambda: None
) -> Killed:
    """Decide by the page's form while the server is killed at moments that are drawn.

    Parameters
    ----------
    server : Server
        Running; it runs in the end.
    asked : Deciding
        Who decides, how much, and how often the server is killed.
    rng : Random
        Draws the moments.
    after_kill : callable
        Called while the server is dead.
    """
    return asyncio.run(_Run(server, asked, rng, after_kill).all())


class _Run:
    """Some clients that share what is to be decided, and one who kills."""

    def __init__(self, server: Server, asked: Deciding, rng: random.Random, after_kill: Callable[[], None]) -> None:
        self._server, self._asked, self._rng, self._after_kill = server, asked, rng, after_kill
        self._connections = Connections(server.port)
        self._found, self._number = Killed(), 0
        # forms that were sent and not answered
        self._again: deque[tuple[int, bytes]] = deque()
        self._until = time.monotonic() + GIVE_UP_SECONDS + asked.decisions

    async def all(self) -> Killed:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._kill())
            for _ in range(CLIENTS):
                group.create_task(self._decide())
        self._connections.close()
        return self._found

    async def _kill(self) -> None:
        asked, found = self._asked, self._found
        for number in range(asked.kills):
            # so that the kills spread over all of the decisions
            due = asked.decisions * (number + 1) // (asked.kills + 1)
            while len(found.acknowledged) < due and time.monotonic() < self._until:
                await asyncio.sleep(0.01)
            await asyncio.sleep(self._rng.uniform(0, MOST_BETWEEN_SECONDS))
            await asyncio.to_thread(self._kill_once)
            found.kills += 1

    def _kill_once(self) -> None:
        self._server.kill()
        self._after_kill()
        self._server.start()

    async def _decide(self) -> None:
        while not self._is_done() and time.monotonic() < self._until:
            taken = self._next()
            if taken is None:
                await asyncio.sleep(0.02)
                continue
            number, sent = taken
            form = sent or await self._form(number)
            again = await self._send(number, form) if form else form
            if again is None:
                await asyncio.sleep(self._asked.pause_seconds)
            else:
                self._again.append((number, again))
                await asyncio.sleep(AGAIN_SECONDS)

    def _is_done(self) -> bool:
        found, asked = self._found, self._asked
        return found.kills == asked.kills and len(found.acknowledged) >= max(asked.decisions, self._number)

    def _next(self) -> tuple[int, bytes] | None:
        # not all at once: of a form that is being kept nobody knows how long that takes
        if self._again and (self._rng.random() < 0.5 or self._number >= self._asked.decisions):
            return self._again.popleft()
        # while the server is still to be killed somebody always decides
        if self._number < self._asked.decisions or self._found.kills < self._asked.kills:
            self._number += 1
            return self._number - 1, b""
        return None

    async def _form(self, number: int) -> bytes:
        """Open the page and fill in its form; nothing where the page can't be had now."""
        answer = await self._connections.ask(self._request("GET", number))
        hidden = _hidden_in(answer.body)
        return _filled_in(hidden, number) if answer.is_success and "key" in hidden else b""

    async def _send(self, number: int, form: bytes) -> bytes | None:
        """Send a form; return the one that is to be sent then, None where it is acknowledged."""
        answer = await self._connections.ask(self._request("POST", number, form))
        self._found.statuses[answer.status] += 1
        if answer.status == KEPT:
            self._found.acknowledged.add(number)
            return None
        hidden = _hidden_in(answer.body) if answer.status == CONFLICT else {}
        # under another key nothing was kept: somebody decided about the household meanwhile
        is_another = "key" in hidden and f"key={hidden['key']}&".encode() not in form
        return _filled_in(hidden, number) if is_another else form

    def _request(self, method: str, number: int, form: bytes = b"") -> bytes:
        household = self._asked.households[number % len(self._asked.households)]
        head = (
            f"{method} /review/households/{household}/decide HTTP/1.1\r\nhost: 127.0.0.1\r\n"
            f"sec-fetch-site: same-origin\r\ncookie: {cookie_name(False)}={self._asked.token}\r\n"
        )
        if form:
            head += f"content-type: application/x-www-form-urlencoded\r\ncontent-length: {len(form)}\r\n"
        return f"{head}\r\n".encode() + form


def _hidden_in(page: bytes) -> dict[str, str]:
    return {name.decode(): value.decode() for name, value in _HIDDEN.findall(page)}


def _filled_in(hidden: dict[str, str], number: int) -> bytes:
    return urlencode({**hidden, "outcome": "monitor", "reason": reason_of(number)}).encode()


def figures_of(found: Killed, store_url: str) -> tuple[Figure, ...]:
    """Hold what was answered against what the store kept."""
    kept, whole = kept_in(store_url)
    lost = sum(kept[reason_of(number)] == 0 for number in found.acknowledged)
    others = sum(count for status, count in found.statuses.items() if status not in (KEPT, *FOR_NOW))
    again = found.statuses.total() - found.statuses[KEPT] - others
    return (
        Figure("decisions acknowledged", "", spread([float(len(found.acknowledged))])),
        Figure("times the server was killed (SIGKILL)", "", spread([float(found.kills)])),
        Figure("forms sent again", "", spread([float(again)])),
        Figure("answers that are neither that nor a success", "", spread([float(others)]), at_most(0)),
        Figure("of the acknowledged ones, lost", "", spread([float(lost)]), at_most(0)),
        Figure("kept twice", "", spread([float(sum(count > 1 for count in kept.values()))]), at_most(0)),
        Figure("the audit's chain is whole (1) or broken (0)", "", spread([float(whole)]), at_least(1)),
    )
