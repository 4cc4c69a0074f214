"""``POST /v1/scores``: scores of households by their features."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from riskmodel.service.api.dependencies import json_body, metrics_of, state_of
from riskmodel.service.api.schemas import ScoreReply
from riskmodel.service.api.score_request import read_score_request
from riskmodel.service.edge import Metrics
from riskmodel.service.reply import json_response
from riskmodel.service.serving import Serving
from riskmodel.service.state import State

router = APIRouter(prefix="/v1", tags=["scores"])
INLINE_BYTES = 16 * 1024
"""A body up to this size holds a few households, which take about a millisecond: less than handing them to a thread."""


@router.post(
    "/scores",
    summary="Score households by their features",
    responses={200: {"model": ScoreReply}},
)
async def score_households(request: Request) -> Response:
    """Score 1 to 10,000 households, in the order given.

    Every feature of the model is needed by name, in any order; null says that it is not known. Unknown categories and
    missing values are scored as missing, with a warning. One bad value refuses the whole request, and names its place
    and the rule that it breaks.
    """
    # asked for here and not declared as dependencies: resolving those takes a tenth of a household's whole time
    body, state, metrics = await json_body(request), state_of(request), metrics_of(request)
    serving = state.serving_now() if len(body) <= INLINE_BYTES else None
    if serving is not None:
        return _answer(body, serving, state, metrics)
    return await run_in_threadpool(lambda: _answer(body, state.serving(), state, metrics))


def _answer(body: bytes, serving: Serving, state: State, metrics: Metrics) -> Response:
    asked = read_score_request(body, serving.scorer.cells, state.today())
    scores = serving.score(asked.inputs, asked.reasons)
    metrics.scores.inc(len(scores))
    return json_response({"scores": scores})
