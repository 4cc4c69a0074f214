"""``/v1/households``: households of the store, by id."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from riskmodel.errors import Fault, ValuesInvalid
from riskmodel.scoring.cells import day_of
from riskmodel.scoring.inputs import MESSAGES
from riskmodel.service.access import Principal
from riskmodel.service.api.dependencies import PrincipalOf, StateOf, act_of, area_path
from riskmodel.service.api.schemas import ExplanationReply, HistoryReply, Score
from riskmodel.service.api.subjects import subject_of
from riskmodel.service.asking import Question, ask_one
from riskmodel.service.audit import Action
from riskmodel.service.explanation import explain
from riskmodel.service.guarding import GuardedRoute
from riskmodel.service.reply import json_response
from riskmodel.service.state import State
from riskmodel.service.store.scores import said_of
from riskmodel.service.store.tables import LONGEST_CODE

router = APIRouter(prefix="/v1/households", tags=["households"], route_class=GuardedRoute)
MOST_SAID = 1000

AsOf = Annotated[
    str | None,
    Query(
        description="Only what was recorded before this date is seen; the date of the score that counts now if left out.",
        json_schema_extra={"format": "date"},
    ),
]
Model = Annotated[
    str | None,
    Query(
        min_length=1,
        max_length=LONGEST_CODE,
        description="Version that answers; if left out the one live on `as_of`, or the champion without `as_of`.",
    ),
]


@router.get("/{household_id}/score", summary="Score of one household", responses={200: {"model": Score}})
def household_score(
    request: Request,
    household_id: str,
    state: StateOf,
    principal: PrincipalOf,
    as_of: AsOf = None,
    model: Model = None,
) -> Response:
    """Return a household's score, as it would have been given on a date."""
    found = ask_one(state, question_of(state, principal, household_id, as_of, model))
    score = found.serving.score(found.inputs)[0]
    detail = {"version": score["model"]["version"], "as_of": score["as_of"], "snapshot": score["snapshot_digest"]}
    state.audit.write([act_of(request, Action.SCORED, found.subjects[0].pseudonym, **detail)])
    return json_response(score)


@router.get("/{household_id}/explanation", summary="Why that score", responses={200: {"model": ExplanationReply}})
def household_explanation(
    request: Request,
    household_id: str,
    state: StateOf,
    principal: PrincipalOf,
    as_of: AsOf = None,
    model: Model = None,
) -> Response:
    """Return the score and every contribution to it: base and contributions add up to the log-odds."""
    found = ask_one(state, question_of(state, principal, household_id, as_of, model))
    explanation = explain(found)
    score = explanation.score
    detail = {"version": score["model"]["version"], "as_of": score["as_of"], "snapshot": score["snapshot_digest"]}
    state.audit.write([act_of(request, Action.EXPLAINED, found.subjects[0].pseudonym, **detail)])
    return json_response(explanation.document())


@router.get("/{household_id}/history", summary="What was said, and when", responses={200: {"model": HistoryReply}})
def household_history(
    request: Request,
    household_id: str,
    state: StateOf,
    principal: PrincipalOf,
    limit: Annotated[int, Query(ge=1, le=MOST_SAID)] = 100,
) -> Response:
    """Return what was said of a household, the newest first: its scores, why, and by which model."""
    with state.store.reading() as connection:
        subject = subject_of(connection, principal, household_id)
        said = said_of(connection, subject.household, limit)
    state.audit.write([act_of(request, Action.VIEWED, subject.pseudonym, what="history", scores=len(said))])
    return json_response({"household_id": household_id, "scores": [_said(row) for row in said]})


def question_of(
    state: State, principal: Principal, household_id: str, as_of: str | None, model: str | None
) -> Question:
    """Return the question about one household.

    Raises
    ------
    ValuesInvalid
        If ``as_of`` is no date.
    """
    return Question((household_id,), _day(as_of), model, area_path(state, principal))


def _day(as_of: str | None) -> dt.date | None:
    day = day_of(as_of)
    if as_of is not None and day is None:
        raise ValuesInvalid("request", [Fault("query.as_of", "date", MESSAGES["date"])])
    return day


def _said(row: Any) -> dict[str, Any]:
    return {
        "as_of": row.as_of.isoformat(),
        "said_at": row.scored_at.isoformat(),
        "probability": row.probability,
        "interval": {"low": row.low, "high": row.high},
        "band": row.band,
        "rank_share": row.rank_share,
        "log_odds": row.log_odds,
        "previous_probability": row.previous_probability,
        "reasons": [
            dict(zip(("feature", "log_odds", "value", "category"), reason, strict=True)) for reason in row.reasons
        ],
        "model": {"version": row.version, "digest": row.digest},
        "snapshot_digest": row.snapshot_digest,
    }
