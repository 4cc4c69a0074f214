"""Many rows at once: by COPY on PostgreSQL, by one prepared statement on SQLite; within the caller's transaction.

Values are handed over as the database has them: dates as ``YYYY-MM-DD``, JSON as text.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, Table

from riskmodel.errors import StoreUnavailable
from riskmodel.service.store.engine import POSTGRES, StoreRefused

Row = tuple[str | float | int | None, ...]
INCOMING = "incoming_rows"


def add_rows(connection: Connection, table: Table, columns: Sequence[str], rows: Iterable[Row]) -> None:
    """Add rows none of which is there.

    Raises
    ------
    StoreUnavailable
        If PostgreSQL no longer answers.
    StoreRefused
        If PostgreSQL does not take a row. SQLite's own error leaves :meth:`Store.writing` without values too.
    """
    if connection.dialect.name == POSTGRES:
        _copy(connection, table.name, columns, rows)
    else:
        _add_each(connection, table, columns, rows, "")


def add_missing_rows(connection: Connection, table: Table, columns: Sequence[str], rows: Iterable[Row]) -> int:
    """Add those rows that no unique key of the table knows yet, and return how many those were."""
    return _add_or(connection, table, columns, rows, "ON CONFLICT DO NOTHING")


def put_rows(
    connection: Connection, table: Table, key: Sequence[str], columns: Sequence[str], rows: Iterable[Row]
) -> None:
    """Add rows, each in place of the one that has the same key.

    Parameters
    ----------
    connection : Connection
        Of a transaction that writes.
    table : Table
        Where to.
    key : sequence of str
        Columns of a unique key, among ``columns``.
    columns : sequence of str
        What the rows hold.
    rows : iterable of tuple
        No two with the same key.
    """
    newer = ", ".join(f"{_quoted(name)} = excluded.{_quoted(name)}" for name in columns if name not in key)
    _add_or(connection, table, columns, rows, f"ON CONFLICT ({_list(key)}) DO UPDATE SET {newer}")


def _add_or(connection: Connection, table: Table, columns: Sequence[str], rows: Iterable[Row], otherwise: str) -> int:
    if connection.dialect.name != POSTGRES:
        return _add_each(connection, table, columns, rows, otherwise)
    names = _list(columns)
    # COPY itself knows no conflicts
    connection.exec_driver_sql(
        f"CREATE TEMPORARY TABLE {INCOMING} ON COMMIT DROP AS SELECT {names} FROM {table.name} WITH NO DATA"
    )
    _copy(connection, INCOMING, columns, rows)
    insert = f"INSERT INTO {table.name} ({names}) SELECT {names} FROM {INCOMING} {otherwise}"
    added = connection.exec_driver_sql(insert).rowcount
    connection.exec_driver_sql(f"DROP TABLE {INCOMING}")
    return added


def _add_each(connection: Connection, table: Table, columns: Sequence[str], rows: Iterable[Row], otherwise: str) -> int:
    marks = ", ".join("?" * len(columns))
    insert = f"INSERT INTO {table.name} ({_list(columns)}) VALUES ({marks}) {otherwise}"
    listed = list(rows)
    return connection.exec_driver_sql(insert, listed).rowcount if listed else 0


def _copy(connection: Connection, table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
    driver, dialect = connection.connection.driver_connection, connection.dialect
    assert driver is not None and dialect.loaded_dbapi is not None, "the connection is open"
    try:
        with driver.cursor() as cursor, cursor.copy(f"COPY {table} ({_list(columns)}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
    except dialect.loaded_dbapi.Error as error:
        # the driver's own cursor is used, so that nobody else translates; the error's text quotes the row
        if not driver.closed:
            raise StoreRefused(type(error).__name__) from None
        connection.invalidate()
        raise StoreUnavailable("the store does not answer; ask again in a moment") from None


def _list(columns: Sequence[str]) -> str:
    return ", ".join(_quoted(name) for name in columns)


def _quoted(name: str) -> str:
    return f'"{name}"'
