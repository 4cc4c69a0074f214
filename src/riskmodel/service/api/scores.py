"""``POST /v1/scores``: scores of households by their features."""

from __future__ import annotations

from fastapi import APIRouter, Response

from riskmodel.service.api.dependencies import JsonBody, MetricsOf, StateOf
from riskmodel.service.api.schemas import ScoreReply
from riskmodel.service.api.score_request import read_score_request
from riskmodel.service.reply import json_response, score_rows

router = APIRouter(prefix="/v1", tags=["scores"])


@router.post(
    "/scores",
    summary="Score households by their features",
    responses={200: {"model": ScoreReply}},
)
def score_households(body: JsonBody, state: StateOf, metrics: MetricsOf) -> Response:
    """Score 1 to 10,000 households, in the order given.

    Every feature of the model is needed by name, in any order; null says that it is not known. Unknown categories and
    missing values are scored as missing, with a warning. One bad value refuses the whole request, and names its place
    and the rule that it breaks.
    """
    serving = state.serving()
    request = read_score_request(body, serving.scorer.schema, state.today())
    table = serving.scorer.score_inputs(request.inputs, request.reasons)
    metrics.scores.inc(table.num_rows)
    return json_response({"scores": score_rows(table, serving.words)})
