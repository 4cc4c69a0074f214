"""The document tells which features the model that serves needs, and what each may hold."""

from __future__ import annotations

from typing import Any

import jsonschema_rs
import pytest
from starlette.testclient import TestClient

from conftest import TODAY
from riskmodel.scoring.scorer import Scorer
from riskmodel.service.openapi_features import features_example, features_schema


def test_every_feature_and_no_other(scorer: Scorer) -> None:
    schema = features_schema(scorer)
    assert tuple(schema["properties"]) == tuple(schema["required"]) == scorer.cells.features
    assert jsonschema_rs.is_valid(schema, features_example(scorer))
    assert not jsonschema_rs.is_valid(schema, {**features_example(scorer), "more": 1})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("persons", 0),
        ("persons", 1),
        ("persons", 20),
        ("persons", 21),
        ("persons", 2.5),
        ("persons", 3.0),
        ("persons", "3"),
        ("persons", None),
        ("land", True),
        ("land", 0),
        ("land", 2),
        ("land", "true"),
        ("home_kind", "tent"),
        ("home_kind", "castle"),
        ("home_kind", 3),
        ("home_kind", "a\u0007"),
        ("income_to_line", -1e300),
        ("income_to_line", True),
    ],
)
def test_the_schema_and_the_reader_agree(scorer: Scorer, name: str, value: Any) -> None:
    features = {**features_example(scorer), name: value}
    _, bad = scorer.cells.read(["1"], ["2021-01-01"], [features], TODAY)
    assert jsonschema_rs.is_valid(features_schema(scorer), features) == (not bad), bad


def test_the_document_holds_the_schema_and_the_versions_that_served(client: TestClient, scorer: Scorer) -> None:
    document = client.get("/openapi.json").json()
    assert document["components"]["schemas"]["HouseholdShape"]["properties"]["features"] == features_schema(scorer)
    decision = document["paths"]["/v1/households/{household_id}/decisions"]["post"]["requestBody"]
    version = decision["content"]["application/json"]["schema"]["properties"]["version"]
    assert version["enum"] == [scorer.id.version, None]
