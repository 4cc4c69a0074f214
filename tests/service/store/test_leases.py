"""Rows are worked on by one worker at a time, the longest waiting first, and by another one when the time is over."""

from __future__ import annotations

import datetime as dt
import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import chain

from sqlalchemy import func, select, true

from helpers.population import settle
from helpers.reports import AT
from riskmodel.service.store.engine import Store
from riskmodel.service.store.leases import Lease, held, take
from riskmodel.service.store.tables import waiting

MINUTE = dt.timedelta(minutes=1)


def fill(store: Store, count: int) -> list[int]:
    """Let households wait, the last one longest."""
    numbers = settle(store, ["c1a"] * count)
    rows = [
        {"household": one, "since": AT - place * MINUTE, "first_event": 1, "ticket": 1}
        for place, one in enumerate(numbers)
    ]
    with store.writing() as connection:
        connection.execute(waiting.insert(), rows)
    return numbers


def taken(store: Store, worker: str, most: int, now: dt.datetime = AT) -> list[int]:
    with store.writing() as connection:
        rows = take(connection, waiting, true(), waiting.c.since, most, Lease(worker, now, now + MINUTE))
        return [row.household for row in rows]


def test_each_row_goes_to_one_in_its_order(store: Store) -> None:
    numbers = fill(store, 5)
    assert taken(store, "a", 2) == [numbers[4], numbers[3]]
    assert taken(store, "b", 9) == [numbers[2], numbers[1], numbers[0]]
    assert taken(store, "c", 9) == []


def test_whoever_is_gone_for_too_long_is_replaced_and_no_moment_earlier(store: Store) -> None:
    numbers = fill(store, 2)
    assert len(taken(store, "a", 2)) == 2
    # until the very end of its time it may still work
    assert taken(store, "b", 2, AT + MINUTE) == []
    later = AT + MINUTE + dt.timedelta(microseconds=1)
    assert sorted(taken(store, "b", 2, later)) == sorted(numbers)
    with store.reading() as connection:
        counts = [
            connection.execute(select(func.count()).where(held(waiting, worker))).scalar_one() for worker in ("a", "b")
        ]
    assert counts == [0, 2]


def test_only_rows_that_are_asked_for(store: Store) -> None:
    numbers = fill(store, 3)
    with store.writing() as connection:
        which = waiting.c.household == numbers[1]
        [row] = take(connection, waiting, which, waiting.c.since, 9, Lease("a", AT, AT + MINUTE))
    assert (row.household, row.leased_by) == (numbers[1], None)
    assert len(taken(store, "b", 9)) == 2


def test_what_is_not_committed_is_not_taken(store: Store) -> None:
    fill(store, 1)
    try:
        with store.writing() as connection:
            assert take(connection, waiting, true(), waiting.c.since, 9, Lease("a", AT, AT + MINUTE))
            raise ZeroDivisionError
    except ZeroDivisionError:
        pass
    assert len(taken(store, "b", 9)) == 1


def test_eight_at_once_never_take_the_same(store: Store) -> None:
    numbers, start = fill(store, 40), threading.Barrier(8)

    def work(name: str) -> list[int]:
        start.wait(30)
        own: list[int] = []
        while some := taken(store, name, 3):
            own += some
        return own

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(work, "abcdefgh"))
    assert sorted(chain.from_iterable(found)) == numbers
