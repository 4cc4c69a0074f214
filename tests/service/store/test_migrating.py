"""Migrations go up, down and up again on both databases, and give the tables that the code speaks of."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, String, delete, func, inspect, select, text
from starlette.testclient import TestClient

from helpers.accounts import Clock, as_client, guarded_app, settings
from helpers.loading import stand
from helpers.population import settle
from riskmodel.errors import NotReady
from riskmodel.service.authenticating import Access
from riskmodel.service.store.engine import SQLITE, Store, StoreRefused
from riskmodel.service.store.migrating import check_current, migrate, migrate_down
from riskmodel.service.store.tables import METADATA, households


def tables(store: Store) -> set[str]:
    return set(inspect(store.engine).get_table_names()) - {"alembic_version"}


def test_up_down_up(empty_store: Store) -> None:
    migrate(empty_store)
    assert tables(empty_store) == set(METADATA.tables)
    migrate_down(empty_store)
    assert tables(empty_store) == set()
    migrate(empty_store)
    assert tables(empty_store) == set(METADATA.tables)
    migrate(empty_store)


def test_migrations_give_the_tables_of_the_code(store: Store) -> None:
    with store.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []


def test_an_older_store_is_refused(empty_store: Store) -> None:
    with pytest.raises(NotReady, match="shape"):
        check_current(empty_store)
    migrate(empty_store)
    check_current(empty_store)


def test_before_the_first_migration_everybody_is_told_what_to_run(empty_store: Store) -> None:
    """No database's own words about missing tables decide what is answered."""
    web = TestClient(guarded_app(Access(empty_store, settings(), Clock())), raise_server_exceptions=False)
    for headers in ({}, as_client("mon")):
        answer = web.get("/v1/queue", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (503, "store_outdated")
        assert "`riskmodel load`" in answer.json()["detail"]


def rows_in(store: Store) -> dict[str, int]:
    with store.reading() as connection:
        counted = {name: select(func.count()).select_from(table) for name, table in METADATA.tables.items()}
        return {name: connection.execute(query).scalar_one() for name, query in counted.items()}


def steps(monkeypatch: pytest.MonkeyPatch, direction: str, step: Callable[[Connection], object]) -> None:
    """Let a step of one's own stand for all migrations."""
    monkeypatch.setattr(command, direction, lambda config, _: step(connection_of(config)))


def connection_of(config: Config) -> Connection:
    connection = config.attributes["connection"]
    assert isinstance(connection, Connection)
    return connection


def widen(connection: Connection) -> None:
    """Change a column of a table that others refer to; SQLite makes the table anew for that."""
    operations = Operations(MigrationContext.configure(connection))
    with operations.batch_alter_table("households") as batch:
        batch.alter_column("pseudonym", existing_type=String(64), type_=String(128))


@pytest.mark.parametrize("direction", ["upgrade", "downgrade"])
def test_a_table_that_is_made_anew_keeps_what_refers_to_it(
    store: Store, monkeypatch: pytest.MonkeyPatch, direction: str
) -> None:
    numbers = settle(store, ["c1a", "c2"])
    with store.writing() as connection:
        for number in numbers:
            stand(connection, number, "/c/c1/")
    before = rows_in(store)
    assert before["households"] == before["standings"] == before["scores"] == 2
    steps(monkeypatch, direction, widen)
    (migrate if direction == "upgrade" else migrate_down)(store)
    assert rows_in(store) == before
    [pseudonym] = [one for one in inspect(store.engine).get_columns("households") if one["name"] == "pseudonym"]
    assert getattr(pseudonym["type"], "length", None) == 128
    with store.writing() as connection:
        connection.execute(delete(households))
    assert rows_in(store)["standings"] == 0, "foreign keys are followed again"


def test_a_migration_that_leaves_rows_without_their_household_is_undone(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    if store.backend != SQLITE:
        pytest.skip("PostgreSQL follows foreign keys all the time")
    [number] = settle(store, ["c1a"])
    with store.writing() as connection:
        stand(connection, number, "/c/c1/")
    before = rows_in(store)
    steps(monkeypatch, "upgrade", lambda connection: connection.execute(delete(households)))
    with pytest.raises(StoreRefused, match="refer to rows of households"):
        migrate(store)
    assert rows_in(store) == before
    with store.reading() as connection:
        assert connection.execute(text("PRAGMA foreign_keys")).scalar_one() == 1
