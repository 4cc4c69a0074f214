"""``/v1/households``: households of the loaded cohort, by id."""

from __future__ import annotations

from fastapi import APIRouter, Response

from riskmodel.service.api.dependencies import StateOf
from riskmodel.service.api.schemas import ExplanationReply, Score
from riskmodel.service.explanation import explain
from riskmodel.service.reply import json_response

router = APIRouter(prefix="/v1/households", tags=["households"])


@router.get("/{household_id}/score", summary="Score of one household", responses={200: {"model": Score}})
def household_score(household_id: str, state: StateOf) -> Response:
    """Return the score of a household in the loaded cohort, at its latest date there."""
    cohort = state.cohort()
    return json_response(cohort.serving.score(cohort.some([cohort.row(household_id)]))[0])


@router.get("/{household_id}/explanation", summary="Why that score", responses={200: {"model": ExplanationReply}})
def household_explanation(household_id: str, state: StateOf) -> Response:
    """Return the score and every contribution to it: base and contributions add up to the log-odds."""
    cohort = state.cohort()
    return json_response(explain(cohort, household_id).document())
