"""``GET /v1/areas/{code}``: an area, what lies below it, and how many households there are expected to fall."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Request, Response

from riskmodel.errors import NotFound
from riskmodel.scoring.cells import id_text_rule
from riskmodel.service.api.dependencies import PrincipalOf, StateOf, act_of, scope_path
from riskmodel.service.api.schemas import AreaReply
from riskmodel.service.audit import Action
from riskmodel.service.guarding import GuardedRoute
from riskmodel.service.reply import json_response
from riskmodel.service.store.area_summaries import AreaSummary, area_summary

router = APIRouter(prefix="/v1", tags=["areas"], route_class=GuardedRoute)


@router.get("/areas/{code}", summary="What is said of an area", responses={200: {"model": AreaReply}})
def area(request: Request, code: str, state: StateOf, principal: PrincipalOf) -> Response:
    """Return an area's names, those below it, and what the scores that count now say of its households."""
    with state.store.reading() as connection:
        # what can be no code is not asked for: PostgreSQL refuses texts with a NUL
        found = None if id_text_rule(code) else area_summary(connection, code, scope_path(connection, principal))
    if found is None:
        raise NotFound("no such area")
    state.audit.write([act_of(request, Action.VIEWED, what="area", area=found.code)])
    return json_response(_document(found))


def _document(found: AreaSummary) -> dict[str, Any]:
    children = [{"code": code, "names": names} for code, names in found.children]
    return {**asdict(found), "parent": found.parent or None, "children": children, "scored": found.scored}
