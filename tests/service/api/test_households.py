"""Households by id: the same answer as by features, and every contribution."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from helpers.scores import assert_same_scores
from riskmodel.service.api.schemas import ExplanationReply


def test_by_id_as_by_features(client: TestClient, households: list[dict[str, Any]]) -> None:
    by_features = client.post("/v1/scores", json={"households": households[:30]}).json()["scores"]
    by_id = [client.get(f"/v1/households/{one['household_id']}/score").json() for one in households[:30]]
    assert_same_scores(by_id, by_features)


def test_an_explanation_adds_up_and_holds_the_score(client: TestClient, households: list[dict[str, Any]]) -> None:
    for one in households[:30]:
        address = f"/v1/households/{one['household_id']}"
        answer = client.get(f"{address}/explanation")
        ExplanationReply.model_validate_json(answer.content)
        found = answer.json()
        contributions = found.pop("contributions")
        assert len(contributions) == len(one["features"])
        assert abs(found["base_log_odds"] + sum(row["log_odds"] for row in contributions) - found["log_odds"]) < 1e-9
        assert {row["feature"] for row in contributions} == set(one["features"])
        found.pop("area_code")
        assert found == client.get(f"{address}/score").json()


@pytest.mark.parametrize("route", ["score", "explanation"])
@pytest.mark.parametrize(
    "one", ["110101199003078888", "x" * 500, "%00", "%F0%9F%92%A3", "%ED%A0%80", "..%5C..", "'%20OR%201=1"]
)
def test_unknown_household(client: TestClient, one: str, route: str) -> None:
    answer = client.get(f"/v1/households/{one}/{route}")
    assert answer.status_code == 404
    assert answer.json()["code"] == "not_found"
    assert one not in answer.text
