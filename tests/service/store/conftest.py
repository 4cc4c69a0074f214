"""Fixtures of the store: every test runs on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers.postgres import postgres_server
from helpers.stores import closing_store, fresh_database
from riskmodel.service.store.engine import Store
from riskmodel.service.store.migrating import migrate


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """Return the URL of a running PostgreSQL."""
    with postgres_server() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Return the URL of an empty database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'store.db'}"
    else:
        with fresh_database(request.getfixturevalue("postgres")) as url:
            yield url


@pytest.fixture
def empty_store(store_url: str) -> Iterator[Store]:
    """Return a store without any table."""
    with closing_store(store_url) as store:
        yield store


@pytest.fixture
def store(empty_store: Store) -> Store:
    """Return a store in the newest shape, without any row."""
    migrate(empty_store)
    return empty_store
