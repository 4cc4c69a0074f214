"""Which files were loaded: skipped, gone on with, or gone through again, each for its reason."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Connection

from conftest import NOW
from riskmodel.service.store.engine import Store
from riskmodel.service.store.loads import Counts, Load, close_load, counts, note_part, open_load


def opened(connection: Connection, sha256: str = "a", minutes: int = 0, parts: int = 2, *, dated: bool = True) -> Load:
    at = NOW + timedelta(minutes=minutes)
    return open_load(connection, "observations", "file.csv", sha256, parts, at, dated=dated)


def finish(connection: Connection, load: Load, rejected: int = 0) -> None:
    for part in {0, 1} - load.done:
        note_part(connection, load.number, part, Counts(3, 1, rejected))
    close_load(connection, load.number, NOW)


def test_a_finished_file_is_skipped_and_its_counts_stay(store: Store) -> None:
    with store.writing() as connection:
        load = opened(connection)
        assert load == Load(load.number, frozenset(), finished=False, fresh=True)
        finish(connection, load)
        assert opened(connection) == Load(load.number, frozenset(), finished=True, fresh=False)
        assert counts(connection, load.number) == Counts(6, 2, 0)


def test_an_interrupted_one_goes_on_if_its_parts_are_the_same(store: Store) -> None:
    with store.writing() as connection:
        number = opened(connection).number
        note_part(connection, number, 1, Counts(1, 0, 0))
        assert opened(connection) == Load(number, frozenset({1}), finished=False, fresh=True)
        assert opened(connection, parts=5) == Load(number, frozenset(), finished=False, fresh=False)
        assert counts(connection, number) == Counts()


def test_one_of_which_rows_were_refused_is_gone_through_again(store: Store) -> None:
    with store.writing() as connection:
        load = opened(connection)
        finish(connection, load, rejected=1)
        assert opened(connection) == Load(load.number, frozenset(), finished=False, fresh=False)


def test_another_file_is_not_alone(store: Store) -> None:
    with store.writing() as connection:
        first = opened(connection)
        second = opened(connection, "b")
        assert second.number != first.number
        assert not second.fresh


def test_only_a_file_without_dates_is_loaded_again_after_another(store: Store) -> None:
    with store.writing() as connection:
        for minutes, sha256 in enumerate("ab"):
            finish(connection, opened(connection, sha256, minutes))
        assert opened(connection, "a", 3).finished
        assert opened(connection, "b", 3, dated=False).finished
        again = opened(connection, "a", 4, dated=False)
        assert not again.finished
        finish(connection, again)
        assert opened(connection, "a", 5, dated=False).finished
        assert not opened(connection, "b", 6, dated=False).finished
