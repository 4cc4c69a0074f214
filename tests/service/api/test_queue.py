"""Whom to visit first."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from riskmodel.service.api.schemas import QueueReply


def test_the_programmes_capacity(client: TestClient) -> None:
    answer = client.get("/v1/queue")
    reply = QueueReply.model_validate_json(answer.content)
    assert reply.capacity == len(reply.households) == round(0.2 * reply.cohort_size)
    assert [one.rank for one in reply.households] == list(range(1, reply.capacity + 1))
    keys = [(-one.log_odds, one.household_id) for one in reply.households]
    assert keys == sorted(keys)


def test_area_and_capacity(client: TestClient) -> None:
    found = client.get("/v1/queue", params={"area": "north", "capacity": 3}).json()
    assert found["capacity"] == len(found["households"]) == 3
    assert all(one["area_code"].startswith("n") for one in found["households"])


def test_more_than_there_are(client: TestClient) -> None:
    found = client.get("/v1/queue", params={"area": "n1", "capacity": 10_000}).json()
    assert found["capacity"] == found["cohort_size"] == len(found["households"])


def test_an_area_where_nobody_lives(client: TestClient) -> None:
    found = client.get("/v1/queue", params={"area": "atlantis"}).json()
    assert found["cohort_size"] == found["capacity"] == 0 and found["households"] == []


@pytest.mark.parametrize("capacity", ["0", "-1", "10001", "many", "1.5", "NaN", "9" * 5000, "1\u0663"])
def test_bad_capacity(client: TestClient, capacity: str) -> None:
    answer = client.get("/v1/queue", params={"capacity": capacity})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["where"] == "query.capacity"
    assert capacity not in answer.json()["detail"]
