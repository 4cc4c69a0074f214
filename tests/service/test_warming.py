"""Whoever starts the service reads at once what is missing, and what to run."""

from __future__ import annotations

from pathlib import Path

import structlog
from starlette.testclient import TestClient

from helpers.accounts import store_with
from riskmodel.service.app import create_app
from riskmodel.settings import Settings


def said_at_start(folder: Path) -> dict[str, str]:
    settings = Settings(models=folder, programme="none", store=f"sqlite:///{folder / 'store.db'}")
    with structlog.testing.capture_logs() as lines, TestClient(create_app(settings)):
        pass
    return {line["code"]: line["reason"] for line in lines if line["event"] == "started_without"}


def test_without_a_store(tmp_path: Path) -> None:
    said = said_at_start(tmp_path)
    assert set(said) == {"store_outdated", "not_ready"} and "riskmodel load" in said["store_outdated"]


def test_without_accounts(tmp_path: Path) -> None:
    store_with(tmp_path).close()
    said = said_at_start(tmp_path)
    assert set(said) == {"no_credentials", "not_ready"}
    assert "riskmodel user add" in said["no_credentials"] and "riskmodel train" in said["not_ready"]
