"""Addresses of the reviewers' pages."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, FastAPI, Query, Request, Response
from starlette.responses import RedirectResponse

from riskmodel.errors import NotFound
from riskmodel.language import Language
from riskmodel.programme.programme import Programme
from riskmodel.service.api.dependencies import PrincipalOf, StateOf, act_of, acts_about, area_path
from riskmodel.service.asking import Question, areas_of, ask_one
from riskmodel.service.audit import Action
from riskmodel.service.explanation import explain
from riskmodel.service.guarding import GuardedRoute
from riskmodel.service.pages.choosing import chosen_language
from riskmodel.service.pages.household_view import household_view
from riskmodel.service.pages.queue_view import queue_view
from riskmodel.service.pages.rendering import (
    ASSETS,
    YEAR_SECONDS,
    address,
    asset,
    household_address,
    render,
)
from riskmodel.service.queueing import size
from riskmodel.service.reply import json_response

router = APIRouter(include_in_schema=False, route_class=GuardedRoute)
OPERATIONS = ("get", "post", "put", "patch", "delete")


def install(app: FastAPI) -> None:
    """Add the pages to the application."""
    app.include_router(router)


def _programme(programme: Programme, language: Language) -> dict[str, Any]:
    """Return what every page says of its programme."""
    return {"title": language.label(programme.file.title), "simulated": programme.file.simulated}


@router.get("/")
def start() -> Response:
    """Lead to the queue."""
    return RedirectResponse("/review", status_code=307)


@router.get("/review")
def queue_page(
    request: Request,
    state: StateOf,
    principal: PrincipalOf,
    page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
    area: Annotated[str | None, Query(max_length=64)] = None,
) -> Response:
    """Show the queue, or what to run where no household has a score."""
    chosen = chosen_language(request)
    scorer = state.versions.champion().scorer
    about = _programme(scorer.programme, chosen)
    path = area_path(state, principal, area)
    if not size(state, ""):
        return render(request, "no_cohort.html", {"programme": about, "name": scorer.id.programme}, path="/review")
    view = queue_view(state, path, area, page, chosen)
    state.audit.write(acts_about(request, Action.VIEWED, view.pseudonyms, what="queue"))
    parameters = {"area": view.area, "page": view.page if view.page > 1 else None}

    def page_address(number: int) -> str:
        return address("/review", {**parameters, "page": number if number > 1 else None})

    def area_address(code: str | None) -> str:
        return address("/review", {"area": code})

    context = {"programme": about, "view": view, "page_address": page_address, "area_address": area_address}
    return render(request, "queue.html", context, path="/review", parameters=parameters)


@router.get("/review/households/{household_id}")
def household_page(request: Request, household_id: str, state: StateOf, principal: PrincipalOf) -> Response:
    """Show one household: its score, what drives it, and what help fits."""
    found = ask_one(state, Question((household_id,), None, None, area_path(state, principal)))
    explanation = explain(found)
    view = household_view(found.serving, explanation, areas_of(state, found.subjects), chosen_language(request))
    detail = {"version": view.version, "as_of": explanation.score["as_of"]}
    state.audit.write([act_of(request, Action.EXPLAINED, found.subjects[0].pseudonym, **detail)])
    context = {"programme": _programme(found.serving.scorer.programme, chosen_language(request)), "view": view}
    return render(request, "household.html", context, path=household_address(household_id))


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
