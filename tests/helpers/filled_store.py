"""A store with rows in every table, and all rows of a store."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import JSON, Boolean, Column, Date, Float, Integer, LargeBinary, Table, insert, select

from helpers.acts import record
from riskmodel.service.store.engine import Store
from riskmodel.service.store.tables import METADATA, Instant

ROWS = 4
FLOATS = (0.1 + 0.2, -0.0, 5e-324, 1.7976931348623157e308)
AUDIT = ("audit_entries", "audit_head")


def fill_every_table(store: Store) -> None:
    """Put rows into each table, with all that is hard to copy: bytes, small figures, missing values, Chinese."""
    with store.writing() as connection:
        for table in METADATA.sorted_tables:
            if table.name not in AUDIT:
                rows = [{column.name: _value(column, row) for column in table.columns} for row in range(ROWS)]
                connection.execute(insert(table), rows)
    record(store, "a", "农户", "\ud800\0")


def _value(column: Column[Any], row: int) -> Any:
    if column.nullable and (row == 1 or column.foreign_keys):
        return None
    match column.type:
        case Boolean():
            return row % 2 == 0
        case Integer():
            return 10 * row + 7
        case Float():
            return FLOATS[row]
        case Instant():
            return dt.datetime(2025, 2, 28, 23, 59, 59, 10 + row, tzinfo=dt.timezone(dt.timedelta(hours=8)))
        case Date():
            return dt.date(1969 + row, 2, 28)
        case LargeBinary():
            return bytes(range(256))[row:]
        case JSON():
            return {"名": [1, 0.1, None, "'\"\\\n\u2028"], "b": {"row": row}}
    return f"键 {row}'\"\\\t,"


def every_row(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    """Return all rows of all tables, in an order that no database's collation decides."""
    with store.reading() as connection:
        return {table.name: sorted(_rows(connection, table), key=repr) for table in METADATA.sorted_tables}


def _rows(connection: Any, table: Table) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in connection.execute(select(table))]
