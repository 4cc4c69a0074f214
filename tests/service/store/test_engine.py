"""The store commits whole or not at all, on both databases, and an error never shows values."""

from __future__ import annotations

import threading
import traceback

import pytest
from sqlalchemy import func, insert, literal, select, text
from sqlalchemy.exc import DBAPIError

from riskmodel.errors import StoreUnavailable, UsageError
from riskmodel.service.store.engine import Store
from riskmodel.service.store.tables import facts

CANARY = "Canary-Wang-Xiaoming"


def count(store: Store) -> int:
    with store.reading() as connection:
        return connection.execute(select(func.count()).select_from(facts)).scalar_one()


def test_a_block_that_raises_changes_nothing(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.writing() as connection:
        connection.execute(insert(facts).values(name="a", value="1"))
        raise ZeroDivisionError
    assert count(store) == 0
    with store.writing() as connection:
        connection.execute(insert(facts).values(name="a", value="1"))
    assert count(store) == 1


def test_a_commit_reaches_the_disk(store: Store) -> None:
    with store.reading() as connection:
        if store.backend == "sqlite":
            assert connection.execute(text("PRAGMA synchronous")).scalar_one() == 2
            assert connection.execute(text("PRAGMA journal_mode")).scalar_one() == "wal"
            assert connection.execute(text("PRAGMA foreign_keys")).scalar_one() == 1
        else:
            assert connection.execute(text("SHOW synchronous_commit")).scalar_one() == "on"


def test_a_reader_sees_one_state(store: Store) -> None:
    with store.reading() as reader:
        query = select(func.count()).select_from(facts)
        assert reader.execute(query).scalar_one() == 0
        with store.writing() as writer:
            writer.execute(insert(facts).values(name="a", value="1"))
        assert reader.execute(query).scalar_one() == 0
    assert count(store) == 1


@pytest.mark.parametrize("reading", [True, False])
def test_an_error_has_no_values(store: Store, reading: bool) -> None:
    """PostgreSQL quotes the row that it refuses, and SQLAlchemy would name the parameters."""
    with store.writing() as connection:
        connection.execute(insert(facts).values(name=CANARY, value="1"))
    with pytest.raises((DBAPIError, StoreUnavailable)) as raised:
        if reading:
            with store.reading() as connection:
                connection.execute(select(literal(CANARY), text("nothing")))
        else:
            with store.writing() as connection:
                connection.execute(insert(facts).values(name=CANARY, value="2"))
    assert CANARY not in "".join(traceback.format_exception(raised.value)) + repr(vars(raised.value))


def test_within_a_block_parameters_stay_hidden(store: Store) -> None:
    with store.writing() as connection:
        connection.execute(insert(facts).values(name="a", value="1"))
        with pytest.raises(DBAPIError) as raised, connection.begin_nested():
            connection.execute(insert(facts).values(name="a", value=CANARY))
        assert CANARY not in str(raised.value)


@pytest.mark.parametrize("url", ["", "nothing", "mysql://a/b", "store.db"])
def test_other_urls_are_refused(url: str) -> None:
    with pytest.raises(UsageError, match="RISKMODEL_STORE"):
        Store(url)


def test_a_database_that_does_not_answer() -> None:
    gone = Store("postgresql://nobody:secret@127.0.0.1:1/none")
    with pytest.raises(StoreUnavailable) as raised, gone.reading():
        pass
    assert "secret" not in str(raised.value)
    gone.close()


def test_who_waits_too_long_for_a_connection_is_told_to_ask_again(
    store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(store_url, connections=1)
    monkeypatch.setattr(store.engine.pool, "_timeout", 0.05)
    with store.reading():
        with pytest.raises(StoreUnavailable, match="too many"), store.reading():
            pass
        with pytest.raises(StoreUnavailable, match="too many"), store.writing():
            pass
    with store.reading() as connection:
        assert connection.execute(select(literal(1))).scalar_one() == 1
    store.close()


def test_writers_take_turns_and_give_them_back(store_url: str, store: Store) -> None:
    """Also those of other processes, which share nothing but the database."""
    other, entered, written = Store(store_url), threading.Event(), threading.Event()

    def write() -> None:
        with other.writing() as connection:
            entered.set()
            connection.execute(insert(facts).values(name="b", value="2"))
        written.set()

    thread = threading.Thread(target=write)
    with store.writing() as connection:
        connection.execute(insert(facts).values(name="a", value="1"))
        thread.start()
        if store.backend == "sqlite":
            assert not entered.wait(0.2)
    assert written.wait(30)
    thread.join(30)
    with pytest.raises(ZeroDivisionError), other.writing():
        raise ZeroDivisionError
    with store.writing() as connection:
        connection.execute(insert(facts).values(name="c", value="3"))
    other.close()
    assert count(store) == 3
