"""``GET /v1/audit``: who did what, as it stands in the chain."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from riskmodel.service.api.dependencies import StateOf, act_of
from riskmodel.service.api.schemas import AuditReply
from riskmodel.service.audit import Action, Entry
from riskmodel.service.guarding import GuardedRoute
from riskmodel.service.reply import json_response
from riskmodel.service.store.audit_log import page

router = APIRouter(prefix="/v1", tags=["audit"], route_class=GuardedRoute)
MOST_ENTRIES = 1000


@router.get("/audit", summary="Who did what", responses={200: {"model": AuditReply}})
def audit(
    request: Request,
    state: StateOf,
    after: Annotated[int, Query(ge=0, le=2**62, description="The cursor of the last answer; 0 for all.")] = 0,
    limit: Annotated[int, Query(ge=1, le=MOST_ENTRIES)] = 100,
) -> Response:
    """Return entries in order; go on with the `cursor` of each answer until fewer than `limit` come.

    Looking is an act as well: each answer adds an entry, which the next one tells of.
    """
    with state.store.reading() as connection:
        found = page(connection, after, limit)
    cursor = found[-1].sequence if found else after
    state.audit.write([act_of(request, Action.VIEWED, what="audit", after=after, entries=len(found))])
    return json_response({"cursor": cursor, "entries": [_entry(one) for one in found]})


def _entry(entry: Entry) -> dict[str, Any]:
    return {
        "sequence": entry.sequence,
        "content": json.loads(entry.content),
        "hash": entry.hash,
        "previous_hash": entry.previous_hash,
    }
