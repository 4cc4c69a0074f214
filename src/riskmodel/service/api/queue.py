"""``GET /v1/queue``: whom to visit first."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from riskmodel.service.api.dependencies import StateOf
from riskmodel.service.api.schemas import QueueReply
from riskmodel.service.reply import json_response

router = APIRouter(prefix="/v1", tags=["queue"])
MOST_IN_QUEUE = 10_000


@router.get("/queue", summary="Households to visit, the highest risk first", responses={200: {"model": QueueReply}})
def queue(
    state: StateOf,
    area: Annotated[str | None, Query(max_length=64, description="Code of an area; those below it count.")] = None,
    capacity: Annotated[
        int | None, Query(ge=1, le=MOST_IN_QUEUE, description="Visits that can be made; else the programme's.")
    ] = None,
) -> Response:
    """Return the households at the head of the list, by log-odds, then by id."""
    cohort = state.cohort()
    rows = cohort.queue(area)
    visits = capacity or cohort.scorer.programme.file.capacity.count(len(rows))
    visits = min(visits, len(rows), MOST_IN_QUEUE)
    scores = cohort.serving.score(cohort.some(rows[:visits])) if visits else []
    households = [
        {"rank": rank, "area_code": cohort.areas[row], **score}
        for rank, (row, score) in enumerate(zip(rows, scores, strict=False), start=1)
    ]
    return json_response(
        {
            "programme": cohort.scorer.id.programme,
            "cohort_size": len(rows),
            "capacity": visits,
            "households": households,
        }
    )
