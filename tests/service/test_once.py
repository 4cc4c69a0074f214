"""A request under a key is done once; what fails may be sent again, and without a key everything is done."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from helpers.stores import closing_store
from riskmodel.service.errors import InProgress
from riskmodel.service.once import Keep, once
from riskmodel.service.store.engine import Store
from riskmodel.service.store.idempotency import Answer, Claim, begin
from riskmodel.service.store.migrating import migrate
from riskmodel.service.store.tables import facts, idempotency

NOW = dt.datetime(2021, 6, 1, 12, tzinfo=dt.UTC)
ASKED = Claim("client:watch", "one", "question")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing_store(f"sqlite:///{tmp_path / 'store.db'}") as store:
        migrate(store)
        yield store


class Doing:
    """Adds a fact, and answers how many there are."""

    def __init__(self, store: Store) -> None:
        self.store, self.times = store, 0

    def __call__(self, keep: Keep) -> Answer:
        self.times += 1
        with self.store.writing() as connection:
            connection.execute(facts.insert().values(name=f"n{self.times}", value=""))
            answer = Answer(201, str(self.times))
            keep(connection, answer)
        return answer


def rows(store: Store) -> tuple[int, int]:
    with store.reading() as connection:
        found = [connection.execute(select(func.count()).select_from(one)).scalar_one() for one in (facts, idempotency)]
    return found[0], found[1]


def test_the_same_request_is_done_once(store: Store) -> None:
    doing, begun = Doing(store), rows(store)[0]
    assert [once(store, ASKED, NOW, doing) for _ in range(3)] == [Answer(201, "1")] * 3
    assert rows(store) == (begun + 1, 1)


def test_without_a_key_each_is_done(store: Store) -> None:
    doing, begun = Doing(store), rows(store)[0]
    assert [once(store, None, NOW, doing).body for _ in range(2)] == ["1", "2"]
    assert rows(store) == (begun + 2, 0)


def test_what_fails_may_be_sent_again(store: Store) -> None:
    def fail(keep: Keep) -> Answer:
        with store.writing() as connection:
            connection.execute(facts.insert().values(name="half", value=""))
            keep(connection, Answer(201, "half"))
            raise OSError("the disk is full")

    begun = rows(store)
    with pytest.raises(OSError, match="disk"):
        once(store, ASKED, NOW, fail)
    assert rows(store) == begun
    assert once(store, ASKED, NOW, Doing(store)) == Answer(201, "1")


def test_while_it_is_being_done_nobody_else_does_it(store: Store) -> None:
    doing = Doing(store)
    assert begin(store, ASKED, NOW) is None
    with pytest.raises(InProgress):
        once(store, ASKED, NOW, doing)
    assert doing.times == 0
