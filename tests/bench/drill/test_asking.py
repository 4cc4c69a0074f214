"""The drill's clients keep whatever comes: answers, refusals, and connections that break or are never made."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable

import pytest

from riskmodel.bench.drill.asking import BROKEN, REFUSED, Answer, Connections, at_a_rate, p99_ms
from riskmodel.bench.servers import free_port

REQUEST = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"
Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def answering(*answers: bytes) -> Talk:
    """Give one answer after the other on a connection, then end it."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in answers:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answer)
        await writer.drain()
        writer.close()

    return talk


async def asked(talk: Talk, times: int = 1, pause: float = 0) -> list[Answer]:
    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    connections = Connections(server.sockets[0].getsockname()[1])
    found = []
    for _ in range(times):
        found.append(await connections.ask(REQUEST))
        await asyncio.sleep(pause)
    connections.close()
    server.close()
    return found


def test_an_answer_is_kept_with_what_it_says() -> None:
    raw = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 2\r\nRetry-After: 1\r\n\r\nno"
    [found] = asyncio.run(asked(answering(raw)))
    assert (found.status, found.body, found.asks_to_retry, found.is_success) == (503, b"no", True, False)
    assert 0 < found.seconds < 5


def test_a_refusal_that_does_not_say_when_is_none() -> None:
    [found] = asyncio.run(asked(answering(b"HTTP/1.1 503 x\r\ncontent-length: 0\r\n\r\n")))
    assert not found.asks_to_retry


@pytest.mark.parametrize("raw", [b"", b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nshort"])
def test_a_connection_that_breaks_is_no_answer(raw: bytes) -> None:
    [found] = asyncio.run(asked(answering(raw)))
    assert found.status == BROKEN


def test_nobody_listens() -> None:
    async def ask() -> Answer:
        return await Connections(free_port()).ask(REQUEST)

    assert asyncio.run(ask()).status == REFUSED


def test_a_connection_is_kept_and_one_that_was_closed_meanwhile_is_not_used() -> None:
    fine = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"
    found = asyncio.run(asked(answering(fine, fine), times=5, pause=0.02))
    assert [one.status for one in found] == [200] * 5


def test_requests_begin_at_an_even_rate_whether_answered_or_not() -> None:
    begun: list[tuple[int, float]] = []

    async def ask(number: int, due: float) -> None:
        begun.append((number, due))
        await asyncio.sleep(0.2)

    start = time.perf_counter()
    asyncio.run(at_a_rate(ask, 100, start + 0.3))
    assert len(begun) == pytest.approx(30, abs=2)
    steps = {round(after - before, 6) for (_, before), (_, after) in itertools.pairwise(begun)}
    assert steps == {0.01}


def test_the_hundredth_that_takes_longest_is_left_out() -> None:
    assert p99_ms([Answer(200, 0.001)] * 999 + [Answer(200, 9.0)]) == pytest.approx(1)
    assert p99_ms([Answer(200, 0.001)] * 90 + [Answer(200, 2.0)] * 10) == pytest.approx(2000)
