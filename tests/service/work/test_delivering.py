"""Whoever asked to be told of alerts is told, signed, until it is taken or has failed too often; on both databases."""

from __future__ import annotations

import base64
import datetime as dt
import hmac
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import structlog
from sqlalchemy import Connection, select

from conftest import NOW
from helpers.accounts import Clock
from helpers.acts import acts_of
from helpers.population import settle
from helpers.receivers import Got, Receiver, receiving
from helpers.telling import OWNER, SECRET, URL, add_owner, delivered, hook, raise_alerts
from riskmodel.service.store.engine import Store
from riskmodel.service.store.tables import deliveries
from riskmodel.service.store.webhook_rows import DeliveryState, replay, webhook_of
from riskmodel.service.webhooks.retrying import WAITS_SECONDS
from riskmodel.service.webhooks.sending import Sender, Sent
from riskmodel.service.work.delivering import LEASE, Delivering, outcome
from riskmodel.service.work.running import steps
from riskmodel.settings import Settings

PATIENCE_SECONDS = 60
DAY, SECOND = dt.timedelta(days=1), dt.timedelta(seconds=1)
TAKEN, BUSY = Sent(204), Sent(503)
Send = Callable[[str, Mapping[str, str], bytes], Sent]


class Answers:
    """Sends nothing, but answers as a test says, and remembers what was to be sent."""

    def __init__(self, *answers: Sent) -> None:
        self.answers, self.messages = list(answers), list[str]()

    def __call__(self, url: str, headers: Mapping[str, str], body: bytes) -> Sent:
        self.messages.append(headers["webhook-id"])
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.fixture
def store(store: Store) -> Store:
    """Return a store with an owner of webhooks and the households h0 (in c1a) and h1 (in c2)."""
    settle(store, ["c1a", "c2"])
    add_owner(store)
    return store


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


def documents(_: Connection, numbers: Sequence[int]) -> dict[int, dict[str, Any]]:
    return {number: {"alert": number} for number in numbers}


def delivering(store: Store, send: Send, clock: Clock, worker: str = "one", **more: Any) -> Delivering:
    return Delivering(store, more.pop("told", documents), send, clock, worker, random.Random(1), **more)


def work(store: Store, send: Send, clock: Clock, **more: Any) -> None:
    """Work until there is nothing more to do for now."""
    busy = True
    while busy:
        step = delivering(store, send, clock, **more)
        busy = step()
        step.close()


def rows(store: Store) -> list[Any]:
    with store.reading() as connection:
        return list(connection.execute(select(deliveries).order_by(deliveries.c.delivery)))


def ask_again(store: Store, webhook: int, after: int | None, clock: Clock) -> int:
    with store.writing() as connection:
        return replay(connection, OWNER, webhook, after, clock())


def verified(got: Got) -> dict[str, Any]:
    """Check a message as a receiver does, without anything of the service."""
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    signed = f"{got.headers['webhook-id']}.{got.headers['webhook-timestamp']}.".encode() + got.body
    expected = base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
    assert got.headers["webhook-signature"] == f"v1,{expected}"
    found: dict[str, Any] = json.loads(got.body)
    return found


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


class TestWithAReceiver:
    def test_an_alert_arrives_signed_once_and_is_noted(self, store: Store, clock: Clock, receiver: Receiver) -> None:
        webhook = hook(store, url=receiver.url).webhook
        raise_alerts(store, [1])
        work(store, Sender(private=True).send, clock)
        [got] = receiver.got
        assert verified(got) == {"type": "alert.raised", "timestamp": NOW.isoformat(), "data": {"alert": 1}}
        assert got.headers["webhook-timestamp"] == str(int(NOW.timestamp()))
        [row] = rows(store)
        assert got.headers["webhook-id"] == row.message
        assert (row.webhook, row.state, row.last_status, row.delivered_at) == (webhook, "delivered", 204, NOW)
        work(store, Sender(private=True).send, clock)
        assert len(receiver.got) == 1

    def test_what_a_worker_puts_together_tells_alerts_as_they_are_read(
        self, store: Store, clock: Clock, receiver: Receiver, models_dir: Path
    ) -> None:
        hook(store, "c1", url=receiver.url)
        raise_alerts(store, [1, 2])
        url = store.engine.url.render_as_string(hide_password=False)
        installed = Settings(models=models_dir, programme="tinyland", store=url, private_webhooks=True)
        with steps(installed, clock) as own:
            assert own["webhooks"]()
        [got] = receiver.got
        told = verified(got)["data"]
        assert (told["alert"], told["household_id"], told["area_code"], told["origin"]) == (1, "h0", "c1a", "model")

    def test_this_machine_is_not_told_where_that_is_not_allowed(
        self, store: Store, clock: Clock, receiver: Receiver
    ) -> None:
        hook(store, url=receiver.url.replace("http://", "https://"))
        raise_alerts(store, [1])
        work(store, Sender(private=False).send, clock)
        assert receiver.got == []
        [row] = rows(store)
        assert (row.state, row.last_status, row.last_error) == ("due", None, "private_address")


