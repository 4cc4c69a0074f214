"""No caller gets more than its share, no password more guesses than allowed, and a full queue refuses at once."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import Message, Receive, Scope, Send

from helpers.accounts import NOW
from riskmodel.service.limiting import Attempts, Buckets, Gate, network_of
from riskmodel.service.metrics import Metrics
from riskmodel.service.refusals import TooManyRequests


def at(seconds: float) -> dt.datetime:
    return NOW + dt.timedelta(seconds=seconds)


def allowed(buckets: Buckets, name: str, seconds: float) -> bool:
    try:
        buckets.take(name, at(seconds))
    except TooManyRequests:
        return False
    return True


class TestBuckets:
    def test_a_burst_and_then_an_even_rate(self) -> None:
        buckets = Buckets(2, burst=3)
        assert [allowed(buckets, "a", 0) for _ in range(5)] == [True, True, True, False, False]
        assert [allowed(buckets, "a", 0.5), allowed(buckets, "a", 0.75), allowed(buckets, "a", 1)] == [
            True,
            False,
            True,
        ]
        assert allowed(buckets, "b", 1)

    def test_it_says_when_to_come_back(self) -> None:
        buckets = Buckets(0.1, burst=1)
        buckets.take("a", at(0))
        with pytest.raises(TooManyRequests) as raised:
            buckets.take("a", at(2))
        assert raised.value.headers["retry-after"] == "8"
        assert not allowed(buckets, "a", 9.9)
        assert allowed(buckets, "a", 10.1)

    def test_no_limit_is_no_bucket(self) -> None:
        buckets = Buckets(0, burst=1)
        assert all(allowed(buckets, "a", 0) for _ in range(100))
        assert len(buckets) == 0

    def test_only_so_many_are_kept_and_the_busy_ones_stay(self) -> None:
        buckets = Buckets(1, burst=1, most=10)
        for number in range(1000):
            allowed(buckets, "busy", number / 1000)
            allowed(buckets, str(number), number / 1000)
            assert len(buckets) <= 10
        assert not allowed(buckets, "busy", 0.999)

    @given(
        rate=st.floats(0.1, 50),
        burst=st.integers(1, 20),
        steps=st.lists(st.floats(-2, 5), min_size=1, max_size=200),
    )
    def test_never_more_than_the_burst_and_the_rate_never_less_than_one_alone(
        self, rate: float, burst: int, steps: list[float]
    ) -> None:
        buckets, now, forward = Buckets(rate, burst), 0.0, 0.0
        passed = 0
        for step in steps:
            now += step
            # a clock that was set back and forth gives no more than the way forward
            forward += max(step, 0)
            passed += allowed(buckets, "a", now)
            assert passed <= burst + rate * forward + 1e-3
        assert passed >= 1
        assert allowed(buckets, "a", now + 1 / rate + 1e-3)


class TestAttempts:
    def test_five_failures_of_a_name_close_it_for_a_minute(self) -> None:
        attempts = Attempts()
        for number in range(5):
            attempts.check("li", f"192.0.2.{number}")
            attempts.note_failure("li", f"192.0.2.{number}")
        with pytest.raises(TooManyRequests) as raised:
            attempts.check("li", "192.0.2.99")
        assert 50 <= raised.value.wait_seconds <= 61
        attempts.check("wang", "192.0.2.1")

    def test_twenty_failures_of_an_address_close_it_whatever_the_names(self) -> None:
        attempts = Attempts()
        for number in range(20):
            name = f"name-{number}" if number % 2 else None
            attempts.check(name, "192.0.2.1")
            attempts.note_failure(name, "192.0.2.1")
        with pytest.raises(TooManyRequests):
            attempts.check("li", "192.0.2.1")
        with pytest.raises(TooManyRequests):
            attempts.check(None, "192.0.2.1")
        attempts.check("li", "192.0.2.2")

    def test_a_check_alone_counts_nothing(self) -> None:
        attempts = Attempts()
        for _ in range(100):
            attempts.check("li", "192.0.2.1")

    @pytest.mark.parametrize(
        ("address", "network"),
        [
            ("192.0.2.7", "192.0.2.7"),
            ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),
            ("2001:db8:1:2:bbbb::2", "2001:db8:1:2::/64"),
            ("testclient", "unknown"),
            ("", "unknown"),
        ],
    )
    def test_a_line_of_ipv6_is_one_address(self, address: str, network: str) -> None:
        assert network_of(address) == network


class Inner:
    """An app that waits until it is told what to do."""

    def __init__(self) -> None:
        self.go_on = asyncio.Event()
        self.inside = self.most_inside = 0
        self.error: Exception | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.inside += 1
        self.most_inside = max(self.most_inside, self.inside)
        try:
            await self.go_on.wait()
            if self.error:
                raise self.error
            await send({"type": "http.response.start", "status": 200, "headers": []})
        finally:
            self.inside -= 1


async def ask(gate: Gate, path: str = "/v1/queue", kind: str = "http") -> list[Message]:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    await gate({"type": kind, "method": "GET", "path": path, "headers": [], "state": {}}, receive, send)
    return sent


class TestGate:
    def test_so_many_are_let_in_and_the_next_is_refused_at_once(self) -> None:
        async def scenario() -> None:
            inner = Inner()
            gate = Gate(inner, most_waiting=3, metrics=Metrics())
            waiting = [asyncio.create_task(ask(gate)) for _ in range(3)]
            await asyncio.sleep(0)
            refused = await ask(gate)
            assert refused[0]["status"] == 503
            headers: dict[bytes, Any] = dict(refused[0]["headers"])
            assert headers[b"retry-after"] == b"1"
            assert b'"code": "overloaded"' in refused[1]["body"]
            inner.go_on.set()
            assert [(await one)[0]["status"] for one in waiting] == [200, 200, 200]
            assert (gate.waiting, inner.most_inside) == (0, 3)
            assert (await ask(gate))[0]["status"] == 200

        asyncio.run(scenario())

    def test_a_place_is_free_again_after_an_error_and_after_the_caller_left(self) -> None:
        async def scenario() -> None:
            inner = Inner()
            gate = Gate(inner, most_waiting=2, metrics=Metrics())
            left = asyncio.create_task(ask(gate))
            await asyncio.sleep(0)
            assert gate.waiting == 1
            left.cancel()
            with pytest.raises(asyncio.CancelledError):
                await left
            assert gate.waiting == 0
            inner.error = ZeroDivisionError()
            inner.go_on.set()
            with pytest.raises(ZeroDivisionError):
                await ask(gate)
            assert gate.waiting == 0

        asyncio.run(scenario())

    def test_a_busy_process_is_alive_and_may_start_and_end(self) -> None:
        async def scenario() -> None:
            inner = Inner()
            inner.go_on.set()
            gate = Gate(inner, most_waiting=0, metrics=Metrics())
            assert (await ask(gate))[0]["status"] == 503
            assert (await ask(gate, "/healthz"))[0]["status"] == 200
            assert (await ask(gate, kind="lifespan"))[0]["status"] == 200

        asyncio.run(scenario())
