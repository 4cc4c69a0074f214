"""Stores for tests: empty ones in the newest shape, on SQLite and on PostgreSQL."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import create_engine, make_url, text

from riskmodel.service.store.engine import Store


@contextmanager
def fresh_database(server: str) -> Iterator[str]:
    """Make an empty database on a PostgreSQL server, give its URL, and drop it."""
    url = make_url(server).set(drivername="postgresql+psycopg")
    name = f"test_{uuid.uuid4().hex}"
    admin = create_engine(url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    try:
        yield url.set(database=name).render_as_string(hide_password=False)
    finally:
        with admin.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        admin.dispose()


@contextmanager
def closing_store(url: str) -> Iterator[Store]:
    """Open a store and close it."""
    store = Store(url)
    try:
        yield store
    finally:
        store.close()
