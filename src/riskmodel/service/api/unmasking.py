"""``/v1/households/{household_id}/people`` and ``/unmasking``: masked for all who may look, whole for a purpose."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Request, Response

from riskmodel.errors import Fault
from riskmodel.service.api.dependencies import BodyOf, PrincipalOf, StateOf, act_of
from riskmodel.service.api.flat_body import described, read_flat, text
from riskmodel.service.api.schemas import PeopleReply, UnmaskingRequestShape
from riskmodel.service.api.subjects import subject_of
from riskmodel.service.audit import Action
from riskmodel.service.errors import RequestInvalid
from riskmodel.service.guarding import GuardedRoute
from riskmodel.service.reply import json_response
from riskmodel.service.store.persons import Person, people_of

router = APIRouter(prefix="/v1/households", tags=["people"], route_class=GuardedRoute)
MOST_PURPOSE_CHARACTERS = 200
FIELDS = (text("purpose", MOST_PURPOSE_CHARACTERS),)


@router.get("/{household_id}/people", summary="People of a household, masked", responses={200: {"model": PeopleReply}})
def people(request: Request, household_id: str, state: StateOf, principal: PrincipalOf) -> Response:
    """Return the people of a household; of a name the first character is shown, of an id the last two."""
    with state.store.reading() as connection:
        subject = subject_of(connection, principal, household_id)
        found = people_of(connection, subject.household)
    state.audit.write([act_of(request, Action.VIEWED, subject.pseudonym, what="people", people=len(found))])
    return _reply(household_id, [person.masked() for person in found], masked=True)


@router.post(
    "/{household_id}/unmasking",
    summary="People of a household, whole",
    responses={200: {"model": PeopleReply}},
    openapi_extra=described(UnmaskingRequestShape),
)
def unmask(request: Request, household_id: str, state: StateOf, principal: PrincipalOf, body: BodyOf) -> Response:
    """Return the people of a household as they are; who asked and what for is in the audit before the answer is made."""
    purpose: str = read_flat(body, FIELDS)["purpose"]
    with state.store.reading() as connection:
        subject = subject_of(connection, principal, household_id)
    check_names_nobody(purpose, household_id)
    state.audit.write([act_of(request, Action.UNMASKED, subject.pseudonym, purpose=purpose)])
    with state.store.reading() as connection:
        found = people_of(connection, subject.household)
    return _reply(household_id, found, masked=False)


def check_names_nobody(purpose: str, household_id: str) -> None:
    """Check what the people are wanted for, as far as that can be told.

    Raises
    ------
    RequestInvalid
        If its words hold the household's id, which the audit must not.
    """
    if household_id in purpose:
        fault = Fault("purpose", "names_household", "holds the household's id, which the audit must not; leave it out")
        raise RequestInvalid("request", [fault])


def _reply(household_id: str, people: Sequence[Person], *, masked: bool) -> Response:
    rows: list[dict[str, Any]] = [{"member_id": one.member_id, "content": one.content} for one in people]
    return json_response({"household_id": household_id, "masked": masked, "people": rows})
