"""The store commits whole or not at all, on both databases, and an error never shows values."""

from __future__ import annotations

import pytest
from sqlalchemy import func, insert, select, text

from riskmodel.errors import StoreUnavailable, UsageError
from riskmodel.service.store.engine import Store
from riskmodel.service.store.tables import facts


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


@pytest.mark.parametrize("url", ["", "nothing", "mysql://a/b", "/tmp/store.db"])
def test_other_urls_are_refused(url: str) -> None:
    with pytest.raises(UsageError, match="RISKMODEL_STORE"):
        Store(url)


def test_a_database_that_does_not_answer() -> None:
    gone = Store("postgresql://nobody:secret@127.0.0.1:1/none")
    with pytest.raises(StoreUnavailable) as raised, gone.reading():
        pass
    assert "secret" not in str(raised.value)
    gone.close()
