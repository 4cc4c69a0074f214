"""``/v1/scores``: scores of households by their features or by id, and which of them moved."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from riskmodel.scoring.rows import Row
from riskmodel.service.access import Permission, allows
from riskmodel.service.api.dependencies import (
    PrincipalOf,
    StateOf,
    act_of,
    acts_about,
    area_path,
    json_body,
    metrics_of,
    state_of,
)
from riskmodel.service.api.id_request import IdRequest, asks_by_id, model_of, read_id_request
from riskmodel.service.api.schemas import ChangesReply, ScoreReply
from riskmodel.service.api.score_request import read_score_request
from riskmodel.service.asking import Question, ask
from riskmodel.service.audit import Act, Action
from riskmodel.service.guarding import GuardedRoute, principal_of
from riskmodel.service.json_body import parse_quickly
from riskmodel.service.refusals import Forbidden
from riskmodel.service.reply import json_response
from riskmodel.service.serving import Serving
from riskmodel.service.state import State
from riskmodel.service.store.scores import moved_after

router = APIRouter(prefix="/v1", tags=["scores"], route_class=GuardedRoute)
INLINE_BYTES = 16 * 1024
"""A body up to this size holds a few households, which take about a millisecond: less than handing them to a thread."""
MOST_CHANGES = 1000
Answer = dict[str, Any]


@router.post("/scores", summary="Score households by their features or by id", responses={200: {"model": ScoreReply}})
async def score_households(request: Request) -> Response:
    """Score 1 to 10,000 households, in the order given.

    **By features**: every feature of the model is needed by name, in any order; null says that it is not known. Unknown
    categories and missing values are scored as missing, with a warning. One bad value refuses the whole request, and
    names its place and the rule that it breaks.

    **By id**: `household_ids`, and `as_of` where another date is meant than that of the score that counts now. Only what
    was recorded before that date is seen, and the model that was live then answers, unless `model` names another one.
    Places that have no answer are listed under `refused`.
    """
    # asked for here and not declared as dependencies: resolving those takes a tenth of a household's whole time
    state = state_of(request)
    body = await json_body(request, state.settings.max_body_bytes)
    if len(body) > INLINE_BYTES:
        return await _answered(request, state, *await run_in_threadpool(_asked, request, state, body))
    document = parse_quickly(body)
    serving = state.versions.champion_at_hand()
    if serving is None or asks_by_id(document) or model_of(document) is not None:
        return await _answered(request, state, *await run_in_threadpool(_asked, request, state, body))
    scores = _by_features(document, body, serving, state)
    return await _answered(request, state, {"scores": scores}, [_scored(request, scores)])


async def _answered(request: Request, state: State, answer: Answer, acts: Sequence[Act]) -> Response:
    # written to the disk by another thread while this one writes the answer
    recorded = state.audit.begin(acts)
    response = json_response(answer)
    metrics_of(request).scores.inc(len(answer["scores"]))
    await recorded
    return response


def _asked(request: Request, state: State, body: bytes) -> tuple[Answer, list[Act]]:
    """Answer in a thread whatever takes longer: many households, those of the store, and older models."""
    document = parse_quickly(body)
    version = model_of(document)
    if asks_by_id(document):
        return _by_id(request, state, read_id_request(body), version)
    serving = state.versions.champion() if version is None else state.versions.version(version)
    scores = _by_features(document, body, serving, state)
    return {"scores": scores}, [_scored(request, scores)]


def _by_features(document: Any, body: bytes, serving: Serving, state: State) -> list[Row]:
    asked = read_score_request(document, body, serving.scorer.cells, state.today())
    return serving.score(asked.inputs, asked.reasons)


def _scored(request: Request, scores: Sequence[Row]) -> Act:
    """Tell the audit what was asked: how many, by which model, and a digest of all features, which names nobody."""
    digests = "".join(score["snapshot_digest"] for score in scores)
    return act_of(
        request,
        Action.SCORED,
        version=scores[0]["model"]["version"],
        households=len(scores),
        snapshots=hashlib.sha256(digests.encode()).hexdigest(),
    )


def _by_id(request: Request, state: State, asked: IdRequest, version: str | None) -> tuple[Answer, list[Act]]:
    principal = principal_of(request)
    if not allows(principal, Permission.READ_HOUSEHOLDS):
        raise Forbidden
    found = ask(state, Question(asked.ids, asked.as_of, version, area_path(state, principal)))
    scores = found.serving.score(found.inputs, asked.reasons) if found.subjects else []
    refused = [{"position": place, "code": reason} for place, reason in found.refused]
    named = [subject.pseudonym for subject in found.subjects]
    detail = {"version": found.serving.scorer.id.version, "households": len(scores), "refused": len(refused)}
    return {"scores": scores, "refused": refused}, acts_about(request, Action.SCORED, named, **detail)


@router.get("/scores", summary="Which scores moved", responses={200: {"model": ChangesReply}})
def changes(
    request: Request,
    state: StateOf,
    principal: PrincipalOf,
    after: Annotated[int, Query(ge=0, le=2**62, description="The cursor of the last answer; 0 for all.")] = 0,
    limit: Annotated[int, Query(ge=1, le=MOST_CHANGES)] = 100,
) -> Response:
    """Return scores that moved by at least the programme's step or into another band, in the order they were said.

    Go on with the `cursor` of each answer; nothing is missed and nothing comes twice. An empty list means that nothing
    more has moved so far.
    """
    path = area_path(state, principal)
    with state.store.reading() as connection:
        rows = list(moved_after(connection, path, after, limit))
    cursor = rows[-1].score if rows else after
    named = [row.pseudonym for row in rows]
    state.audit.write(acts_about(request, Action.VIEWED, named, what="changes", after=after))
    return json_response({"cursor": cursor, "changes": [_change(row) for row in rows]})


def _change(row: Any) -> dict[str, Any]:
    return {
        "score": row.score,
        "household_id": row.household_id,
        "area_code": row.area_code,
        "as_of": row.as_of.isoformat(),
        "scored_at": row.scored_at.isoformat(),
        "probability": row.probability,
        "previous_probability": row.previous_probability,
        "band": row.band,
        "model": {"version": row.version, "digest": row.digest},
    }
