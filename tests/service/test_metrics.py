"""Figures are those of all workers together, whichever is asked, and those of ended workers do not linger."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import httpx2 as httpx
import pytest
import uvicorn
from prometheus_client.parser import text_string_to_metric_families

from helpers.accounts import as_client
from helpers.server import running
from riskmodel.demo import serve_app
from riskmodel.service.metrics import FOLDER, Metrics, counted_together
from riskmodel.settings import Settings

EVERYTHING = "everything"
WORK = """
import sys
from riskmodel.service.metrics import Metrics
metrics = Metrics()
number = int(sys.argv[1])
metrics.answered("GET", "/healthz", 200, 0.001)
metrics.scores.inc(number)
metrics.waiting.inc(number)
metrics.audit_sequence.set(number)
metrics.model_refused.inc()
metrics.serves(f"v{number}", "d")
print(metrics.text().decode())
"""


def figures(text: str) -> dict[str, float]:
    """Return each figure by its name and labels, as Prometheus reads them."""
    return {
        "".join([sample.name, *(f" {key}={value}" for key, value in sorted(sample.labels.items()))]): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def work(folder: Path, number: int) -> dict[str, float]:
    """Let a worker process count and end; return what it saw."""
    found = subprocess.run(
        [sys.executable, "-W", "error", "-c", WORK, str(number)],
        env={**os.environ, FOLDER: str(folder)},
        capture_output=True,
        text=True,
        check=True,
    )
    return figures(found.stdout)


def test_figures_of_one_process() -> None:
    metrics = Metrics()
    metrics.answered("GET", "/v1/scores", 200, 0.02)
    metrics.answered("GET", "/v1/scores", 200, 0.02)
    metrics.scores.inc(3)
    metrics.waiting.inc()
    metrics.audit_sequence.set(7)
    metrics.model_refused.inc()
    found = figures(metrics.text().decode())
    expected = {
        "riskmodel_requests_total method=GET route=/v1/scores status=200": 2,
        "riskmodel_request_seconds_count route=/v1/scores": 2,
        "riskmodel_request_seconds_bucket le=0.01 route=/v1/scores": 0,
        "riskmodel_request_seconds_bucket le=0.025 route=/v1/scores": 2,
        "riskmodel_scores_total": 3,
        "riskmodel_waiting": 1,
        "riskmodel_audit_sequence": 7,
        "riskmodel_model_refused_total": 1,
    }
    assert {name: found[name] for name in expected} == expected
    assert "process_resident_memory_bytes" in found


def test_the_model_that_serves() -> None:
    metrics = Metrics()
    for version in ("a", "a", "b"):
        metrics.serves(version, f"{version}{version}")
    found = figures(metrics.text().decode())
    assert {name: value for name, value in found.items() if "model_info" in name} == {
        "riskmodel_model_info digest=aa version=a": 0,
        "riskmodel_model_info digest=bb version=b": 1,
    }


def test_workers_are_added_up_and_ended_ones_hold_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "figures"
    first, second = work(folder, 5), work(folder, 3)
    assert (first["riskmodel_scores_total"], second["riskmodel_scores_total"]) == (5, 8)
    assert second["riskmodel_requests_total method=GET route=/healthz status=200"] == 2
    assert second["riskmodel_request_seconds_count route=/healthz"] == 2
    assert second["riskmodel_model_refused_total"] == 2
    assert second["riskmodel_audit_sequence"] == 5
    # the first one has ended: it keeps nobody waiting, and serves nothing
    assert second["riskmodel_waiting"] == 3
    assert [name for name in second if "model_info" in name] == ["riskmodel_model_info digest=d version=v3"]


def test_metrics_of_two_applications_are_apart() -> None:
    one, other = Metrics(), Metrics()
    one.scores.inc()
    assert figures(other.text().decode())["riskmodel_scores_total"] == 0


@pytest.mark.slow
def test_whichever_worker_is_asked_answers_for_both(service_settings: Settings, tmp_path: Path) -> None:
    alive, count = "riskmodel_requests_total method=GET route=/healthz status=200", 40
    with counted_together(2), running(service_settings, tmp_path / "log", workers=2) as address:
        for _ in range(count):
            # a connection each, so that both workers get some
            httpx.get(f"{address}/healthz")
        answers = [httpx.get(f"{address}/metrics", headers=as_client(EVERYTHING)) for _ in range(10)]
        files = list(Path(os.environ[FOLDER]).glob("counter_*.db"))
    assert [answer.status_code for answer in answers] == [200] * 10
    assert len(files) == 2
    assert [figures(answer.text)[alive] for answer in answers] == [count] * 10


@pytest.mark.parametrize("workers", [1, 2])
def test_serving_gives_workers_an_empty_folder(workers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str | None] = []

    def run(*_: object, **options: object) -> None:
        assert options["workers"] == workers
        assert options["timeout_graceful_shutdown"] == 30, "a request without an end must not keep it from ending"
        seen.append(os.environ.get(FOLDER))
        assert seen[0] is None or not list(Path(seen[0]).iterdir())

    monkeypatch.setattr(uvicorn, "run", run)
    monkeypatch.delenv(FOLDER, raising=False)
    serve_app("127.0.0.1", 8000, workers)
    assert (seen[0] is None) == (workers == 1)
    assert FOLDER not in os.environ
    assert seen[0] is None or not Path(seen[0]).exists()


def test_a_folder_of_one_s_own_is_emptied_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER, str(tmp_path))
    (tmp_path / "counter_1.db").write_bytes(b"stale")
    with counted_together(2):
        assert os.environ[FOLDER] == str(tmp_path)
        assert list(tmp_path.iterdir()) == []
    assert os.environ[FOLDER] == str(tmp_path) and tmp_path.is_dir()
