"""``/review/households/{household_id}``: one household."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from riskmodel.service.api.dependencies import PrincipalOf, StateOf, act_of, area_path
from riskmodel.service.asking import Question, areas_of, ask_one
from riskmodel.service.audit import Action
from riskmodel.service.explanation import explain
from riskmodel.service.guarding import GuardedRoute
from riskmodel.service.pages.choosing import chosen_language
from riskmodel.service.pages.household.view import household_view
from riskmodel.service.pages.rendering import household_address, programme_words, render

router = APIRouter(include_in_schema=False, route_class=GuardedRoute)


@router.get("/review/households/{household_id}")
def household_page(request: Request, household_id: str, state: StateOf, principal: PrincipalOf) -> Response:
    """Show one household: its score, what drives it, and what help fits."""
    found = ask_one(state, Question((household_id,), None, None, area_path(state, principal)))
    explanation = explain(found)
    view = household_view(found.serving, explanation, areas_of(state, found.subjects), chosen_language(request))
    detail = {"version": view.version, "as_of": explanation.score["as_of"]}
    state.audit.write([act_of(request, Action.EXPLAINED, found.subjects[0].pseudonym, **detail)])
    context = {"programme": programme_words(found.serving.scorer.programme, chosen_language(request)), "view": view}
    return render(request, "household/household.html", context, path=household_address(household_id))
