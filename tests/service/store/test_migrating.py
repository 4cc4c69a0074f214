"""Migrations go up, down and up again on both databases, and give the tables that the code speaks of."""

from __future__ import annotations

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect

from riskmodel.errors import NotReady
from riskmodel.service.store.engine import Store
from riskmodel.service.store.migrating import check_current, migrate, migrate_down
from riskmodel.service.store.tables import METADATA


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
