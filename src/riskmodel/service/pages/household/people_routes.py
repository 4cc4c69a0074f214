"""``/review/households/{household_id}/people``: names and addresses for a purpose, within the household's page."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from riskmodel.service.api.dependencies import PrincipalOf, StateOf
from riskmodel.service.api.subjects import subject_of
from riskmodel.service.api.unmasking import MOST_WORDS_CHARACTERS, Purpose, unmasked
from riskmodel.service.guarding import GuardedRoute
from riskmodel.service.pages.choosing import chosen_language
from riskmodel.service.pages.deciding.fields import Fields, FormOf
from riskmodel.service.pages.household.people_view import PeopleForm
from riskmodel.service.pages.household.routes import show_household

router = APIRouter(include_in_schema=False, route_class=GuardedRoute)


@router.post("/review/households/{household_id}/people")
def people_by_form(
    request: Request, household_id: str, state: StateOf, principal: PrincipalOf, form: FormOf
) -> Response:
    """Show the household's page with names and addresses; or the form again, with what is wrong.

    It leads nowhere else: an address that shows them could be opened again without a purpose.
    """
    fields = Fields(form, chosen_language(request))
    purpose = fields.choice("purpose", Purpose)
    words = fields.text("words", most_characters=MOST_WORDS_CHARACTERS)
    if purpose is None or fields.faults:
        again = PeopleForm(fields.sent.get("purpose", ""), fields.raw("words"), fields.faults)
        return show_household(request, state, principal, household_id, form=again, status=422)
    with state.store.reading() as connection:
        subject = subject_of(connection, principal, household_id)
    people = unmasked(request, state, subject, purpose, words)
    return show_household(request, state, principal, household_id, whole=people)
