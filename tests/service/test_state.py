"""What the service answers with: nothing, then a champion, then the next one, without a failed request."""

from __future__ import annotations

import datetime as dt
import shutil
import threading
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from starlette.testclient import TestClient

from riskmodel.explain.treeshap import TreeExplainer
from riskmodel.registry.bundle import BundleFiles, publish_bundle
from riskmodel.registry.champion import POINTER, promote
from riskmodel.service.app import create_app
from riskmodel.service.serving import Serving
from riskmodel.settings import Settings

NOW = dt.datetime(2021, 6, 1, tzinfo=dt.UTC)


def settings(models: Path, cohort: Path | None = None) -> Settings:
    return Settings(models=models, programme="tinyland", cohort=cohort)


def client_of(settings: Settings) -> TestClient:
    return TestClient(create_app(settings, today=NOW.date))


def promoted(models: Path, version: str, expected: str | None) -> None:
    promote(
        models,
        "tinyland",
        version,
        by="A. Tester",
        reason="test",
        at=NOW,
        expected_champion=expected,
        simulated=False,
        second="S. Second",
    )


@pytest.fixture
def models(tiny_bundle: BundleFiles, tmp_path: Path) -> Path:
    """Return a folder that holds tinyland's bundle, not promoted."""
    shutil.copytree(tiny_bundle.path, tmp_path / "models" / "tinyland" / tiny_bundle.version)
    return tmp_path / "models"


def test_without_a_champion_it_is_alive_but_not_ready(models: Path, tiny_bundle: BundleFiles, body: Any) -> None:
    with client_of(settings(models)) as client:
        assert client.get("/healthz").status_code == 200
        assert client.get("/docs").status_code == client.get("/openapi.json").status_code == 200
        for answer in (client.get("/readyz"), client.post("/v1/scores", json=body), client.get("/review")):
            assert (answer.status_code, answer.json()["code"]) == (503, "not_ready")
            assert str(models) not in answer.text
        promoted(models, tiny_bundle.version, None)
        assert client.get("/readyz").status_code == 200
        assert client.post("/v1/scores", json=body).status_code == 200


def test_a_model_is_warm_before_it_is_ready(
    models: Path, tiny_bundle: BundleFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    warm, score = TreeExplainer.warm, Serving.score
    monkeypatch.setattr(TreeExplainer, "warm", lambda one: (warm(one), done.append("kernels")))
    monkeypatch.setattr(Serving, "score", lambda *given: (done.append("row"), score(*given))[1])
    promoted(models, tiny_bundle.version, None)
    with client_of(settings(models)) as client:
        assert done == ["kernels", "row"]
        assert client.get("/readyz").status_code == 200
        assert done == ["kernels", "row"]


def test_a_changed_bundle_is_not_served(models: Path, tiny_bundle: BundleFiles) -> None:
    promoted(models, tiny_bundle.version, None)
    model = models / "tinyland" / tiny_bundle.version / "model.txt"
    model.write_bytes(model.read_bytes().replace(b"leaf_value=-", b"leaf_value= ", 1))
    with client_of(settings(models)) as client:
        answer = client.get("/readyz")
        assert (answer.status_code, answer.json()["code"]) == (503, "bundle_corrupt")


def test_without_a_cohort(models: Path, tiny_bundle: BundleFiles, body: Any) -> None:
    promoted(models, tiny_bundle.version, None)
    with client_of(settings(models)) as client:
        assert client.post("/v1/scores", json=body).status_code == 200
        for path in ("/v1/queue", "/v1/households/1/score", "/v1/households/1/explanation", "/review/households/1"):
            answer = client.get(path)
            assert (answer.status_code, answer.json()["code"]) == (503, "no_cohort")
        page = client.get("/review?lang=en")
        assert page.status_code == 200 and "riskmodel snapshot tinyland" in page.text


@pytest.mark.parametrize("spoil", ["missing", "cut short", "other columns"])
def test_an_unusable_cohort_is_the_services_fault(
    models: Path, tiny_bundle: BundleFiles, tiny_snapshot: pd.DataFrame, tmp_path: Path, spoil: str
) -> None:
    promoted(models, tiny_bundle.version, None)
    path = tmp_path / "cohort.parquet"
    if spoil == "cut short":
        tiny_snapshot.to_parquet(path)
        path.write_bytes(path.read_bytes()[:-100])
    elif spoil == "other columns":
        tiny_snapshot.rename(columns={"persons": "people"}).to_parquet(path)
    with client_of(settings(models, path)) as client:
        assert client.get("/readyz").status_code == 200
        answer = client.get("/v1/queue")
        assert (answer.status_code, answer.json()["code"]) == (503, "no_cohort")
        assert str(tmp_path) not in answer.text


def second_bundle(models: Path, first: BundleFiles) -> str:
    """Publish the same model under another card, and so another version."""
    facts = {
        key: value for key, value in first.manifest.items() if key not in ("programme", "version", "digest", "files")
    }
    files = {**first.files, "card.md": first.files["card.md"] + b"\nAgain.\n"}
    return publish_bundle(models, "tinyland", files, facts).name


def test_a_promotion_takes_effect_without_a_failed_request(
    models: Path, tiny_bundle: BundleFiles, cohort_file: Path, body: Any
) -> None:
    promoted(models, tiny_bundle.version, None)
    second = second_bundle(models, tiny_bundle)
    with client_of(settings(models, cohort_file)) as client:
        seen: list[tuple[int, str]] = []
        stop = threading.Event()

        def ask() -> None:
            while not stop.is_set():
                answer = client.post("/v1/scores", json=body)
                seen.append((answer.status_code, answer.json()["scores"][0]["model"]["version"]))

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        promoted(models, second, tiny_bundle.version)
        while ("200", second) not in {(str(status), version) for status, version in seen[-8:]}:
            assert all(thread.is_alive() for thread in threads)
        stop.set()
        for thread in threads:
            thread.join(30)
        assert {status for status, _ in seen} == {200}
        assert client.get("/v1/models").json()["champion"]["version"] == second
        assert client.get("/v1/queue").json()["households"][0]["model"]["version"] == second


def test_a_broken_promotion_leaves_the_older_one_serving(models: Path, tiny_bundle: BundleFiles, body: Any) -> None:
    promoted(models, tiny_bundle.version, None)
    second = second_bundle(models, tiny_bundle)
    with client_of(settings(models)) as client:
        assert client.get("/readyz").status_code == 200
        promoted(models, second, tiny_bundle.version)
        (models / "tinyland" / second / "model.txt").write_text("tree")
        assert client.post("/v1/scores", json=body).json()["scores"][0]["model"]["version"] == tiny_bundle.version
        (models / "tinyland" / POINTER).write_text("{")
        assert client.post("/v1/scores", json=body).status_code == 200
