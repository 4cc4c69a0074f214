"""Each alert that concerns a webhook becomes one delivery, and one worker at a time sends it, on both databases."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import delete, select, update

from conftest import NOW
from helpers.population import settle
from helpers.telling import OWNER, SECRET, URL, add_owner, delivered, hook, raise_alert, raise_alerts
from riskmodel.service.store.accounts import revoke_client
from riskmodel.service.store.delivery_rows import (
    ALERTS_AT_A_TIME,
    MOST_AT_ONCE,
    Due,
    Noted,
    behind,
    disable,
    fan_out,
    note,
    take_due,
    waiting,
)
from riskmodel.service.store.engine import POSTGRES, Store
from riskmodel.service.store.erasure import erase
from riskmodel.service.store.leases import Lease
from riskmodel.service.store.tables import areas, deliveries, households
from riskmodel.service.store.webhook_rows import DeliveryState, delete_webhook, replay, webhook_of

MINUTE = dt.timedelta(minutes=1)
LEASE = Lease("one", NOW, NOW + MINUTE)
DONE = Noted(DeliveryState.DELIVERED, NOW, 204, None)
LATER = Noted(DeliveryState.DUE, NOW + MINUTE, 503, None)


def fan(store: Store, webhook: int, now: dt.datetime = NOW) -> int:
    with store.writing() as connection:
        return fan_out(store, connection, webhook, now)


def take(store: Store, webhook: int, most: int = 100, lease: Lease = LEASE) -> list[Due]:
    with store.writing() as connection:
        return take_due(connection, webhook, most, lease)


def put(store: Store, due: Due, noted: Noted, worker: str = "one") -> bool:
    with store.writing() as connection:
        return note(connection, due, worker, noted)


def late(store: Store, now: dt.datetime = NOW) -> tuple[list[int], list[int]]:
    """Return the webhooks that have alerts ahead, and those that have something to send."""
    with store.reading() as connection:
        return behind(connection, now), waiting(connection, now)


@pytest.fixture
def homes(store: Store) -> list[int]:
    """Return households in the areas c1a, c1b, c10 and c2; c1 holds the first two."""
    add_owner(store)
    return settle(store, ["c1a", "c1b", "c10", "c2"])


class TestFanOut:
    def test_alerts_of_its_area_and_no_repetition(self, store: Store, homes: list[int]) -> None:
        everywhere, town = hook(store).webhook, hook(store, "c1").webhook
        raise_alerts(store, homes)
        with store.writing() as connection:
            raise_alert(store, connection, homes[0], repeats=1)
        assert late(store) == ([everywhere, town], [])
        assert (fan(store, everywhere), fan(store, town)) == (4, 2)
        assert [alert for alert, _, _ in delivered(store, everywhere)] == [1, 2, 3, 4]
        assert [alert for alert, _, _ in delivered(store, town)] == [1, 2]
        with store.reading() as connection:
            assert webhook_of(connection, OWNER, town).last_alert == 5
        assert late(store) == ([], [everywhere, town])
        assert fan(store, everywhere) == 0

    def test_only_what_comes_after_it_was_made(self, store: Store, homes: list[int]) -> None:
        raise_alerts(store, homes)
        webhook = hook(store).webhook
        assert late(store) == ([], [])
        raise_alerts(store, homes[:1])
        assert fan(store, webhook) == 1
        assert [alert for alert, _, _ in delivered(store, webhook)] == [5]

    def test_many_go_step_by_step(self, store: Store, homes: list[int]) -> None:
        webhook = hook(store).webhook
        raise_alerts(store, homes[:1] * (ALERTS_AT_A_TIME + 3))
        assert [fan(store, webhook) for _ in range(3)] == [ALERTS_AT_A_TIME, 3, 0]

    def test_an_owner_who_may_look_at_less_than_the_webhook_asks_for(self, store: Store, homes: list[int]) -> None:
        """Areas may come to lie elsewhere after a webhook was made."""
        add_owner(store, "town", "c1")
        own, wide, gone = (hook(store, area, "client:town").webhook for area in ("c1a", "c", "c1b"))
        with store.writing() as connection:
            connection.execute(update(areas).where(areas.c.area_code == "c1b").values(path="/c/c2/c1b/"))
        raise_alerts(store, homes)
        assert [fan(store, webhook) for webhook in (own, wide, gone)] == [1, 1, 0]
        assert [alert for alert, _, _ in delivered(store, wide)] == [1]

    def test_an_area_that_the_store_does_not_know_holds_nothing(self, store: Store, homes: list[int]) -> None:
        webhook = hook(store, "nowhere").webhook
        raise_alerts(store, homes)
        assert fan(store, webhook) == 0
        assert late(store) == ([], [])

    def test_of_whoever_is_erased_nothing_is_told(self, store: Store, homes: list[int]) -> None:
        webhook = hook(store).webhook
        raise_alerts(store, homes)
        fan(store, webhook)
        with store.writing() as connection:
            erase(store, connection, "h1")
        assert [alert for alert, _, _ in delivered(store, webhook)] == [1, 3, 4]


class TestWhoIsToldNothing:
    def check(self, store: Store, webhook: int, now: dt.datetime = NOW) -> None:
        assert late(store, now) == ([], [])
        assert fan(store, webhook, now) == 0

    def told(self, store: Store, homes: list[int], owner: str = "monitor") -> int:
        webhook = hook(store, owner=f"client:{owner}").webhook
        raise_alerts(store, homes)
        fan(store, webhook)
        raise_alerts(store, homes)
        return webhook

    def test_one_that_is_disabled(self, store: Store, homes: list[int]) -> None:
        webhook = self.told(store, homes)
        with store.writing() as connection:
            disable(connection, webhook, "gone", NOW)
        self.check(store, webhook)
        with store.writing() as connection:
            replay(connection, OWNER, webhook, None, NOW)
        # what was raised meanwhile is not lost
        assert fan(store, webhook) == 4

    def test_one_whose_owner_lost_the_key(self, store: Store, homes: list[int]) -> None:
        webhook = self.told(store, homes)
        with store.writing() as connection:
            revoke_client(connection, "monitor", NOW)
        self.check(store, webhook)

    def test_one_whose_owner_s_key_has_expired(self, store: Store, homes: list[int]) -> None:
        add_owner(store, "brief", expires_at=NOW + MINUTE)
        webhook = self.told(store, homes, "brief")
        assert late(store)[0] == [webhook]
        self.check(store, webhook, NOW + MINUTE)


class TestTaking:
    @pytest.fixture
    def webhook(self, store: Store, homes: list[int]) -> int:
        webhook = hook(store).webhook
        raise_alerts(store, [*homes, *homes])
        fan(store, webhook)
        return webhook

    def test_with_all_that_is_needed_to_send(self, store: Store, webhook: int) -> None:
        [due] = take(store, webhook, 1)
        assert (due.webhook, due.alert, due.attempts, due.next_at, due.raised_at) == (webhook, 1, 0, NOW, NOW)
        assert (due.owner, due.url, due.secret, due.pseudonym) == (OWNER, URL, SECRET, "p0")
        assert due.message.startswith("msg_") and len(due.message) == 36
        assert SECRET not in repr(due) and URL not in repr(due)

    def test_a_few_at_a_time(self, store: Store, webhook: int) -> None:
        assert len(take(store, webhook, MOST_AT_ONCE - 1)) == MOST_AT_ONCE - 1
        other = Lease("two", NOW, NOW + MINUTE)
        [last] = take(store, webhook, lease=other)
        assert take(store, webhook, lease=other) == []
        put(store, last, DONE, "two")
        assert len(take(store, webhook, lease=other)) == 1

    def test_several_at_once_take_no_more_than_one_would(self, store: Store, webhook: int) -> None:
        """Each would count what the others have taken before they commit."""
        if store.backend != POSTGRES:
            pytest.skip("one writes at a time")
        begin, end = threading.Barrier(3), threading.Barrier(3)

        def one(name: str) -> int:
            with store.writing() as connection:
                begin.wait(30)
                taken = take_due(connection, webhook, 100, Lease(name, NOW, LEASE.until))
                end.wait(30)
            return len(taken)

        with ThreadPoolExecutor(3) as pool:
            assert sorted(pool.map(one, "abc")) == [0, 0, MOST_AT_ONCE]

    def test_of_whoever_moved_out_of_sight_nothing_is_told(self, store: Store, homes: list[int]) -> None:
        """Neither what is still due, nor what is asked for again."""
        add_owner(store, "town", "c1")
        webhook = hook(store, owner="client:town").webhook
        raise_alerts(store, [homes[0]])
        fan(store, webhook)
        for _ in range(2):
            with store.writing() as connection:
                connection.execute(update(households).where(households.c.household == homes[0]).values(area_code="c2"))
            assert take(store, webhook) == []
            assert [state for _, state, _ in delivered(store, webhook)] == ["dead"]
            assert late(store)[1] == []
            with store.writing() as connection:
                assert replay(connection, "client:town", webhook, None, NOW) == 1
        with store.writing() as connection:
            connection.execute(update(households).where(households.c.household == homes[0]).values(area_code="c1a"))
        assert len(take(store, webhook)) == 1

    def test_others_take_over_when_a_lease_has_ended(self, store: Store, webhook: int) -> None:
        first = take(store, webhook)
        assert take(store, webhook, lease=Lease("two", NOW + MINUTE, NOW + 2 * MINUTE)) == []
        after = NOW + MINUTE + dt.timedelta(seconds=1)
        again = take(store, webhook, lease=Lease("two", after, after + MINUTE))
        assert [due.message for due in again] == [due.message for due in first]
        # whoever was gone for so long notes nothing any more
        assert not put(store, first[0], DONE)
        assert put(store, again[0], DONE, "two")

    def test_what_is_not_due_waits(self, store: Store, webhook: int) -> None:
        for due in take(store, webhook):
            assert put(store, due, LATER)
        assert [due.alert for due in take(store, webhook)] == [5, 6, 7, 8]
        with store.writing() as connection:
            connection.execute(delete(deliveries).where(deliveries.c.alert > 4))
        assert late(store)[1] == []
        assert late(store, NOW + MINUTE)[1] == [webhook]

    def test_what_came_of_it(self, store: Store, webhook: int) -> None:
        one, two, three, _ = take(store, webhook)
        put(store, one, DONE)
        put(store, two, LATER)
        put(store, three, Noted(DeliveryState.DEAD, NOW, None, "timeout"))
        names = ("alert", "state", "attempts", "next_at", "last_status", "last_error", "delivered_at", "leased_by")
        query = select(*(deliveries.c[name] for name in names)).order_by(deliveries.c.alert).limit(3)
        with store.reading() as connection:
            assert [tuple(row) for row in connection.execute(query)] == [
                (1, "delivered", 1, NOW, 204, None, NOW, None),
                (2, "due", 1, NOW + MINUTE, 503, None, None, None),
                (3, "dead", 1, NOW, None, "timeout", None, None),
            ]

    def test_what_is_asked_for_again_while_it_is_sent_is_sent_again(self, store: Store, webhook: int) -> None:
        [due] = take(store, webhook, 1)
        with store.writing() as connection:
            replay(connection, OWNER, webhook, 0, NOW + dt.timedelta(seconds=1))
        # by one worker at a time, all the same
        lease = Lease("two", NOW + 2 * dt.timedelta(seconds=1), NOW + MINUTE)
        assert due.message not in {other.message for other in take(store, webhook, lease=lease)}
        assert not put(store, due, DONE)
        assert delivered(store, webhook)[0] == (1, "due", 0)
        assert due.message in {other.message for other in take(store, webhook, lease=lease)}

    def test_of_a_webhook_that_is_gone_nothing_is_noted(self, store: Store, webhook: int) -> None:
        [due] = take(store, webhook, 1)
        with store.writing() as connection:
            delete_webhook(connection, OWNER, webhook)
        assert not put(store, due, DONE)
        assert take(store, webhook) == []


def test_four_workers_at_once_miss_nothing_and_send_nothing_side_by_side(store: Store, homes: list[int]) -> None:
    """Alerts are raised meanwhile; who sends holds a delivery for a while, and nobody else has it then."""
    hooks = [hook(store, area).webhook for area in ("", "c1", "c2")]
    total, held, sent = 60, Counter[str](), Counter[str]()
    until = time.monotonic() + 60

    def work(name: str) -> None:
        while time.monotonic() < until and sum(sent.values()) < total + total // 2 + total // 4:
            behind_now, waiting_now = late(store)
            for webhook in behind_now:
                fan(store, webhook)
            for webhook in waiting_now:
                for due in take(store, webhook, 2, Lease(name, NOW, NOW + MINUTE)):
                    held[due.message] += 1
                    assert held[due.message] == 1
                    time.sleep(0.001)
                    held[due.message] -= 1
                    assert put(store, due, DONE, name)
                    sent[due.message] += 1

    def raising() -> None:
        for _ in range(total // len(homes)):
            raise_alerts(store, homes)

    with ThreadPoolExecutor(5) as pool:
        found = [pool.submit(work, f"worker {number}") for number in range(4)] + [pool.submit(raising)]
        for one in found:
            one.result(90)
    assert set(sent.values()) == {1}
    states = [delivered(store, webhook) for webhook in hooks]
    assert [len(one) for one in states] == [total, total // 2, total // 4]
    assert {(state, attempts) for one in states for _, state, attempts in one} == {("delivered", 1)}
