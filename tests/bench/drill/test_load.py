"""The capacity that the steady load is measured by is what the service really answers."""

from __future__ import annotations

import asyncio

from riskmodel.bench.drill.load import CAPACITY_CLIENTS, capacity_a_second
from riskmodel.bench.drill.place import Place
from riskmodel.bench.loading import LOOPBACK

SECONDS = 0.5
ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"


class Counting:
    """A server that answers every request after a moment, and counts them."""

    def __init__(self) -> None:
        self.answered = 0

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer what comes on a connection until it is closed."""
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
                await reader.readexactly(int(length or 0))
                await asyncio.sleep(0.01)
                self.answered += 1
                writer.write(ANSWER)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


def test_every_answer_of_clients_that_ask_at_once_counts() -> None:
    counting = Counting()

    async def measured() -> float:
        async with await asyncio.start_server(counting.answer, LOOPBACK, 0) as server:
            place = Place(server.sockets[0].getsockname()[1], "", "key", "token", (), b"{}")
            # a loop of its own, as in the drill
            return await asyncio.to_thread(capacity_a_second, place, SECONDS)

    found = asyncio.run(measured())
    assert counting.answered > 2 * CAPACITY_CLIENTS, "they do ask at once"
    assert 0.5 * counting.answered / SECONDS < found <= counting.answered / SECONDS
