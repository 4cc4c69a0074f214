"""``POST /v1/models/{version}/promotion``: let another version serve."""

from __future__ import annotations

from typing import Any

import structlog
from fastapi import APIRouter, Request, Response
from pydantic_core import to_json

from riskmodel.errors import RiskError
from riskmodel.registry.champion import Promotion, versions
from riskmodel.service.api.dependencies import BodyOf, PrincipalOf, StateOf, act_of
from riskmodel.service.api.flat_body import Presence, described, read_flat, text
from riskmodel.service.api.idempotency_key import Key
from riskmodel.service.api.schemas import PromotionReply, PromotionRequestShape
from riskmodel.service.audit import Action
from riskmodel.service.digests import sha256_of
from riskmodel.service.guarding import GuardedRoute
from riskmodel.service.once import Keep, once
from riskmodel.service.promoting import Promoting, check_version, promote_judged
from riskmodel.service.state import State
from riskmodel.service.store.idempotency import Answer, Claim, question_of
from riskmodel.service.store.tables import LONGEST_CODE

router = APIRouter(prefix="/v1", tags=["models"], route_class=GuardedRoute)
ROUTE = "/v1/models/{version}/promotion"
OK, JSON = 200, "application/json"
MOST_REASON_CHARACTERS = 2000
FIELDS = (
    text("expected_champion", LONGEST_CODE, Presence.NULLABLE),
    text("reason", MOST_REASON_CHARACTERS),
)


@router.post(
    "/models/{version}/promotion",
    summary="Let a version serve",
    responses={200: {"model": PromotionReply}},
    openapi_extra=described(PromotionRequestShape),
)
def promotion(
    request: Request, version: str, state: StateOf, principal: PrincipalOf, body: BodyOf, key: Key = None
) -> Response:
    """Make a version the champion: one whose latest verdict passes, and if `expected_champion` is the one that serves.

    Of several at once one succeeds. A version without a passing verdict needs a second person, who can't agree here: use
    `riskmodel promote --second`.
    """
    values = read_flat(body, FIELDS)
    asked = Promoting(state.settings.models, state.settings.programme, version, by=principal.name, **values)
    check_version(asked.models, asked.programme, version)
    claim = None if key is None else Claim(principal.actor, key, question_of("POST", ROUTE, version, values))
    answer = once(state.store, claim, state.now(), lambda keep: _promote(request, state, asked, keep))
    return Response(answer.body, answer.status, media_type=JSON)


def _promote(request: Request, state: State, asked: Promoting, keep: Keep) -> Answer:
    detail = _detail(asked)
    # what a file holds can't be in one transaction with the audit: the intention is written first, then what came of it
    state.audit.write([act_of(request, Action.PROMOTED, asked.version, stage="intended", **detail)])
    try:
        found = promote_judged(asked, state.now())
    except RiskError as refusal:
        state.audit.write([act_of(request, Action.REFUSED, asked.version, code=refusal.code, **detail)])
        raise
    _note_done(request, state, found, detail)
    answer = Answer(OK, to_json(_document(asked, found)).decode())
    _keep_answer(state, answer, keep)
    return answer


def _document(asked: Promoting, found: Promotion) -> dict[str, Any]:
    return {
        "programme": asked.programme,
        "version": found.version,
        "digest": found.digest,
        "at": found.at,
        "previous": asked.expected_champion,
    }


def _detail(asked: Promoting) -> dict[str, Any]:
    known = versions(asked.models, asked.programme)
    # the audit holds names of ours alone
    expected = asked.expected_champion if asked.expected_champion in (None, *known) else "unknown"
    return {"expected_champion": expected, "reason_sha256": sha256_of(asked.reason)}


def _note_done(request: Request, state: State, found: Promotion, detail: dict[str, Any]) -> None:
    """Write down what came of it; the version serves already, so that a failure is no reason to answer otherwise."""
    act = act_of(request, Action.PROMOTED, found.version, stage="done", digest=found.digest, **detail)
    try:
        state.audit.write([act])
    except RiskError as error:
        structlog.get_logger().error("promotion_not_recorded", version=found.version, error=error.code)


def _keep_answer(state: State, answer: Answer, keep: Keep) -> None:
    """Keep the answer for a repetition; where that fails, a repetition is refused, since another version serves by then."""
    try:
        with state.store.writing() as connection:
            keep(connection, answer)
    except RiskError as error:
        structlog.get_logger().error("promotion_answer_not_kept", error=error.code)
