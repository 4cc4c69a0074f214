"""What surrounds every request."""

from __future__ import annotations

import json

import pytest
import structlog
from starlette.testclient import TestClient

from riskmodel.service.edge import HEADERS

SECRET = "110101199003078888"


def test_a_page_says_to_this_service_where_its_forms_come_from() -> None:
    """With `no-referrer` browsers name `null` as the origin, and older ones say nothing else by which to tell."""
    assert HEADERS["referrer-policy"] == "same-origin"


@pytest.mark.parametrize("path", ["/healthz", "/review", "/nothing", "/static/base.css", "/openapi.json", "/docs"])
def test_safety_headers_are_on_every_answer(client: TestClient, path: str) -> None:
    answer = client.get(path)
    for name, value in HEADERS.items():
        assert answer.headers[name] == value
    assert "unsafe-inline" not in answer.headers["content-security-policy"]
    assert answer.headers["x-request-id"]


def test_answers_are_not_kept_but_files_are(client: TestClient) -> None:
    assert client.get("/v1/queue").headers["cache-control"] == "no-store"
    assert client.get("/review").headers["cache-control"] == "no-store"
    assert "immutable" in client.get("/static/base.css").headers["cache-control"]


def test_every_request_has_its_own_id_whatever_the_caller_says(client: TestClient) -> None:
    answers = [client.get("/healthz", headers={"x-request-id": SECRET}) for _ in range(3)]
    ids = {answer.headers["x-request-id"] for answer in answers}
    assert len(ids) == 3 and SECRET not in ids


def test_the_log_holds_no_personal_data(client: TestClient) -> None:
    with structlog.testing.capture_logs() as lines:
        client.get(f"/v1/households/{SECRET}/score?name={SECRET}", headers={"x-name": SECRET})
        client.get(f"/review?lang=zh&area={SECRET}")
        client.post("/v1/scores", content=f'{{"{SECRET}": 1}}'.encode(), headers={"content-type": "application/json"})
    assert [line["route"] for line in lines] == ["/v1/households/{household_id}/score", "/review", "/v1/scores"]
    assert {"request_id", "method", "status", "milliseconds"} <= set(lines[0])
    assert SECRET not in json.dumps(lines)
