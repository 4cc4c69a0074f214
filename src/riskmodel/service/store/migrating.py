"""Brings a store to the newest shape, or back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from riskmodel.errors import NotReady
from riskmodel.service.store.engine import SQLITE, Store, StoreRefused, unavailable

SCRIPTS = Path(__file__).parent / "migrations"
NEWEST, EMPTY = "head", "base"


class StoreOutdated(NotReady):
    """The store is not in the shape that this version needs."""

    code = "store_outdated"

    def __init__(self) -> None:
        super().__init__(
            "the store is not in the shape that this version needs; run `riskmodel load` or `riskmodel user add`"
        )


def migrate(store: Store, revision: str = NEWEST) -> None:
    """Bring a store up to a revision; all steps in one transaction, so that a failed one leaves the store as it was."""
    with _reshaping(store) as connection:
        command.upgrade(_config(connection), revision)


def migrate_down(store: Store, revision: str = EMPTY) -> None:
    """Bring a store back to an earlier revision; what only later ones can hold is gone."""
    with _reshaping(store) as connection:
        command.downgrade(_config(connection), revision)


def check_current(store: Store) -> None:
    """Check that a store has the newest shape.

    Raises
    ------
    StoreOutdated
        If it has not.
    """
    with store.reading() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
    if found != _newest():
        raise StoreOutdated


@contextmanager
def _reshaping(store: Store) -> Iterator[Connection]:
    """Give a connection as :meth:`Store.writing` does, on which tables may be made anew."""
    if store.backend == SQLITE:
        with _without_foreign_keys(store) as connection:
            yield connection
    else:
        with store.writing() as connection:
            yield connection


@contextmanager
def _without_foreign_keys(store: Store) -> Iterator[Connection]:
    """Let SQLite follow no foreign keys until the end, when all of them have to be right.

    SQLite changes a column by making the table anew and dropping the old one: that would delete whatever refers to it.
    """
    try:
        with store.engine.connect().execution_options(riskmodel_writes=True) as connection:
            driver = connection.connection.driver_connection
            assert driver is not None, "the connection is open"
            # within a transaction it would do nothing
            driver.execute("PRAGMA foreign_keys=OFF")
            try:
                with connection.begin():
                    yield connection
                    _check_foreign_keys(connection)
            finally:
                driver.execute("PRAGMA foreign_keys=ON")
    except DBAPIError as error:
        raise unavailable(error) from None


def _check_foreign_keys(connection: Connection) -> None:
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if broken is not None:
        raise StoreRefused(f"rows of {broken[0]} refer to rows of {broken[2]} that are not there")


@cache
def _newest() -> str | None:
    return ScriptDirectory.from_config(_config()).get_current_head()


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.attributes["connection"] = connection
    return config
