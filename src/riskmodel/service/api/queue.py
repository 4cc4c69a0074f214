"""``GET /v1/queue``: whom to visit first."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from riskmodel.scoring.scorer import DEFAULT_REASONS
from riskmodel.service.api.dependencies import PrincipalOf, StateOf, acts_about, area_path
from riskmodel.service.api.schemas import QueueReply
from riskmodel.service.audit import Action
from riskmodel.service.guarding import GuardedRoute
from riskmodel.service.queueing import places, size
from riskmodel.service.reply import json_response
from riskmodel.service.store.tables import LONGEST_CODE

router = APIRouter(prefix="/v1", tags=["queue"], route_class=GuardedRoute)
MOST_IN_QUEUE = 10_000


@router.get("/queue", summary="Households to visit, the highest risk first", responses={200: {"model": QueueReply}})
def queue(
    request: Request,
    state: StateOf,
    principal: PrincipalOf,
    area: Annotated[
        str | None, Query(max_length=LONGEST_CODE, description="Code of an area; those below it count.")
    ] = None,
    capacity: Annotated[
        int | None, Query(ge=1, le=MOST_IN_QUEUE, description="Visits that can be made; else the programme's.")
    ] = None,
) -> Response:
    """Return the households at the head of the list, by log-odds, then by id."""
    serving, path = state.versions.champion(), area_path(state, principal, area)
    households = size(state, path)
    visits = capacity or (serving.scorer.programme.file.capacity.count(households) if households else 0)
    visits = min(visits, households, MOST_IN_QUEUE)
    found = places(state, path, 0, visits, DEFAULT_REASONS) if visits else []
    state.audit.write(acts_about(request, Action.VIEWED, [place.subject.pseudonym for place in found], what="queue"))
    return json_response(
        {
            "programme": serving.scorer.id.programme,
            "cohort_size": households,
            "capacity": visits,
            "households": [
                {"rank": place.rank, "area_code": place.subject.area_code, **place.score} for place in found
            ],
        }
    )
