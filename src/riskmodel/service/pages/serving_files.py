"""What pages load beside themselves, and what programs are told of the interface."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from riskmodel.errors import NotFound
from riskmodel.service.guarding import GuardedRoute
from riskmodel.service.pages.rendering import ASSETS, YEAR_SECONDS, asset, render
from riskmodel.service.reply import json_response

router = APIRouter(include_in_schema=False, route_class=GuardedRoute)
OPERATIONS = ("get", "post", "put", "patch", "delete")


@router.get("/docs")
def docs_page(request: Request) -> Response:
    """Show the API's routes, from the same document that programs read."""
    document = request.app.openapi()
    operations = [
        {"method": method.upper(), "path": path, **operation}
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if method in OPERATIONS
    ]
    about = {"description": document["info"]["description"], "operations": operations, "tags": document["tags"]}
    return render(request, "docs.html", {"programme": None, **about}, path="/docs")


@router.get("/openapi.json")
def openapi_document(request: Request) -> Response:
    """Return the document that describes the API."""
    return json_response(request.app.openapi())


@router.get("/static/{name}")
def static_file(name: str) -> Response:
    """Return a file that pages load beside themselves."""
    if name not in ASSETS:
        raise NotFound("no such file")
    return Response(
        asset(name),
        media_type=ASSETS[name],
        headers={"cache-control": f"public, max-age={YEAR_SECONDS}, immutable"},
    )
