"""``/v1/households/{household_id}/people`` and ``/unmasking``: masked for all who may look, whole for a purpose."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from fastapi import APIRouter, Request, Response

from riskmodel.service.api.dependencies import BodyOf, PrincipalOf, StateOf, act_of
from riskmodel.service.api.flat_body import Presence, choice, described, read_flat, text
from riskmodel.service.api.schemas import PeopleReply, UnmaskingRequestShape
from riskmodel.service.api.subjects import subject_of
from riskmodel.service.audit import Action
from riskmodel.service.digests import sha256_of
from riskmodel.service.guarding import GuardedRoute
from riskmodel.service.reply import json_response
from riskmodel.service.state import State
from riskmodel.service.store.households import Subject
from riskmodel.service.store.persons import Person, people_of

router = APIRouter(prefix="/v1/households", tags=["people"], route_class=GuardedRoute)
MOST_WORDS_CHARACTERS = 200


class Purpose(StrEnum):
    """What people are wanted for."""

    VISIT = "visit"
    CHECK_IDENTITY = "check_identity"
    CORRECT_DATA = "correct_data"
    APPEAL = "appeal"
    OTHER = "other"


FIELDS = (
    choice("purpose", [one.value for one in Purpose]),
    text("words", MOST_WORDS_CHARACTERS, Presence.OPTIONAL),
)


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
    """Return the people of a household as they are; who asked and what for is in the audit before the answer is made.

    Nothing else changes, so there is no `Idempotency-Key`: to look again is to look twice, and the audit says so.
    """
    asked = read_flat(body, FIELDS)
    with state.store.reading() as connection:
        subject = subject_of(connection, principal, household_id)
    found = unmasked(request, state, subject, Purpose(asked["purpose"]), asked["words"] or "")
    return _reply(household_id, found, masked=False)


def unmasked(request: Request, state: State, subject: Subject, purpose: Purpose, words: str) -> list[Person]:
    """Return the people of a household as they are, once it is in the audit who asked and what for.

    Parameters
    ----------
    request : Request
        Who asks.
    state : State
        Where they are stored, and the audit.
    subject : Subject
        The household, which whoever asks may see.
    purpose : Purpose
        What they are wanted for.
    words : str
        The same in words; may be empty.
    """
    # nothing can be taken out of the audit again, so it holds no words that may name somebody
    detail = {"purpose": purpose.value, "words_sha256": sha256_of(words) if words else None}
    state.audit.write([act_of(request, Action.UNMASKED, subject.pseudonym, **detail)])
    with state.store.reading() as connection:
        return people_of(connection, subject.household)


def _reply(household_id: str, people: Sequence[Person], *, masked: bool) -> Response:
    rows: list[dict[str, Any]] = [{"member_id": one.member_id, "content": one.content} for one in people]
    return json_response({"household_id": household_id, "masked": masked, "people": rows})
