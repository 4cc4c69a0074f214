"""``/openapi.json``: what FastAPI finds out itself, and what it can't: the body that a route reads, and error answers."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from riskmodel.service.api.schemas import EXAMPLE, ProblemShape, ScoreRequestShape
from riskmodel.service.errors import MEDIA_TYPE

REFERENCE = "#/components/schemas/{model}"


def install(app: FastAPI) -> None:
    """Let the app tell the whole of its interface."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]


def _document(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes, tags=app.openapi_tags
    )
    shapes = models_json_schema(
        [(ScoreRequestShape, "validation"), (ProblemShape, "serialization")], ref_template=REFERENCE
    )
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    schemas.update(shapes[1]["$defs"])
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    body = {"schema": {"$ref": REFERENCE.format(model="ScoreRequestShape")}, "example": EXAMPLE}
    document["paths"]["/v1/scores"]["post"]["requestBody"] = {"required": True, "content": {"application/json": body}}
    problem = {MEDIA_TYPE: {"schema": {"$ref": REFERENCE.format(model="ProblemShape")}}}
    for path in document["paths"].values():
        for operation in path.values():
            operation["responses"].pop("422", None)
            operation["responses"]["default"] = {"description": "A problem document", "content": problem}
    return document
