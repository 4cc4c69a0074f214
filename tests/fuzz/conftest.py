"""An application of its own for hostile requests: copies of the models and of a store that holds tinyland."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from fastapi import FastAPI

from conftest import AS_OF, NOW, Tiny
from helpers.accounts import add_everyone
from helpers.stores import closing_store
from helpers.tiny_store import fill
from riskmodel.scoring.scorer import Scorer
from riskmodel.service.app import create_app
from riskmodel.settings import Settings


@pytest.fixture(scope="session")
def fuzzed_settings(models_dir: Path, tiny: Tiny, scorer: Scorer, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Return the settings of a service of its own, without a limit on how often one may ask."""
    folder = tmp_path_factory.mktemp("fuzzed")
    shutil.copytree(models_dir, folder / "models")
    with closing_store(f"sqlite:///{folder / 'store.db'}") as store:
        fill(store, tiny, scorer, folder, AS_OF, NOW)
        add_everyone(store)
        store_url = store.engine.url.render_as_string()
    return Settings(models=folder / "models", programme="tinyland", store=store_url, cookie_secure=False)


@pytest.fixture(scope="session")
def fuzzed_app(fuzzed_settings: Settings) -> Iterator[FastAPI]:
    """Return an application that no other test asks."""
    app = create_app(fuzzed_settings, now=lambda: NOW)
    app.state.riskmodel.versions.champion()
    # a line for each of many thousand requests would only fill the report of a failure
    with structlog.testing.capture_logs() as lines:
        yield app
        lines.clear()
    app.state.riskmodel.close()
