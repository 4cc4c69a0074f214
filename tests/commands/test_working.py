"""``riskmodel work`` as it is run: it scores whoever is struck, ends when it is asked to, and says what it lacks."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import select

from conftest import AS_OF, NOW, Tiny
from helpers.reports import report, sender
from helpers.stores import closing_store
from helpers.tiny_store import fill
from riskmodel.console import now
from riskmodel.scoring.scorer import Scorer
from riskmodel.service.access import Origin
from riskmodel.service.store.alert_rows import alerts_after
from riskmodel.service.store.engine import Store
from riskmodel.service.store.report_rows import keep_reports
from riskmodel.service.store.tables import standings

pytestmark = pytest.mark.slow
PATIENCE_SECONDS = 60
COMMAND = [sys.executable, "-m", "riskmodel.cli", "work"]


@pytest.fixture
def environment(tiny: Tiny, scorer: Scorer, models_dir: Path, tmp_path: Path) -> Mapping[str, str]:
    """Return the environment of an installation that holds tinyland."""
    url = f"sqlite:///{tmp_path / 'store.db'}"
    with closing_store(url) as store:
        fill(store, tiny, scorer, tmp_path, AS_OF, NOW)
    own = {"STORE": url, "MODELS": str(models_dir), "PROGRAMME": "tinyland"}
    return {**os.environ, **{f"RISKMODEL_{name}": value for name, value in own.items()}}


@contextmanager
def working(environment: Mapping[str, str], *words: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [*COMMAND, *words], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def strike(store: Store) -> str:
    """Let somebody of the queue report an illness; return whom."""
    who = sender(store, "village", Origin.SELF_REPORT)
    with store.writing() as connection:
        struck: str = connection.execute(select(standings.c.household_id).limit(1)).scalar_one()
        assert keep_reports(store, connection, who, [(0, report("1", struck))], now(), now().date()).accepted == 1
    return struck


def told(store: Store) -> list[str]:
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        with store.reading() as connection:
            if found := alerts_after(connection, "", 0, 10):
                return [row.household_id for row in found]
        time.sleep(0.05)
    return []


def test_it_scores_whoever_is_struck_and_ends_when_asked_to(environment: Mapping[str, str]) -> None:
    with closing_store(environment["RISKMODEL_STORE"]) as store, working(environment) as process:
        struck = strike(store)
        assert told(store) == [struck]
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_SECONDS) == 0


def test_it_ends_where_its_parent_is_another_one(environment: Mapping[str, str]) -> None:
    with working(environment, "--parent", "1") as process:
        assert process.wait(PATIENCE_SECONDS) == 0


def test_without_a_store_it_says_what_to_do(environment: Mapping[str, str], tmp_path: Path) -> None:
    other = {**environment, "RISKMODEL_STORE": f"sqlite:///{tmp_path / 'other.db'}"}
    found = subprocess.run(COMMAND, env=other, capture_output=True, text=True, check=False, timeout=PATIENCE_SECONDS)
    assert found.returncode == 1
    assert "run `riskmodel load`" in found.stderr.splitlines()[-1] and "Traceback" not in found.stderr
