"""Fixtures of the service: an application that serves tinyland's champion, and a store that holds tinyland."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from conftest import AS_OF, NOW, Tiny
from helpers.accounts import EVERYTHING, add_everyone, as_client
from helpers.postgres import postgres_server
from helpers.stores import SHAPED, closing_store, fresh_database, shape, shaped_file
from helpers.tiny_store import fill
from riskmodel.scoring.scorer import Scorer
from riskmodel.service.app import create_app
from riskmodel.service.store.engine import Store
from riskmodel.settings import Settings


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """Return the URL of a running PostgreSQL."""
    with postgres_server() as url:
        shape(url)
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Return the URL of a database without any row, on each kind; of one without any table for an empty store."""
    empty = "empty_store" in request.fixturenames
    if request.param == "sqlite":
        path = tmp_path / "store.db"
        yield f"sqlite:///{path}" if empty else shaped_file(path)
    else:
        server = request.getfixturevalue("postgres")
        with fresh_database(server) if empty else fresh_database(server, SHAPED) as url:
            yield url


@pytest.fixture
def empty_store(store_url: str) -> Iterator[Store]:
    """Return a store without any table."""
    with closing_store(store_url) as store:
        yield store


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """Return a store in the newest shape, without any row."""
    with closing_store(store_url) as store:
        yield store


@pytest.fixture(scope="session")
def filled(tiny: Tiny, scorer: Scorer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file of a store that holds tinyland's cohort, scored, with an account of every role and scope."""
    folder = tmp_path_factory.mktemp("store")
    with closing_store(f"sqlite:///{folder / 'store.db'}") as store:
        fill(store, tiny, scorer, folder, AS_OF, NOW)
        add_everyone(store)
    return folder / "store.db"


@pytest.fixture
def store_copy(filled: Path, tmp_path: Path) -> str:
    """Return the URL of a copy of the store that a test may change."""
    shutil.copy(filled, tmp_path / "copy.db")
    return f"sqlite:///{tmp_path / 'copy.db'}"


@pytest.fixture(scope="session")
def service_settings(models_dir: Path, filled: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    own = tmp_path_factory.mktemp("shared") / "store.db"
    shutil.copy(filled, own)
    return Settings(
        models=models_dir,
        programme="tinyland",
        store=f"sqlite:///{own}",
        max_body_bytes=4 * 1024 * 1024,
        cookie_secure=False,
    )


@pytest.fixture(scope="session")
def app(service_settings: Settings) -> FastAPI:
    return create_app(service_settings, now=lambda: NOW)


@pytest.fixture(scope="session")
def client(app: FastAPI) -> Iterator[TestClient]:
    """Return a client that may do whatever a program may."""
    with TestClient(app, headers=as_client(EVERYTHING)) as client:
        yield client


def household(row: dict[str, Any]) -> dict[str, Any]:
    """Return one row of a snapshot as a request gives it."""
    ids = ("household_id", "area_code", "as_of")
    features = {name: None if pd.isna(value) else value for name, value in row.items() if name not in ids}
    return {"household_id": row["household_id"], "as_of": row["as_of"].date().isoformat(), "features": features}


@pytest.fixture(scope="session")
def households(tiny_snapshot: pd.DataFrame) -> list[dict[str, Any]]:
    """Return tinyland's cohort as a request gives it."""
    return [household(row) for row in tiny_snapshot.to_dict("records")]


@pytest.fixture
def body(households: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a sound request of two households, free to be changed."""
    return json.loads(json.dumps({"households": households[:2], "reasons": 3}))
