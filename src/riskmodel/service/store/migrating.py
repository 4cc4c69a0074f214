"""Brings a store to the newest shape, or back."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from riskmodel.errors import NotReady
from riskmodel.service.store.engine import Store



class StoreOutdated(NotReady):
    """The store is not in the shape that this version needs."""

    code = "store_outdated"

    def __init__(self) -> None:
        super().__init__(
            "the store is not in the shape that this version needs; run `riskmodel load` or `riskmodel user add`"
        )


SCRIPTS = Path(__file__).parent / "migrations"
NEWEST, EMPTY = "head", "base"


def migrate(store: Store, revision: str = NEWEST) -> None:
    """Bring a store up to a revision; all steps in one transaction, so that a failed one leaves the store as it was."""
    with store.writing() as connection:
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def migrate_down(store: Store, revision: str = EMPTY) -> None:
    """Bring a store back to an earlier revision; what only later ones can hold is gone."""
    with store.writing() as connection:
        config = _config()
        config.attributes["connection"] = connection
        command.downgrade(config, revision)


def check_current(store: Store) -> None:
    """Check that a store has the newest shape.

    Raises
    ------
    StoreOutdated
        If it has not.
    """
    with store.reading() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
    if found != _newest():
        raise StoreOutdated


@cache
def _newest() -> str | None:
    return ScriptDirectory.from_config(_config()).get_current_head()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    return config
