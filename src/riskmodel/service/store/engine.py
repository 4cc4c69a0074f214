"""A connection to the store: SQLite beside the process, or PostgreSQL; the same statements on both."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, create_engine, event, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    IntegrityError,
    InterfaceError,
    NoSuchModuleError,
    OperationalError,
    TimeoutError,
)
from sqlalchemy.pool import ConnectionPoolEntry

from riskmodel.errors import RiskError, StoreUnavailable, UsageError

BUSY_SECONDS = 30
POSTGRES, SQLITE = "postgresql", "sqlite"
DRIVERS = {POSTGRES: "postgresql+psycopg", SQLITE: "sqlite"}
Insert = sqlite.Insert | postgresql.Insert


class NotOurTurn(Exception):
    """Somebody else writes; nothing was done."""


class StoreRefused(RiskError):
    """The database does not take what is to be written.

    Parameters
    ----------
    kind : str
        What the database calls it.
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        super().__init__(f"the database refused what was to be written ({kind}), so nothing was; check what was given")

    def __reduce__(self) -> tuple[type[StoreRefused], tuple[str]]:
        """Keep what the database calls it."""
        return type(self), (self.kind,)


class Store:
    """Where everything is kept.

    Parameters
    ----------
    url : str
        ``sqlite:///FILE`` or ``postgresql://USER:PASSWORD@HOST/NAME``.
    connections : int
        How many may be open at once.

    Raises
    ------
    UsageError
        If the URL is of another kind.

    Notes
    -----
    A commit has reached the disk when it returns: SQLite syncs its log at each commit, PostgreSQL does so by default. With
    SQLite one process writes at a time, and the others wait for their turn; a block that writes opens no second one.
    """

    def __init__(self, url: str, connections: int = 8) -> None:
        try:
            parsed = make_url(url)
            backend = parsed.get_backend_name()
        except (ArgumentError, NoSuchModuleError):
            backend = ""
        if backend not in DRIVERS:
            raise UsageError("RISKMODEL_STORE: expected sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME")
        self.backend = backend
        self._one_state: dict[str, Any] = (
            {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True} if backend == POSTGRES else {}
        )
        parsed = parsed.set(drivername=DRIVERS[backend])
        self._turns: Path | None = None
        if backend == SQLITE and parsed.database not in (None, "", ":memory:"):
            Path(parsed.database or "").parent.mkdir(parents=True, exist_ok=True)
            self._turns = Path(f"{parsed.database}.turn")
        options: dict[str, Any] = (
            {"connect_args": {"timeout": BUSY_SECONDS}}
            if backend == SQLITE
            else {"pool_pre_ping": True, "connect_args": {"connect_timeout": 5}}
        )
        self.engine: Engine = create_engine(
            parsed, pool_size=connections, max_overflow=0, pool_timeout=5, hide_parameters=True, **options
        )
        if backend == SQLITE:
            event.listen(self.engine, "connect", _prepare_sqlite)
            event.listen(self.engine, "begin", _begin_sqlite)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection that sees one state of the store and changes nothing.

        Raises
        ------
        StoreUnavailable
            If the database does not answer, or too many wait for it.
        """
        with _translated(), self.engine.connect().execution_options(**self._one_state) as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a connection whose changes are committed together when the block ends, or not at all.

        Raises
        ------
        StoreUnavailable
            If the database does not answer, or too many wait for it.
        """
        with _translated(), self._turn(), self.connected_to_write() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing_on(self, connection: Connection, *, wait: bool = True) -> Iterator[Connection]:
        """Do as :meth:`writing` does on a connection of :meth:`connected_to_write`, which stays open afterwards.

        Raises
        ------
        NotOurTurn
            If somebody else writes to SQLite's file, and it is not to be waited for.
        StoreUnavailable
            If the database does not answer.
        """
        with _translated(), self._turn(wait), connection.begin():
            yield connection

    def connected_to_write(self) -> Connection:
        """Return a connection for transactions that write; the caller closes it."""
        return self.engine.connect().execution_options(riskmodel_writes=True)

    @contextmanager
    def _turn(self, wait: bool = True) -> Iterator[None]:
        """Wait for this process's turn to write to SQLite's file.

        SQLite lets a writer that finds another one sleep for up to a tenth of a second and look again, however soon the
        other is done: two busy processes would write some ten times a second. The system wakes whoever waits for a lock at once.
        """
        if self._turns is None:
            yield
            return
        # a lock is its descriptor's, so that each one who waits opens the file anew
        descriptor = os.open(self._turns, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _lock(descriptor, wait)
            yield
        finally:
            os.close(descriptor)

    def insert(self, table: Table) -> Insert:
        """Return an insert that may be told what to do where the row is there already."""
        return postgresql.insert(table) if self.backend == POSTGRES else sqlite.insert(table)

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def is_there(url: str) -> bool:
    """Tell whether a store is used at all: a server is, a file only once it was made."""
    path = make_url(url).database if url.startswith(SQLITE) else None
    return path is None or Path(path).is_file()


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (DBAPIError, TimeoutError) as error:
        raise unavailable(error) from None


def unavailable(error: DBAPIError | TimeoutError) -> Exception:
    """Return what to raise for a database's error: its own text may hold values, so it is left out.

    A time-out means that every connection is in use.
    """
    if isinstance(error, TimeoutError):
        return StoreUnavailable("too many wait for the store; ask again in a moment")
    if isinstance(error, IntegrityError):
        return _without_values(error)
    if isinstance(error, OperationalError | InterfaceError) or error.connection_invalidated:
        return StoreUnavailable("the store does not answer; ask again in a moment")
    return _without_values(error)


def _lock(descriptor: int, wait: bool) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise NotOurTurn from None


def _without_values(error: DBAPIError) -> DBAPIError:
    """Return an error of the same kind that has lost its words: PostgreSQL quotes the row that it refuses."""
    own = error.orig
    assert own is not None, "a database raised it"
    return type(error)(error.statement, None, type(own)(), hide_parameters=True)


def _prepare_sqlite(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
    # SQLAlchemy, not the driver, says when a transaction begins
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={BUSY_SECONDS * 1000}"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # a writer takes its turn at once: one that began by reading could not go on after another has written
    writes = connection.get_execution_options().get("riskmodel_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
