"""``/openapi.json``: what FastAPI finds out itself, and what it can't: the body that a route reads, and error answers."""

from __future__ import annotations

import copy
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from riskmodel.errors import RiskError
from riskmodel.registry.champion import history
from riskmodel.service.api.schemas import EXAMPLE, ID_EXAMPLE, IdRequestShape, ProblemShape, ScoreRequestShape
from riskmodel.service.openapi_answers import describe_answers, security_schemes
from riskmodel.service.openapi_features import features_example, features_schema
from riskmodel.service.state import State

REFERENCE = "#/components/schemas/{model}"


def install(app: FastAPI, state: State) -> None:
    """Let the app tell the whole of its interface, with an example that the model of the moment can score."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app, secure_cookie=state.settings.cookie_secure)
        document = copy.deepcopy(app.openapi_schema)
        _describe_model(document, state)
        return document

    app.openapi = document  # type: ignore[method-assign]


def _describe_model(document: dict[str, Any], state: State) -> None:
    """Tell what the model of the moment expects, and which versions served; in shape only where none serves yet."""
    household = document["components"]["schemas"]["HouseholdShape"]
    by_features, by_id = EXAMPLE, ID_EXAMPLE
    try:
        scorer = state.versions.champion().scorer
    except RiskError:
        pass
    else:
        household["properties"]["features"] = features_schema(scorer)
        as_of, features = scorer.reference.as_of, features_example(scorer)
        one = {"household_id": ID_EXAMPLE["household_ids"][0], "as_of": as_of, "features": features}
        by_features, by_id = {"households": [one], "reasons": 3}, {**ID_EXAMPLE, "as_of": as_of}
    served = {entry.version for entry in history(state.settings.models, state.settings.programme)}
    decision = _body(document, "/v1/households/{household_id}/decisions")["schema"]
    decision["properties"]["version"] = {
        "enum": [*sorted(served), None],
        "description": "The model that gave it: one that served.",
    }
    examples = {"by features": {"value": by_features}, "by id": {"value": by_id}}
    _body(document, "/v1/scores")["examples"] = examples


def _body(document: dict[str, Any], path: str) -> dict[str, Any]:
    body: dict[str, Any] = document["paths"][path]["post"]["requestBody"]["content"]["application/json"]
    return body


def _document(app: FastAPI, *, secure_cookie: bool) -> dict[str, Any]:
    document = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes, tags=app.openapi_tags
    )
    shapes = models_json_schema(
        [(ScoreRequestShape, "validation"), (IdRequestShape, "validation"), (ProblemShape, "serialization")],
        ref_template=REFERENCE,
    )
    components = document.setdefault("components", {})
    components["securitySchemes"] = security_schemes(secure_cookie=secure_cookie)
    schemas = components.setdefault("schemas", {})
    schemas.update(shapes[1]["$defs"])
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    bodies = [{"$ref": REFERENCE.format(model=shape.__name__)} for shape in (ScoreRequestShape, IdRequestShape)]
    body = {"schema": {"oneOf": bodies}}
    document["paths"]["/v1/scores"]["post"]["requestBody"] = {"required": True, "content": {"application/json": body}}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            operation["responses"].pop("422", None)
            describe_answers(method.upper(), path, operation)
    return document
