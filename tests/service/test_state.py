"""What the service answers with: nothing, then a champion, then the next one, without a failed request."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from conftest import NOW
from helpers.accounts import as_client, store_with
from helpers.accounts import client as client_account
from riskmodel.explain.treeshap import TreeExplainer
from riskmodel.registry.bundle import BundleFiles, publish_bundle
from riskmodel.registry.champion import POINTER, promote
from riskmodel.service.access import Scope
from riskmodel.service.app import create_app
from riskmodel.service.serving import Serving
from riskmodel.settings import Settings


def settings(models: Path, store: str) -> Settings:
    return Settings(models=models, programme="tinyland", store=store, cookie_secure=False)


def client_of(settings: Settings) -> TestClient:
    return TestClient(create_app(settings, now=lambda: NOW), headers=as_client("everything"))


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


def test_without_a_champion_it_is_alive_but_not_ready(
    store_copy: str, models: Path, tiny_bundle: BundleFiles, body: Any
) -> None:
    with client_of(settings(models, store_copy)) as client:
        assert client.get("/healthz").status_code == 200
        assert client.get("/docs").status_code == client.get("/openapi.json").status_code == 200
        for answer in (client.get("/readyz"), client.post("/v1/scores", json=body), client.get("/review")):
            assert (answer.status_code, answer.json()["code"]) == (503, "not_ready")
            assert str(models) not in answer.text
        promoted(models, tiny_bundle.version, None)
        assert client.get("/readyz").status_code == 200
        assert client.post("/v1/scores", json=body).status_code == 200


def test_a_model_is_warm_before_it_is_ready(
    store_copy: str, models: Path, tiny_bundle: BundleFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    warm, score = TreeExplainer.warm, Serving.score
    monkeypatch.setattr(TreeExplainer, "warm", lambda one: (warm(one), done.append("kernels")))
    monkeypatch.setattr(Serving, "score", lambda *given: (done.append("row"), score(*given))[1])
    promoted(models, tiny_bundle.version, None)
    with client_of(settings(models, store_copy)) as client:
        assert done == ["kernels", "row"]
        assert client.get("/readyz").status_code == 200
        assert done == ["kernels", "row"]


def test_a_changed_bundle_is_not_served(store_copy: str, models: Path, tiny_bundle: BundleFiles) -> None:
    promoted(models, tiny_bundle.version, None)
    model = models / "tinyland" / tiny_bundle.version / "model.txt"
    model.write_bytes(model.read_bytes().replace(b"leaf_value=-", b"leaf_value= ", 1))
    with client_of(settings(models, store_copy)) as client:
        answer = client.get("/readyz")
        assert (answer.status_code, answer.json()["code"]) == (503, "bundle_corrupt")


def test_without_any_household(models: Path, tiny_bundle: BundleFiles, tmp_path: Path, body: Any) -> None:
    promoted(models, tiny_bundle.version, None)
    store_with(tmp_path, clients=[client_account("everything", tuple(Scope))]).close()
    with client_of(settings(models, f"sqlite:///{tmp_path / 'store.db'}")) as client:
        assert client.post("/v1/scores", json=body).status_code == 200
        for path in ("/v1/households/1/score", "/v1/households/1/explanation", "/review/households/1"):
            assert (client.get(path).status_code, client.get(path).json()["code"]) == (404, "not_found")
        assert client.get("/v1/queue").json()["households"] == []
        page = client.get("/review?lang=en")
        assert page.status_code == 200 and "riskmodel load tinyland" in page.text


def test_without_accounts_only_its_health_is_told(
    models: Path, tiny_bundle: BundleFiles, tmp_path: Path, body: Any
) -> None:
    promoted(models, tiny_bundle.version, None)
    store_with(tmp_path).close()
    with client_of(settings(models, f"sqlite:///{tmp_path / 'store.db'}")) as client:
        assert client.get("/healthz").status_code == 200
        for answer in (client.get("/review"), client.post("/v1/scores", json=body), client.get("/v1/queue")):
            assert (answer.status_code, answer.json()["code"]) == (503, "no_credentials")
            assert "riskmodel user add" in answer.json()["detail"]


def second_bundle(models: Path, first: BundleFiles) -> str:
    """Publish the same model under another card, and so another version."""
    facts = {
        key: value for key, value in first.manifest.items() if key not in ("programme", "version", "digest", "files")
    }
    files = {**first.files, "card.md": first.files["card.md"] + b"\nAgain.\n"}
    return publish_bundle(models, "tinyland", files, facts).name


def test_a_promotion_takes_effect_without_a_failed_request(
    models: Path, tiny_bundle: BundleFiles, store_copy: str, body: Any
) -> None:
    promoted(models, tiny_bundle.version, None)
    second = second_bundle(models, tiny_bundle)
    with client_of(settings(models, store_copy)) as client:
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
        # the queue stays with the model that made it, until the cohort is scored anew
        assert client.get("/v1/queue").json()["households"][0]["model"]["version"] == tiny_bundle.version


def test_a_broken_promotion_leaves_the_older_one_serving(
    store_copy: str, models: Path, tiny_bundle: BundleFiles, body: Any
) -> None:
    promoted(models, tiny_bundle.version, None)
    second = second_bundle(models, tiny_bundle)
    with client_of(settings(models, store_copy)) as client:
        assert client.get("/readyz").status_code == 200
        promoted(models, second, tiny_bundle.version)
        (models / "tinyland" / second / "model.txt").write_text("tree")
        assert client.post("/v1/scores", json=body).json()["scores"][0]["model"]["version"] == tiny_bundle.version
        (models / "tinyland" / POINTER).write_text("{")
        assert client.post("/v1/scores", json=body).status_code == 200
