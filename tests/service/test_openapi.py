"""The interface describes itself, and its example works."""

from __future__ import annotations

import json
from pathlib import Path

from starlette.testclient import TestClient

from riskmodel.service.app import create_app
from riskmodel.service.errors import MEDIA_TYPE
from riskmodel.settings import Settings

ROUTES = {
    ("post", "/v1/scores"),
    ("get", "/v1/households/{household_id}/score"),
    ("get", "/v1/households/{household_id}/explanation"),
    ("get", "/v1/queue"),
    ("get", "/v1/models"),
    ("get", "/healthz"),
    ("get", "/readyz"),
    ("get", "/metrics"),
}


def test_every_route_is_described(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    assert {(method, path) for path, methods in document["paths"].items() for method in methods} == ROUTES
    for methods in document["paths"].values():
        for operation in methods.values():
            assert operation["summary"] and operation["description"]
            assert MEDIA_TYPE in operation["responses"]["default"]["content"]
    assert "loopback" in document["info"]["description"]


def test_every_reference_leads_somewhere(client: TestClient) -> None:
    text = client.get("/openapi.json").text
    document = json.loads(text)
    used = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert used <= set(document["components"]["schemas"])


def test_the_example_can_be_scored(client: TestClient) -> None:
    post = client.get("/openapi.json").json()["paths"]["/v1/scores"]["post"]
    answer = client.post("/v1/scores", json=post["requestBody"]["content"]["application/json"]["example"])
    assert answer.status_code == 200, answer.text
    assert len(answer.json()["scores"]) == 1


def test_without_a_model_there_is_an_example_in_shape(tmp_path: Path) -> None:
    with TestClient(create_app(Settings(models=tmp_path, programme="none"))) as client:
        post = client.get("/openapi.json").json()["paths"]["/v1/scores"]["post"]
    example = post["requestBody"]["content"]["application/json"]["example"]
    assert set(example["households"][0]) == {"household_id", "as_of", "features"}
