"""``/review``: the visit list."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from starlette.responses import RedirectResponse

from riskmodel.service.api.dependencies import PrincipalOf, StateOf, acts_about, area_path
from riskmodel.service.audit import Action
from riskmodel.service.guarding import GuardedRoute
from riskmodel.service.pages.choosing import chosen_language
from riskmodel.service.pages.queue.view import queue_view
from riskmodel.service.pages.rendering import address, programme_words, render
from riskmodel.service.queueing import size

router = APIRouter(include_in_schema=False, route_class=GuardedRoute)


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
    about = programme_words(scorer.programme, chosen)
    path = area_path(state, principal, area)
    if not size(state, ""):
        return render(
            request, "queue/no_cohort.html", {"programme": about, "name": scorer.id.programme}, path="/review"
        )
    view = queue_view(state, path, area, page, chosen)
    state.audit.write(acts_about(request, Action.VIEWED, view.pseudonyms, what="queue"))
    parameters = {"area": view.area, "page": view.page if view.page > 1 else None}

    def page_address(number: int) -> str:
        return address("/review", {**parameters, "page": number if number > 1 else None})

    def area_address(code: str | None) -> str:
        return address("/review", {"area": code})

    context = {"programme": about, "view": view, "page_address": page_address, "area_address": area_address}
    return render(request, "queue/list.html", context, path="/review", parameters=parameters)
