"""Fixtures of the service: an application that serves tinyland's champion and knows its cohort."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from riskmodel.service.app import create_app
from riskmodel.settings import Settings

TODAY = pd.Timestamp("2021-06-01").date()


@pytest.fixture(scope="session")
def cohort_file(tiny_snapshot: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return tinyland's cohort as `riskmodel snapshot` writes it."""
    path = tmp_path_factory.mktemp("cohort") / "cohort.parquet"
    tiny_snapshot.to_parquet(path, index=False)
    return path


@pytest.fixture(scope="session")
def service_settings(models_dir: Path, cohort_file: Path) -> Settings:
    return Settings(models=models_dir, programme="tinyland", cohort=cohort_file, max_body_bytes=4 * 1024 * 1024)


@pytest.fixture(scope="session")
def app(service_settings: Settings) -> FastAPI:
    return create_app(service_settings, today=lambda: TODAY)


@pytest.fixture(scope="session")
def client(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app) as client:
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
