"""A value is counted once while it is recent, by one thread at a time, and anew afterwards."""

from __future__ import annotations

import datetime as dt
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import count

from conftest import NOW
from riskmodel.service import recent
from riskmodel.service.recent import Recent


def test_a_value_stays_while_it_is_recent() -> None:
    numbers, kept = count(1), Recent(60, 60)

    def ask(key: str, seconds: int) -> int:
        return kept.get(key, NOW + dt.timedelta(seconds=seconds), lambda: next(numbers))

    assert [ask("a", 0), ask("a", 59), ask("b", 59), ask("a", 60), ask("a", 61)] == [1, 1, 2, 3, 3]


def test_a_value_that_is_not_yet_old_is_given_while_it_is_counted_anew() -> None:
    numbers, kept, go_on = count(1), Recent(60, 600), threading.Event()

    def slowly() -> int:
        assert go_on.wait(10)
        return next(numbers)

    def ask(seconds: int) -> int:
        return kept.get("a", NOW + dt.timedelta(seconds=seconds), slowly)

    go_on.set()
    assert ask(0) == 1
    go_on.clear()
    # nobody waits, and it is counted once however many ask
    assert [ask(100), ask(101)] == [1, 1]
    go_on.set()
    kept.close()
    assert [ask(102), next(numbers)] == [2, 3]


def test_a_count_that_fails_beside_is_tried_again() -> None:
    kept, tried = Recent(60, 600), []

    def ask(seconds: int) -> str:
        def fail() -> str:
            tried.append(seconds)
            raise OSError("away")

        return kept.get("a", NOW + dt.timedelta(seconds=seconds), fail)

    assert kept.get("a", NOW, lambda: "kept") == "kept"
    for turn in range(1, 200):
        assert ask(100 + turn) == "kept"
        if len(tried) > 1:
            break
        time.sleep(0.01)
    kept.close()
    assert len(tried) > 1


def test_nothing_is_a_value_too() -> None:
    asked, kept = [], Recent(60, 60)
    for _ in range(2):
        assert kept.get("a", NOW, lambda: asked.append(1)) is None
    assert asked == [1]


def test_many_at_once_count_once() -> None:
    numbers, kept = count(1), Recent(60, 60)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: kept.get("a", NOW, lambda: next(numbers)), range(64)))
    assert set(found) == {1}


def test_the_oldest_give_way() -> None:
    kept, numbers = Recent(60, 60), count(1)
    for key in range(recent.MOST_KEPT + 1):
        kept.get(key, NOW, lambda: next(numbers))
    assert kept.get(recent.MOST_KEPT, NOW, lambda: 0) == recent.MOST_KEPT + 1
    assert kept.get(0, NOW, lambda: 0) == 0
