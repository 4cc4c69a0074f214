"""What holds for the whole store: its programme, the lines of its data folders, the key of its pseudonyms."""

from __future__ import annotations

import json
from collections.abc import Mapping

from sqlalchemy import Connection, select

from riskmodel.errors import NotReady, UsageError
from riskmodel.programme.lines import Lines
from riskmodel.programme.programme import Programme
from riskmodel.service.store.engine import Store
from riskmodel.service.store.tables import facts

PROGRAMME, LINES = "programme", "lines"


def read_fact(connection: Connection, name: str) -> str | None:
    """Return a fact, or None where nobody wrote it."""
    return connection.execute(select(facts.c.value).where(facts.c.name == name)).scalar_one_or_none()


def write_fact(store: Store, connection: Connection, name: str, value: str) -> None:
    """Write a fact in place of what it was."""
    insert = store.insert(facts).values(name=name, value=value)
    connection.execute(insert.on_conflict_do_update(index_elements=["name"], set_={"value": value}))


def claim(store: Store, connection: Connection, programme: Programme) -> None:
    """Make a new store that of a programme.

    Raises
    ------
    UsageError
        If it holds another one.
    """
    insert = store.insert(facts).values(name=PROGRAMME, value=programme.name)
    connection.execute(insert.on_conflict_do_nothing())
    found = read_fact(connection, PROGRAMME)
    if found != programme.name:
        raise UsageError(
            f"the store holds the programme {found}, not {programme.name}; set RISKMODEL_STORE to another database"
        )


def check_programme(store: Store, name: str) -> None:
    """Check that a store is that of a programme, or of none yet.

    Raises
    ------
    NotReady
        If it holds another one.
    """
    with store.reading() as connection:
        found = read_fact(connection, PROGRAMME)
    if found not in (None, name):
        raise NotReady(f"the store holds the programme {found}, not {name}; set RISKMODEL_STORE or RISKMODEL_PROGRAMME")


def keep_lines(
    store: Store, connection: Connection, programme: Programme, values: Mapping[tuple[str, str], float]
) -> Lines:
    """Put a data folder's own lines over those of earlier ones, and return all that are in force."""
    kept = {**_kept_lines(connection), **values}
    rows = [[area, period, line] for (area, period), line in sorted(kept.items())]
    write_fact(store, connection, LINES, json.dumps(rows, ensure_ascii=False))
    return stored_lines(connection, programme)


def stored_lines(connection: Connection, programme: Programme) -> Lines:
    """Return a programme's lines with those of the data folders over them."""
    return Lines(programme.lines.grain, {**programme.lines.values, **_kept_lines(connection)})


def _kept_lines(connection: Connection) -> dict[tuple[str, str], float]:
    rows = json.loads(read_fact(connection, LINES) or "[]")
    return {(area, period): line for area, period, line in rows}
