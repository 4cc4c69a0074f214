"""Many rows at once, alike on both databases: all added, only what is missing, or in place of what was there."""

from __future__ import annotations

import traceback
from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine, select, text
from sqlalchemy.exc import IntegrityError

from riskmodel.errors import StoreUnavailable
from riskmodel.service.store.bulk import add_missing_rows, add_rows, put_rows
from riskmodel.service.store.engine import Store, StoreRefused
from riskmodel.service.store.tables import facts

COLUMNS = ("name", "value")
CANARY = "Canary-Wang-Xiaoming"
ODD = 'tab\t, "quote", \\back, line\nfeed, 甲'


def held(store: Store) -> dict[str, str]:
    with store.reading() as connection:
        return {row.name: row.value for row in connection.execute(select(facts))}


def test_added_whatever_a_text_holds(store: Store) -> None:
    with store.writing() as connection:
        add_rows(connection, facts, COLUMNS, [("a", ODD), ("b", "\\N")])
        add_rows(connection, facts, COLUMNS, [])
    assert held(store) == {"a": ODD, "b": "\\N"}


def test_only_what_is_missing(store: Store) -> None:
    with store.writing() as connection:
        assert add_missing_rows(connection, facts, COLUMNS, [("a", "1"), ("b", "1")]) == 2
        assert add_missing_rows(connection, facts, COLUMNS, [("a", "2"), ("c", "2"), ("c", "3")]) == 1
        assert add_missing_rows(connection, facts, COLUMNS, []) == 0
    assert held(store) == {"a": "1", "b": "1", "c": "2"}


def test_in_place_of_what_was_there(store: Store) -> None:
    with store.writing() as connection:
        put_rows(connection, facts, ["name"], COLUMNS, [("a", "1"), ("b", "1")])
        put_rows(connection, facts, ["name"], COLUMNS, iter([("b", "2"), ("c", "2")]))
        put_rows(connection, facts, ["name"], COLUMNS, [])
    assert held(store) == {"a": "1", "b": "2", "c": "2"}


@pytest.mark.parametrize("more", [[("a", CANARY)], [("b", CANARY), ("b", CANARY)]])
def test_what_is_refused_is_not_quoted(store: Store, more: list[tuple[str, str]]) -> None:
    """Not the row, not in what is printed of the error, on neither database."""
    with store.writing() as connection:
        add_rows(connection, facts, COLUMNS, [("a", "1")])
    named = [(f"{CANARY}{name}" if name == "b" else name, value) for name, value in more]
    with pytest.raises((StoreRefused, IntegrityError)) as raised, store.writing() as connection:
        add_rows(connection, facts, COLUMNS, named)
    told = "".join(traceback.format_exception(raised.value)) + repr(raised.value) + repr(vars(raised.value))
    assert CANARY not in told
    assert held(store) == {"a": "1"}


def test_a_lost_connection_is_called_that(store: Store) -> None:
    """Also where the driver's own cursor is at work, and the next one who asks is answered."""
    if store.backend == "sqlite":
        pytest.skip("a file has no server that could go")

    def rows() -> Iterator[tuple[str, str]]:
        yield "a", CANARY
        other = create_engine(store.engine.url, isolation_level="AUTOCOMMIT")
        with other.connect() as connection:
            connection.execute(text("select pg_terminate_backend(:pid)"), {"pid": pid})
        other.dispose()
        for number in range(100_000):
            yield f"b{number}", CANARY * 100

    with pytest.raises(StoreUnavailable) as raised, store.writing() as connection:
        pid = connection.execute(text("select pg_backend_pid()")).scalar_one()
        add_rows(connection, facts, COLUMNS, rows())
    assert CANARY not in "".join(traceback.format_exception(raised.value))
    assert held(store) == {}
