"""Which files were loaded: skipped, gone on with, or gone through again, each for its reason."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Connection

from conftest import NOW
from riskmodel.errors import UsageError
from riskmodel.service.store.engine import Store
from riskmodel.service.store.loads import Counts, Load, begin_part, close_load, counts, note_part, open_load


def opened(
    store: Store, connection: Connection, sha256: str = "a", minutes: int = 0, parts: int = 2, *, dated: bool = True
) -> Load:
    at = NOW + timedelta(minutes=minutes)
    return open_load(store, connection, "observations", "file.csv", sha256, parts, at, dated=dated)


def finish(connection: Connection, load: Load, rejected: int = 0) -> None:
    for part in {0, 1} - load.done:
        note_part(connection, load.number, part, Counts(3, 1, rejected))
    close_load(connection, load.number, NOW)


def test_a_finished_file_is_skipped_and_its_counts_stay(store: Store) -> None:
    with store.writing() as connection:
        load = opened(store, connection)
        assert load == Load(load.number, 2, frozenset(), finished=False)
        finish(connection, load)
        assert opened(store, connection) == Load(load.number, 2, frozenset(), finished=True)
        assert counts(connection, load.number) == Counts(6, 2, 0)


def test_an_interrupted_one_goes_on_if_its_parts_are_the_same(store: Store) -> None:
    with store.writing() as connection:
        number = opened(store, connection).number
        note_part(connection, number, 1, Counts(1, 0, 0))
        assert opened(store, connection) == Load(number, 2, frozenset({1}), finished=False)
        assert opened(store, connection, parts=5) == Load(number, 5, frozenset(), finished=False)
        assert counts(connection, number) == Counts()


def test_one_of_which_rows_were_refused_is_gone_through_again(store: Store) -> None:
    with store.writing() as connection:
        load = opened(store, connection)
        finish(connection, load, rejected=1)
        assert opened(store, connection) == Load(load.number, 2, frozenset(), finished=False)


def test_another_file_is_another_load(store: Store) -> None:
    with store.writing() as connection:
        assert opened(store, connection).number != opened(store, connection, "b").number


def test_only_a_file_without_dates_is_loaded_again_after_another(store: Store) -> None:
    with store.writing() as connection:
        for minutes, sha256 in enumerate("ab"):
            finish(connection, opened(store, connection, sha256, minutes))
        assert opened(store, connection, "a", 3).finished
        assert opened(store, connection, "b", 3, dated=False).finished
        again = opened(store, connection, "a", 4, dated=False)
        assert not again.finished
        finish(connection, again)
        assert opened(store, connection, "a", 5, dated=False).finished
        assert not opened(store, connection, "b", 6, dated=False).finished


def test_a_part_is_kept_once_whoever_keeps_it(store: Store) -> None:
    with store.writing() as connection:
        load = opened(store, connection)
        assert begin_part(connection, "observations", load, 0)
        note_part(connection, load.number, 0, Counts())
        assert not begin_part(connection, "observations", load, 0)
        assert begin_part(connection, "observations", load, 1)


def test_parts_of_another_size_are_not_taken_for_one_s_own(store: Store) -> None:
    with store.writing() as connection:
        load = opened(store, connection)
        opened(store, connection, parts=3)
        with pytest.raises(UsageError, match="began anew"):
            begin_part(connection, "observations", load, 0)
