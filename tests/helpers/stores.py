"""Stores for tests: empty ones in the newest shape, on SQLite and on PostgreSQL."""

from __future__ import annotations

import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from sqlalchemy import create_engine, make_url, text

from riskmodel.service.store.engine import Store
from riskmodel.service.store.migrating import migrate

SHAPED = "shaped"
"""A database of a server for tests that has all tables, and no row: it is copied sooner than the tables are made."""


def shape(server: str) -> None:
    """Make the database :data:`SHAPED` on a PostgreSQL server of tests, which need not outlive the machine."""
    url = make_url(server).set(drivername="postgresql+psycopg")
    admin = create_engine(url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        for setting in ("fsync", "full_page_writes"):
            connection.execute(text(f"ALTER SYSTEM SET {setting} = off"))
        connection.execute(text("SELECT pg_reload_conf()"))
        connection.execute(text(f"CREATE DATABASE {SHAPED}"))
    admin.dispose()
    with closing_store(url.set(database=SHAPED).render_as_string(hide_password=False)) as store:
        migrate(store)


@cache
def _shaped_file() -> Path:
    path = Path(tempfile.mkdtemp(prefix="riskmodel-shaped-")) / "store.db"
    with closing_store(f"sqlite:///{path}") as store:
        migrate(store)
    return path


def shaped_file(path: Path) -> str:
    """Make an SQLite store in the newest shape, without any row, and return its URL."""
    shutil.copy(_shaped_file(), path)
    return f"sqlite:///{path}"


@contextmanager
def fresh_database(server: str, template: str = "template1") -> Iterator[str]:
    """Make a database on a PostgreSQL server, empty or a copy of another, give its URL, and drop it."""
    url = make_url(server).set(drivername="postgresql+psycopg")
    name = f"test_{uuid.uuid4().hex}"
    admin = create_engine(url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
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
