"""Many rows at once, alike on both databases: all added, only what is missing, or in place of what was there."""

from __future__ import annotations

from sqlalchemy import select

from riskmodel.service.store.bulk import add_missing_rows, add_rows, put_rows
from riskmodel.service.store.engine import Store
from riskmodel.service.store.tables import facts

COLUMNS = ("name", "value")
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
