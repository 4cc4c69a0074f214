"""Clients of the drill: they keep every answer, whatever it is, and when it came."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import numpy as np

from riskmodel.bench.loading import LOOPBACK

BROKEN, REFUSED = 0, -1
"""In place of a status: the connection broke before an answer came, or none was made."""
PATIENCE_SECONDS = 30.0
ERRORS = (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back.

    Attributes
    ----------
    status : int
        HTTP status, :data:`BROKEN` or :data:`REFUSED`.
    seconds : float
        From when it was due to be sent until it was there.
    retry_after : bool
        Whether it says when to ask again.
    body : bytes
        What was answered.
    """

    status: int
    seconds: float
    retry_after: bool = False
    body: bytes = b""

    @property
    def is_success(self) -> bool:
        """Whether it is what was asked for."""
        return 200 <= self.status < 300

    @property
    def asks_to_retry(self) -> bool:
        """Whether it refuses as it should: for the moment, saying for how long.

        409 does where a crash cut off the first request with the same key: that one counts as under way for a while.
        """
        return self.status in (409, 429, 503) and self.retry_after


class Connections:
    """Connections to a port of this machine that are kept for the next request."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def ask(self, request: bytes, due: float | None = None) -> Answer:
        """Send a request and return its answer; ``due`` is the time from which it is counted, now if None."""
        due = time.perf_counter() if due is None else due
        try:
            reader, writer = self._kept() or await asyncio.open_connection(LOOPBACK, self._port)
        except OSError:
            return Answer(REFUSED, time.perf_counter() - due)
        try:
            writer.write(request)
            status, head, body = await asyncio.wait_for(_read(reader), PATIENCE_SECONDS)
        except ERRORS:
            writer.close()
            return Answer(BROKEN, time.perf_counter() - due)
        if b"\r\nconnection: close" in head:
            writer.close()
        else:
            self._idle.append((reader, writer))
        return Answer(status, time.perf_counter() - due, b"\r\nretry-after:" in head, body)

    def _kept(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        """Return a connection that the server has not closed meanwhile; it does where nothing is asked for some seconds."""
        while self._idle:
            reader, writer = self._idle.pop()
            if not reader.at_eof():
                return reader, writer
            writer.close()
        return None

    def close(self) -> None:
        """Close what is kept."""
        for _, writer in self._idle:
            writer.close()
        self._idle.clear()


async def _read(reader: asyncio.StreamReader) -> tuple[int, bytes, bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = re.search(rb"\r\ncontent-length: *(\d+)", head)
    body = await reader.readexactly(int(length.group(1)) if length else 0)
    return int(head.split(b" ", 2)[1]), head, body


async def at_a_rate(ask: Callable[[int, float], Awaitable[None]], a_second: float, until: float) -> None:
    """Begin so many requests a second, whether earlier ones are answered or not.

    Parameters
    ----------
    ask : callable
        Asks; given the number of the request, and the time when it is due.
    a_second : float
        How many a second.
    until : float
        When the last one is due.
    """
    start = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        number = 0
        while (due := start + number / a_second) < until:
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            group.create_task(_as_task(ask, number, due))
            number += 1


async def _as_task(ask: Callable[[int, float], Awaitable[None]], number: int, due: float) -> None:
    await ask(number, due)


def p99_ms(answers: Sequence[Answer]) -> float:
    """Return within how many milliseconds all but a hundredth came."""
    return 1000 * float(np.quantile([one.seconds for one in answers], 0.99)) if answers else float("nan")
