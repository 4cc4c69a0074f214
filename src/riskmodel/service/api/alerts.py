"""``GET /v1/alerts``: what those in charge are to be told of."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from riskmodel.service.access import Origin
from riskmodel.service.alert_documents import alert_documents
from riskmodel.service.api.alert_schemas import AlertsReply
from riskmodel.service.api.dependencies import PrincipalOf, StateOf, acts_about, area_path
from riskmodel.service.audit import Action
from riskmodel.service.guarding import GuardedRoute
from riskmodel.service.reply import json_response
from riskmodel.service.store.alert_rows import alerts_after

router = APIRouter(prefix="/v1", tags=["alerts"], route_class=GuardedRoute)
MOST_ALERTS = 1000


@router.get("/alerts", summary="What happened, and to whom", responses={200: {"model": AlertsReply}})
def alerts(
    request: Request,
    state: StateOf,
    principal: PrincipalOf,
    after: Annotated[int, Query(ge=0, le=2**62, description="The cursor of the last answer; 0 for all.")] = 0,
    limit: Annotated[int, Query(ge=1, le=MOST_ALERTS)] = 100,
    origin: Annotated[Origin | None, Query(description="Only those that this one noticed first.")] = None,
) -> Response:
    """Return alerts in the order in which they were raised: what happened, the score before and after, what moved it.

    Go on with the `cursor` of each answer; nothing is missed and nothing comes twice. An empty list means that there is
    nothing more so far.
    """
    path = area_path(state, principal)
    serving = state.versions.champion()
    with state.store.reading() as connection:
        rows = alerts_after(connection, path, after, limit, origin)
        documents = alert_documents(connection, serving, rows)
    named = [row.pseudonym for row in rows]
    state.audit.write(acts_about(request, Action.VIEWED, named, what="alerts", after=after))
    return json_response({"cursor": rows[-1].alert if rows else after, "alerts": documents})