class TestTryingAgain:
    def test_waits_grow_until_it_is_dead_under_one_id(self, store: Store, clock: Clock) -> None:
        webhook = hook(store).webhook
        raise_alerts(store, [1])
        send, waits, counted = Answers(BUSY), [], list[str]()
        while not waits or rows(store)[0].state == "due":
            before = clock.now
            work(store, send, clock, count=counted.append)
            clock.now = rows(store)[0].next_at
            waits.append((clock.now - before).total_seconds())
        # the last attempt is followed by no wait
        assert waits.pop() == 0
        assert waits == [pytest.approx(wait, rel=0.2) for wait in WAITS_SECONDS]
        assert delivered(store, webhook) == [(1, "dead", len(WAITS_SECONDS) + 1)]
        assert counted == ["due"] * len(WAITS_SECONDS) + ["dead"]
        assert len(set(send.messages)) == 1
        clock.now += 30 * DAY
        work(store, send, clock)
        assert len(send.messages) == len(WAITS_SECONDS) + 1

    def test_nothing_is_sent_before_its_time(self, store: Store, clock: Clock) -> None:
        hook(store)
        raise_alerts(store, [1])
        send = Answers(Sent(429, None, "3600"), TAKEN)
        work(store, send, clock)
        clock.pass_by(3599)
        work(store, send, clock)
        assert len(send.messages) == 1
        clock.pass_by(1)
        work(store, send, clock)
        assert len(send.messages) == 2
        assert rows(store)[0].state == "delivered"

    @pytest.mark.parametrize("dead", [True, False])
    def test_what_is_asked_for_again_comes_under_the_same_id(self, store: Store, clock: Clock, dead: bool) -> None:
        webhook = hook(store).webhook
        raise_alerts(store, [1])
        send = Answers(BUSY if dead else TAKEN)
        for _ in range(10):
            work(store, send, clock)
            clock.now += 2 * DAY
        assert rows(store)[0].state == ("dead" if dead else "delivered")
        before = len(send.messages)
        assert ask_again(store, webhook, None if dead else 0, clock) == 1
        send.answers = [TAKEN]
        work(store, send, clock)
        assert len(send.messages) == before + 1 and len(set(send.messages)) == 1
        assert delivered(store, webhook) == [(1, "delivered", 1)]

    def test_a_receiver_that_is_gone_is_told_no_more(self, store: Store, clock: Clock) -> None:
        webhook = hook(store).webhook
        raise_alerts(store, [1])
        send = Answers(Sent(410))
        work(store, send, clock)
        with store.reading() as connection:
            found = webhook_of(connection, OWNER, webhook)
        assert (found.disabled_at, found.disabled_because) == (NOW, "gone")
        [act] = [act for act in acts_of(store) if act["action"] == "webhook_disabled"]
        assert (act["actor"], act["detail"]) == ("worker", {"webhook": webhook, "because": "gone"})
        raise_alerts(store, [2])
        clock.now += 10 * DAY
        work(store, send, clock)
        assert len(send.messages) == 1
        # whoever comes back is told of all that was raised meanwhile
        ask_again(store, webhook, 0, clock)
        send.answers = [TAKEN]
        work(store, send, clock)
        assert delivered(store, webhook) == [(1, "delivered", 1), (2, "delivered", 1)]

    def test_an_alert_that_can_t_be_told_yet(self, store: Store, clock: Clock) -> None:
        hook(store)
        raise_alerts(store, [1])
        send = Answers(TAKEN)
        work(store, send, clock, told=lambda *_: {})
        [row] = rows(store)
        assert (send.messages, row.state, row.attempts, row.last_error) == ([], "due", 1, "no_document")

    def test_a_worker_that_dies_while_it_sends(self, store: Store, clock: Clock) -> None:
        """Another one sends it again when the lease has ended, under the same id."""
        hook(store)
        raise_alerts(store, [1])
        sent: list[str] = []

        def die(_: str, headers: Mapping[str, str], __: bytes) -> Sent:
            sent.append(headers["webhook-id"])
            raise RuntimeError(SECRET)

        with structlog.testing.capture_logs() as lines:
            work(store, die, clock)
        assert [(line["event"], line["error"]) for line in lines] == [("delivery_failed", "RuntimeError")]
        assert SECRET not in str(lines)
        send = Answers(TAKEN)
        clock.now += LEASE
        work(store, send, clock, worker="two")
        assert send.messages == []
        clock.now += SECOND
        work(store, send, clock, worker="two")
        assert send.messages == sent
        assert rows(store)[0].state == "delivered"


