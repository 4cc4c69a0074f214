"""`POST /v1/scores` answers what the batch answers, to the bit."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from starlette.testclient import TestClient

from helpers.scores import assert_same_scores
from riskmodel.scoring.columns import SCORE
from riskmodel.scoring.scorer import Scorer
from riskmodel.service.api.schemas import ScoreReply


def test_every_field_is_that_of_the_batch_to_the_bit(
    client: TestClient, households: list[dict[str, Any]], scorer: Scorer, tiny_snapshot: pd.DataFrame
) -> None:
    answer = client.post("/v1/scores", json={"households": households, "reasons": 4})
    assert answer.status_code == 200
    batch, _ = scorer.score(tiny_snapshot, pd.Timestamp("2021-06-01").date(), 4)
    found = answer.json()["scores"]
    for row, expected in zip(found, batch.to_pylist(), strict=True):
        assert list(row) == SCORE.names
        for reason in row["reasons"]:
            assert set(reason.pop("text")) == {"en", "zh"}
        assert row == {**expected, "as_of": expected["as_of"].isoformat()}
    assert len(found) == len(households)


def test_the_answer_has_the_documented_shape(client: TestClient, body: dict[str, Any]) -> None:
    answer = client.post("/v1/scores", json=body)
    reply = ScoreReply.model_validate_json(answer.content)
    assert [len(score.reasons) for score in reply.scores] == [3, 3]
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"


def test_alone_as_in_company(client: TestClient, households: list[dict[str, Any]]) -> None:
    together = client.post("/v1/scores", json={"households": households[:20]}).json()["scores"]
    alone = [client.post("/v1/scores", json={"households": [one]}).json()["scores"][0] for one in households[:20]]
    assert_same_scores(alone, together)


def test_one_household_needs_no_table(
    client: TestClient, body: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: Any, **__: Any) -> None:
        raise AssertionError("a table was made for one household")

    for module, name in [(pd, "DataFrame"), (pd, "Series"), (pa, "table"), (pa, "array")]:
        monkeypatch.setattr(module, name, never)
    body["households"] = body["households"][:1]
    assert client.post("/v1/scores", json=body).status_code == 200


def test_unknown_category_and_missing_value_are_scored_with_a_warning(client: TestClient, body: dict[str, Any]) -> None:
    first, second = body["households"]
    first["features"] |= {"home_kind": "castle", "persons": None}
    second["features"]["home_kind"] = None
    first_score, second_score = client.post("/v1/scores", json=body).json()["scores"]
    assert {"code": "unknown_category", "feature": "home_kind"} in first_score["warnings"]
    assert {"code": "missing_value", "feature": "persons"} in first_score["warnings"]
    assert {"code": "missing_value", "feature": "home_kind"} in second_score["warnings"]
    assert "castle" not in json.dumps(first_score)


def test_ids_survive(client: TestClient, body: dict[str, Any]) -> None:
    ids = ["000000000000000042", "110101199003078888", "农户一号", "=HYPERLINK()", "<script>"]
    first = body["households"][0]
    body["households"] = [{**first, "household_id": one} for one in ids]
    assert [row["household_id"] for row in client.post("/v1/scores", json=body).json()["scores"]] == ids


def test_no_reasons(client: TestClient, body: dict[str, Any]) -> None:
    scores = client.post("/v1/scores", json={**body, "reasons": 0}).json()["scores"]
    assert [score["reasons"] for score in scores] == [[], []]


def test_all_reasons_add_up(client: TestClient, body: dict[str, Any]) -> None:
    for score in client.post("/v1/scores", json={**body, "reasons": 50}).json()["scores"]:
        total = score["base_log_odds"] + sum(reason["log_odds"] for reason in score["reasons"])
        assert abs(total - score["log_odds"]) < 1e-9
        assert (
            abs(score["base_log_odds"] + sum(group["log_odds"] for group in score["groups"]) - score["log_odds"]) < 1e-9
        )
