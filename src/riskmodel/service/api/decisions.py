"""``/v1/households/{household_id}/decisions``: what people decide; a score only tells whom to look at first."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from riskmodel.errors import Fault
from riskmodel.registry.champion import history
from riskmodel.scoring.cells import day_of
from riskmodel.service.api.decision_schemas import DecisionRequestShape, DecisionShape, DecisionsReply
from riskmodel.service.api.dependencies import PrincipalOf, StateOf, act_of, json_body
from riskmodel.service.api.flat_body import Broken, Field, Presence, choice, date, described, number, read_flat, text
from riskmodel.service.api.idempotency_key import Key
from riskmodel.service.api.subjects import subject_of
from riskmodel.service.audit import Action
from riskmodel.service.cases.departing import visited_bands
from riskmodel.service.deciding import CREATED, Deciding, decide, document
from riskmodel.service.errors import RequestInvalid
from riskmodel.service.guarding import GuardedRoute
from riskmodel.service.reply import json_response
from riskmodel.service.state import State
from riskmodel.service.store.decisions import Judgement, Outcome, decisions_of
from riskmodel.service.store.tables import LONGEST_CODE

router = APIRouter(prefix="/v1/households", tags=["decisions"], route_class=GuardedRoute)
MOST_REASON_CHARACTERS = 2000
MOST_DECISIONS = 1000
MOST_BODY_BYTES = 128 * 1024
"""Its three texts are of 2,000 characters each, which take 12 bytes each where escaped."""
MOST_DAYS_AHEAD = 366
TEXTS = ("reason", "notes", "evidence")


async def _body(request: Request) -> bytes:
    return await json_body(request, MOST_BODY_BYTES)


DecisionBody = Annotated[bytes, Depends(_body)]


@router.post(
    "/{household_id}/decisions",
    status_code=CREATED,
    summary="Decide about a household",
    responses={CREATED: {"model": DecisionShape}},
    openapi_extra=described(DecisionRequestShape),
)
def add(
    request: Request, household_id: str, state: StateOf, principal: PrincipalOf, body: DecisionBody, key: Key = None
) -> Response:
    """Keep a decision. None is ever changed: a mistake is corrected by another one that names it under `corrects`.

    `reason` is needed where the outcome departs from the band of the score that counts now: `not_now` for a household that
    can be visited, `monitor` or `needs_visit` for one below; where there is no such score; and with `wrong_data`, to say what
    is wrong. `needs_visit` needs `next_on`. `monitor` and `not_now` answer all that was noticed before the request; after
    the other two it goes on waiting for such a finding. No decision trains a model.
    """
    judgement = read_judgement(body, state)
    request_id = request.scope["state"]["request_id"]
    asked = Deciding(principal, household_id, judgement, key, state.now(), request_id, visited_of(state))
    answer = decide(state.store, lambda connection: subject_of(connection, principal, household_id), asked)
    return Response(answer.body, answer.status, media_type="application/json")


@router.get(
    "/{household_id}/decisions", summary="What was decided, and when", responses={200: {"model": DecisionsReply}}
)
def decisions(
    request: Request,
    household_id: str,
    state: StateOf,
    principal: PrincipalOf,
    limit: Annotated[int, Query(ge=1, le=MOST_DECISIONS)] = 100,
) -> Response:
    """Return what was decided about a household, the newest first."""
    with state.store.reading() as connection:
        subject = subject_of(connection, principal, household_id)
        found = decisions_of(connection, subject.household, limit)
    state.audit.write([act_of(request, Action.VIEWED, subject.pseudonym, what="decisions", decisions=len(found))])
    return json_response({"household_id": household_id, "decisions": [document(one, household_id) for one in found]})


def read_judgement(body: bytes, state: State) -> Judgement:
    """Read what is decided.

    Raises
    ------
    InvalidJson, RequestInvalid
        If the body is not what it should be.
    """
    fields = (
        choice("outcome", [one.value for one in Outcome]),
        *(text(name, MOST_REASON_CHARACTERS, Presence.OPTIONAL) for name in TEXTS),
        date("as_of", state.latest_as_of(), Presence.OPTIONAL),
        text("version", LONGEST_CODE, Presence.OPTIONAL),
        number("corrects", Presence.OPTIONAL),
        _day_ahead("next_on", state.today()),
    )
    values = read_flat(body, fields)
    _check_version(values["version"], state)
    words = {name: values[name] or "" for name in TEXTS}
    return Judgement(**{**values, **words, "outcome": Outcome(values["outcome"])})


def visited_of(state: State) -> frozenset[str]:
    """Return the bands whose households can all be visited."""
    file = state.versions.champion().scorer.programme.file
    return visited_bands(file.bands, file.capacity)


def latest_day_ahead(today: dt.date) -> dt.date:
    """Return the last day that a household may be looked at again: a year from now."""
    return today + dt.timedelta(MOST_DAYS_AHEAD)


def _day_ahead(name: str, today: dt.date) -> Field:
    def read(value: Any) -> dt.date | Broken:
        day = day_of(value)
        if day is None:
            return Broken("date", "expected a date as YYYY-MM-DD")
        if day < today:
            return Broken("past", "expected a date that is not past")
        return day if day <= latest_day_ahead(today) else Broken("too_far", "expected a date within a year")

    return Field(name, read, Presence.OPTIONAL)


def _check_version(version: str | None, state: State) -> None:
    """Refuse a version that never served: the audit holds names of ours alone."""
    served = {entry.version for entry in history(state.settings.models, state.settings.programme)}
    if version is not None and version not in served:
        fault = Fault("version", "version", "expected a version that served; GET /v1/models lists them")
        raise RequestInvalid("request", [fault])
