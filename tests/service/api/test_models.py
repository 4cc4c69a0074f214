"""Which model answers, and what it expects."""

from __future__ import annotations

from starlette.testclient import TestClient

from riskmodel.registry.bundle import BundleFiles
from riskmodel.scoring.scorer import Scorer
from riskmodel.service.api.schemas import ModelsReply


def test_models(client: TestClient, tiny_bundle: BundleFiles, scorer: Scorer) -> None:
    answer = client.get("/v1/models")
    reply = ModelsReply.model_validate_json(answer.content)
    assert (reply.programme, reply.champion.version) == ("tinyland", tiny_bundle.version)
    assert reply.champion.digest == tiny_bundle.digest
    assert reply.versions == [tiny_bundle.version]
    assert [one.name for one in reply.features] == [feature.name for feature in scorer.programme.features]
    assert next(one for one in reply.features if one.name == "home_kind").categories == ["brick", "mud", "tent"]


def test_who_promoted_is_not_told(client: TestClient) -> None:
    answer = client.get("/v1/models")
    assert [entry["reason"] for entry in answer.json()["history"]] == ["for the tests"]
    assert "A. Tester" not in answer.text
