"""The interface describes itself, and its example works."""

from __future__ import annotations

import json
from pathlib import Path

from starlette.testclient import TestClient

from helpers.accounts import as_client, store_with
from helpers.accounts import client as client_account
from riskmodel.service.access import POLICY
from riskmodel.service.app import create_app
from riskmodel.service.errors import MEDIA_TYPE
from riskmodel.settings import Settings

OPERATIONS = ("/healthz", "/readyz", "/metrics")


def test_every_route_is_described(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    described = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    assert described == {(method, path) for method, path in POLICY if path.startswith(("/v1", *OPERATIONS))}
    for methods in document["paths"].values():
        for operation in methods.values():
            assert operation["summary"] and operation["description"]
            assert MEDIA_TYPE in operation["responses"]["default"]["content"]
    assert "Bearer" in document["info"]["description"]


def test_every_reference_leads_somewhere(client: TestClient) -> None:
    text = client.get("/openapi.json").text
    document = json.loads(text)
    used = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert used <= set(document["components"]["schemas"])


def test_the_example_can_be_scored(client: TestClient) -> None:
    post = client.get("/openapi.json").json()["paths"]["/v1/scores"]["post"]
    for name, scores in (("by features", 1), ("by id", 0)):
        example = post["requestBody"]["content"]["application/json"]["examples"][name]["value"]
        answer = client.post("/v1/scores", json={**example, "as_of": None} if name == "by id" else example)
        assert answer.status_code == 200, answer.text
        assert len(answer.json()["scores"]) >= scores


def test_without_a_model_there_is_an_example_in_shape(tmp_path: Path) -> None:
    store_with(tmp_path, clients=[client_account("any")]).close()
    settings = Settings(models=tmp_path, programme="none", store=f"sqlite:///{tmp_path / 'store.db'}")
    with TestClient(create_app(settings), headers=as_client("any")) as client:
        post = client.get("/openapi.json").json()["paths"]["/v1/scores"]["post"]
    example = post["requestBody"]["content"]["application/json"]["examples"]["by features"]["value"]
    assert set(example["households"][0]) == {"household_id", "as_of", "features"}
