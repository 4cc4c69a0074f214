"""``/openapi.json``: what FastAPI finds out itself, and what it can't: the body that a route reads, and error answers."""

from __future__ import annotations

import copy
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from riskmodel.errors import RiskError
from riskmodel.programme.dictionary import Kind
from riskmodel.service.api.schemas import EXAMPLE, ID_EXAMPLE, IdRequestShape, ProblemShape, ScoreRequestShape
from riskmodel.service.errors import MEDIA_TYPE
from riskmodel.service.state import State

REFERENCE = "#/components/schemas/{model}"


def install(app: FastAPI, state: State) -> None:
    """Let the app tell the whole of its interface, with an example that the model of the moment can score."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        document = copy.deepcopy(app.openapi_schema)
        body = document["paths"]["/v1/scores"]["post"]["requestBody"]["content"]["application/json"]
        body["examples"] = {
            "by features": {"value": _example(state)},
            "by id": {"value": ID_EXAMPLE},
        }
        return document

    app.openapi = document  # type: ignore[method-assign]


def _example(state: State) -> dict[str, Any]:
    """Return a request for a typical household; one in shape only where no model serves yet."""
    try:
        scorer = state.versions.champion().scorer
    except RiskError:
        return EXAMPLE
    features = {
        feature.name: feature.column.categories[int(typical)]
        if feature.column.kind is Kind.CATEGORY and typical is not None
        else typical
        for feature, typical in zip(scorer.schema.features, scorer.reference.typical, strict=True)
    }
    household = {"household_id": "000000000000000042", "as_of": scorer.reference.as_of, "features": features}
    return {"households": [household], "reasons": 3}


def _document(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes, tags=app.openapi_tags
    )
    shapes = models_json_schema(
        [(ScoreRequestShape, "validation"), (IdRequestShape, "validation"), (ProblemShape, "serialization")],
        ref_template=REFERENCE,
    )
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    schemas.update(shapes[1]["$defs"])
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    bodies = [{"$ref": REFERENCE.format(model=shape.__name__)} for shape in (ScoreRequestShape, IdRequestShape)]
    body = {"schema": {"oneOf": bodies}}
    document["paths"]["/v1/scores"]["post"]["requestBody"] = {"required": True, "content": {"application/json": body}}
    problem = {MEDIA_TYPE: {"schema": {"$ref": REFERENCE.format(model="ProblemShape")}}}
    for path in document["paths"].values():
        for operation in path.values():
            operation["responses"].pop("422", None)
            operation["responses"]["default"] = {"description": "A problem document", "content": problem}
    return document