def test_a_slow_receiver_holds_up_nobody_else(store: Store, clock: Clock) -> None:
    slow, quick = hook(store, url="https://slow.example/").webhook, hook(store).webhook
    raise_alerts(store, [1, 2] * 4)
    hold = threading.Event()

    def send(url: str, _: Mapping[str, str], __: bytes) -> Sent:
        if "slow" in url:
            hold.wait(PATIENCE_SECONDS)
        return TAKEN

    step = delivering(store, send, clock)
    until = time.monotonic() + PATIENCE_SECONDS
    while {state for _, state, _ in delivered(store, quick)} != {"delivered"}:
        assert time.monotonic() < until
        step()
    assert {state for _, state, _ in delivered(store, slow)} == {"due"}
    hold.set()
    step.close()


def test_the_audit_knows_who_was_told_of_whom_and_nobody_knows_the_secret(
    store: Store, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    webhook = hook(store).webhook
    raise_alerts(store, [1, 2])
    send = Answers(BUSY)
    for _ in range(3):
        work(store, send, clock)
        clock.now += DAY
    # once, however often it was tried
    [act] = [act for act in acts_of(store) if act["action"] == "told"]
    assert (act["actor"], act["subject"]) == (OWNER, "")
    assert act["detail"] == {"webhook": webhook, "alerts": 2, "subjects": ["p0", "p1"]}
    written = str(acts_of(store)) + "".join(capsys.readouterr())
    assert "delivery_refused" in written
    assert SECRET not in written and URL not in written and "13812345678" not in written


@pytest.mark.parametrize("workers", [2, 4])
def test_workers_side_by_side_miss_nothing_and_send_nothing_twice(store: Store, clock: Clock, workers: int) -> None:
    hooks, rounds = [hook(store, area).webhook for area in ("", "c1", "c2")], 10
    sent, turn, ended = Counter[str](), threading.Lock(), threading.Event()

    def send(_: str, headers: Mapping[str, str], __: bytes) -> Sent:
        with turn:
            sent[headers["webhook-id"]] += 1
        return TAKEN

    def run(number: int) -> None:
        step = delivering(store, send, clock, f"worker {number}")
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until and not ended.is_set():
            if not step():
                ended.wait(0.005)
        step.close()

    def watch() -> None:
        for _ in range(rounds):
            raise_alerts(store, [1, 2])
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until and len(sent) < 4 * rounds:
            ended.wait(0.01)
        ended.set()

    with ThreadPoolExecutor(workers + 1) as pool:
        for one in [pool.submit(watch), *(pool.submit(run, number) for number in range(workers))]:
            one.result(2 * PATIENCE_SECONDS)
    assert set(sent.values()) == {1}
    states = [delivered(store, webhook) for webhook in hooks]
    assert [len(one) for one in states] == [2 * rounds, rounds, rounds]
    assert {(state, attempts) for one in states for _, state, attempts in one} == {("delivered", 1)}


@pytest.mark.parametrize(
    ("attempts", "sent", "state", "wait_seconds"),
    [
        (1, Sent(200), DeliveryState.DELIVERED, 0),
        (9, Sent(299), DeliveryState.DELIVERED, 0),
        (1, Sent(302), DeliveryState.DUE, 5),
        (2, Sent(None, "timeout"), DeliveryState.DUE, 30),
        (1, Sent(503, None, "120"), DeliveryState.DUE, 120),
        (8, Sent(500), DeliveryState.DUE, 24 * 3600),
        (9, Sent(500, None, "120"), DeliveryState.DEAD, 0),
        (9, Sent(None, "tls"), DeliveryState.DEAD, 0),
    ],
)
def test_what_is_noted_of_an_attempt(attempts: int, sent: Sent, state: DeliveryState, wait_seconds: int) -> None:
    noted = outcome(attempts, sent, NOW, lambda: 0.5)
    assert (noted.state, noted.next_at) == (state, NOW + dt.timedelta(seconds=wait_seconds))
    assert (noted.status, noted.error) == (sent.status, sent.error)
