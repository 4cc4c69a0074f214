"""Fixtures of the work in the background: copies of a store that holds tinyland, on SQLite and on PostgreSQL.

Here an illness is known as soon as it is recorded, while tinyland waits for ten days.
"""

from __future__ import annotations

import copy
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

from conftest import AS_OF, NOW, Tiny
from helpers.stores import SHAPED, closing_store, fresh_database
from helpers.tiny_store import fill
from helpers.tinyland import altered
from riskmodel.programme.loading import load_programme
from riskmodel.scoring.scorer import Scorer
from riskmodel.service.store.engine import Store


@pytest.fixture(scope="session")
def prompt_scorer(scorer: Scorer, tmp_path_factory: pytest.TempPathFactory) -> Scorer:
    """Return tinyland's model with a programme that knows of an illness at once."""
    path = altered(tmp_path_factory.mktemp("prompt"), change={"illness": {"known_after_days": "0"}})
    prompt = copy.copy(scorer)
    prompt.programme = load_programme(path)
    return prompt


@pytest.fixture(scope="session")
def filled_sqlite(tiny: Tiny, prompt_scorer: Scorer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file of a store that holds tinyland's cohort, scored."""
    folder = tmp_path_factory.mktemp("prompt_store")
    with closing_store(f"sqlite:///{folder / 'store.db'}") as store:
        fill(store, tiny, prompt_scorer, folder, AS_OF, NOW)
    return folder / "store.db"


@pytest.fixture(scope="session")
def filled_postgres(
    tiny: Tiny, prompt_scorer: Scorer, tmp_path_factory: pytest.TempPathFactory, postgres: str
) -> Iterator[str]:
    """Return the URL of a database that holds the same."""
    with fresh_database(postgres, SHAPED) as url:
        with closing_store(url) as store:
            fill(store, tiny, prompt_scorer, tmp_path_factory.mktemp("postgres"), AS_OF, NOW)
        yield url


@pytest.fixture
def sqlite_store(filled_sqlite: Path, tmp_path: Path) -> Iterator[Store]:
    """Return a store in a file that a test may change."""
    shutil.copy(filled_sqlite, tmp_path / "store.db")
    with closing_store(f"sqlite:///{tmp_path / 'store.db'}") as store:
        yield store


@pytest.fixture(params=["sqlite", "postgresql"])
def tiny_store(request: pytest.FixtureRequest) -> Iterator[Store]:
    """Return a store that a test may change, on each database."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite_store")
    else:
        with copied(request.getfixturevalue("filled_postgres")) as url, closing_store(url) as store:
            yield store


@contextmanager
def copied(url: str) -> Iterator[str]:
    """Copy a database of PostgreSQL, give the copy's URL, and drop it."""
    original, name = make_url(url), f"copy_{uuid.uuid4().hex}"
    admin = create_engine(original.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {original.database}"))
    try:
        yield original.set(database=name).render_as_string(hide_password=False)
    finally:
        with admin.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        admin.dispose()
