"""What holds for the whole store: one programme, and lines that go over its own."""

from __future__ import annotations

import pytest

from conftest import Tiny
from riskmodel.errors import UsageError
from riskmodel.service.store.engine import Store
from riskmodel.service.store.facts import claim, keep_lines, read_fact, stored_lines, write_fact


def test_facts_are_written_anew(store: Store) -> None:
    with store.writing() as connection:
        assert read_fact(connection, "a") is None
        write_fact(store, connection, "a", "1")
        write_fact(store, connection, "a", "2")
        assert read_fact(connection, "a") == "2"


def test_a_store_is_claimed_once(store: Store, tiny: Tiny) -> None:
    with store.writing() as connection:
        claim(store, connection, tiny.programme)
        claim(store, connection, tiny.programme)
        write_fact(store, connection, "programme", "elsewhere")
        with pytest.raises(UsageError, match="holds the programme elsewhere, not tinyland"):
            claim(store, connection, tiny.programme)


def test_lines_of_folders_add_up_and_go_over_the_programme_s(store: Store, tiny: Tiny) -> None:
    own = tiny.programme.lines.values
    with store.writing() as connection:
        assert stored_lines(connection, tiny.programme).values == own
        keep_lines(store, connection, tiny.programme, {("north", "2020"): 0.1, ("n1", "2020"): 7.0})
        found = keep_lines(store, connection, tiny.programme, {("n1", "2020"): 8.0})
        assert found.values == {**own, ("north", "2020"): 0.1, ("n1", "2020"): 8.0}
        assert stored_lines(connection, tiny.programme) == found
