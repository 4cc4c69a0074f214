"""Whoever was struck waits until somebody has looked at every event, and what was said of it is kept once."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, update

from helpers.population import settle
from helpers.reports import AT, report, sender
from riskmodel.service.reports import Report
from riskmodel.service.store.engine import POSTGRES, Store
from riskmodel.service.store.facts import read_fact, write_fact
from riskmodel.service.store.households import chunks
from riskmodel.service.store.leases import Lease
from riskmodel.service.store.report_rows import Sender, keep_reports
from riskmodel.service.store.tables import events, waiting
from riskmodel.service.store.waiting_rows import (
    LostLease,
    Waiting,
    anybody_waits,
    events_since,
    finish,
    give_back,
    take_waiting,
)

MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def who(store: Store) -> Sender:
    return sender(store)


def strike(store: Store, who: Sender, *reports: Report, at: dt.datetime = AT) -> None:
    with store.writing() as connection:
        assert keep_reports(store, connection, who, list(enumerate(reports)), at, at.date()).accepted == len(reports)


def take(store: Store, worker: str = "a", most: int = 200, now: dt.datetime = AT) -> list[Waiting]:
    with store.writing() as connection:
        return take_waiting(connection, most, Lease(worker, now, now + MINUTE))


def look(store: Store, some: Sequence[Waiting]) -> dict[int, list[int]]:
    """Return the numbers of the events that nobody has looked at."""
    with store.reading() as connection:
        return {household: [row.event for row in rows] for household, rows in events_since(connection, some).items()}


def done(store: Store, some: Sequence[Waiting], seen: dict[int, list[int]], worker: str = "a") -> None:
    """Keep something, and let households wait no longer, in one transaction."""
    with store.writing() as connection:
        write_fact(store, connection, "kept", f"{read_fact(connection, 'kept') or ''}{worker}")
        finish(connection, some, seen, worker)


def what_is_kept(store: Store) -> str:
    with store.reading() as connection:
        return read_fact(connection, "kept") or ""


def anybody(store: Store) -> bool:
    with store.reading() as connection:
        return anybody_waits(connection)


def all_events(store: Store) -> list[int]:
    with store.reading() as connection:
        return list(connection.execute(select(events.c.event).order_by(events.c.event)).scalars())


def test_from_the_event_to_the_score(store: Store, who: Sender) -> None:
    numbers = settle(store, ["c1a", "c1b"])
    assert not anybody(store)
    strike(store, who, report("1", "h1"), report("2", "h0"), report("3", "h1"))
    first, second, third = all_events(store)
    some = take(store)
    assert some == [Waiting(numbers[0], second, 1), Waiting(numbers[1], first, 1)]
    seen = look(store, some)
    assert seen == {numbers[0]: [second], numbers[1]: [first, third]}
    assert anybody(store)
    done(store, some, seen)
    assert not anybody(store) and take(store) == []


def test_the_longest_waiting_come_first(store: Store, who: Sender) -> None:
    numbers = settle(store, ["c1a"] * 4)
    for place in (2, 0, 3, 1):
        strike(store, who, report(str(place), f"h{place}"), at=AT + place * MINUTE)
    assert [one.household for one in take(store, most=2)] == numbers[:2]
    assert [one.household for one in take(store, most=9)] == numbers[2:]


class TestStruckAgain:
    def test_it_goes_on_waiting_for_that_event_alone(self, store: Store, who: Sender) -> None:
        numbers = settle(store, ["c1a", "c1b"])
        strike(store, who, report("1", "h0"), report("2", "h1"))
        some = take(store)
        seen = look(store, some)
        strike(store, who, report("3", "h0"), at=AT + MINUTE)
        # nobody else takes it while it is worked on
        assert take(store, "b") == []
        done(store, some, seen)
        third = all_events(store)[2]
        again = take(store, "b")
        assert again == [Waiting(numbers[0], third, 2)]
        assert look(store, again) == {numbers[0]: [third]}
        done(store, again, look(store, again), "b")
        assert not anybody(store)

    def test_it_was_looked_at_already(self, store: Store, who: Sender) -> None:
        """An event that came before the look, and after the taking, is not lost either."""
        [household] = settle(store, ["c1a"])
        strike(store, who, report("1"))
        some = take(store)
        strike(store, who, report("2"), at=AT + MINUTE)
        seen = look(store, some)
        assert len(seen[household]) == 2
        done(store, some, seen)
        # it waits once more, and nothing is told twice: that is known by the cool-down
        assert [one.household for one in take(store, "b")] == [household]

    def test_a_number_that_is_lower_than_the_last_one_seen(self, store: Store, who: Sender) -> None:
        """Numbers are not given in the order of commits."""
        [household] = settle(store, ["c1a"])
        strike(store, who, report("1"))
        some = take(store)
        strike(store, who, report("2"), at=AT + MINUTE)
        strike(store, who, report("3"), at=AT + 2 * MINUTE)
        first, second, third = all_events(store)
        done(store, some, {household: [first, third]})
        assert take(store, "b") == [Waiting(household, second, 3)]


class TestLostLease:
    def test_nothing_is_kept(self, store: Store, who: Sender) -> None:
        settle(store, ["c1a", "c1b"])
        strike(store, who, report("1", "h0"), report("2", "h1"))
        slow = take(store)
        # of what was taken, one household is enough to be lost
        with store.writing() as connection:
            one = slow[1].household
            connection.execute(update(waiting).where(waiting.c.household == one).values(leased_by="b"))
        with pytest.raises(LostLease):
            done(store, slow, look(store, slow))
        assert what_is_kept(store) == ""
        with store.reading() as connection:
            assert len(connection.execute(select(waiting)).all()) == 2

    def test_an_expired_lease_is_taken_over_and_the_work_is_done_once(self, store: Store, who: Sender) -> None:
        settle(store, ["c1a"])
        strike(store, who, report("1"))
        slow = take(store)
        assert take(store, "b", now=AT + MINUTE) == []
        quick = take(store, "b", now=AT + 2 * MINUTE)
        assert quick == slow
        done(store, quick, look(store, quick), "b")
        with pytest.raises(LostLease):
            done(store, slow, look(store, slow))
        assert what_is_kept(store) == "b" and not anybody(store)

    def test_whoever_is_killed_in_between_is_replaced(self, store: Store, who: Sender) -> None:
        settle(store, ["c1a"])
        strike(store, who, report("1"))
        take(store, "killed")
        later = take(store, "b", now=AT + 2 * MINUTE)
        done(store, later, look(store, later), "b")
        assert what_is_kept(store) == "b" and not anybody(store)

    def test_what_is_given_back_is_taken_at_once(self, store: Store, who: Sender) -> None:
        settle(store, ["c1a", "c1b"])
        strike(store, who, report("1", "h0"), report("2", "h1"))
        take(store, "a", most=1), take(store, "b", most=1)
        with store.writing() as connection:
            give_back(connection, "a")
        assert len(take(store, "c")) == 1

    def test_nobody_takes_over_between_the_look_and_the_commit(self, store: Store, who: Sender) -> None:
        """The lease ends while what was said is being written: of two only one keeps."""
        if store.backend != POSTGRES:
            pytest.skip("one writes at a time")
        settle(store, ["c1a"])
        strike(store, who, report("1"))
        some = take(store)
        seen, began = look(store, some), threading.Event()

        def finish_slowly() -> None:
            with store.writing() as connection:
                write_fact(store, connection, "kept", "a")
                finish(connection, some, seen, "a")
                began.set()
                time.sleep(0.2)

        with ThreadPoolExecutor(1) as pool:
            first = pool.submit(finish_slowly)
            assert began.wait(30)
            assert take(store, "b", now=AT + 2 * MINUTE) == []
            first.result(30)
        assert not anybody(store) and what_is_kept(store) == "a"

    def test_whoever_is_about_to_take_over_is_waited_for(self, store: Store, who: Sender) -> None:
        if store.backend != POSTGRES:
            pytest.skip("one writes at a time")
        settle(store, ["c1a"])
        strike(store, who, report("1"))
        some = take(store)
        seen = look(store, some)
        with ThreadPoolExecutor(1) as pool:
            with store.writing() as connection:
                assert take_waiting(connection, 9, Lease("b", AT + 2 * MINUTE, AT + 3 * MINUTE))
                slow = pool.submit(done, store, some, seen)
                time.sleep(0.2)
            with pytest.raises(LostLease):
                slow.result(30)
        assert what_is_kept(store) == ""

    def test_eight_workers_and_five_senders(self, store: Store) -> None:
        """Whatever the order: each event is looked at, and nothing that was kept overlaps."""
        settle(store, ["c1a"] * 12)
        names = [f"d{number}" for number in range(5)]
        senders = [sender(store, name) for name in names]
        seen: list[int] = []
        ended, start = threading.Event(), threading.Barrier(13)

        def send(turn: int) -> None:
            start.wait(30)
            for place, some in enumerate(chunks(range(12), 4)):
                at = AT + (5 * place + turn) * dt.timedelta(seconds=1)
                strike(store, senders[turn], *(report(f"{one}", f"h{one}") for one in some), at=at)

        def work(worker: str) -> None:
            start.wait(30)
            while not ended.is_set() or anybody(store):
                some = take(store, worker, most=5)
                found = look(store, some)
                if some:
                    with store.writing() as connection:
                        finish(connection, some, found, worker)
                    seen.extend(number for own in found.values() for number in own)
                else:
                    time.sleep(0.01)

        with ThreadPoolExecutor(13) as pool:
            workers = [pool.submit(work, name) for name in "abcdefgh"]
            for one in [pool.submit(send, turn) for turn in range(5)]:
                one.result(60)
            ended.set()
            for one in workers:
                one.result(60)
        assert set(seen) == set(all_events(store)) and len(all_events(store)) == 60
