"""``/review/households/{household_id}/similar``, ``/compare`` and ``/what-if``: exploring one household; nothing is stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from riskmodel.explain.neighbours import most_alike
from riskmodel.explain.reasons import Words
from riskmodel.language import Language
from riskmodel.scoring.inputs import MAX_ID_LENGTH, stacked
from riskmodel.scoring.whatif import Trial, trials, with_values
from riskmodel.service.access import Principal
from riskmodel.service.api.dependencies import PrincipalOf, StateOf, act_of, area_path
from riskmodel.service.asking import NOT_AT_RISK, NOT_FOUND, Found, Question, areas_of, ask, ask_one
from riskmodel.service.audit import Action
from riskmodel.service.explanation import explain
from riskmodel.service.guarding import GuardedRoute, access_of
from riskmodel.service.pages.choosing import chosen_language
from riskmodel.service.pages.household.comparing import compare_view
from riskmodel.service.pages.household.heading import Heading, heading, older_model
from riskmodel.service.pages.household.similar import SHOWN, similar_view
from riskmodel.service.pages.household.trying import TryView, tried_of, try_view
from riskmodel.service.pages.household.trying_fields import fields_of, read_values, typed_of
from riskmodel.service.pages.rendering import household_address, programme_words, render
from riskmodel.service.state import State

router = APIRouter(include_in_schema=False, route_class=GuardedRoute)
TEMPLATES = {
    "similar": "household/similar.html",
    "compare": "household/compare.html",
    "what-if": "household/try.html",
}
SAME = "same"


@router.get("/review/households/{household_id}/similar")
def similar_page(request: Request, household_id: str, state: StateOf, principal: PrincipalOf) -> Response:
    """Show earlier households that the model treats like this one, and what happened to them."""
    found = _one(state, principal, household_id)
    scorer, language = found.serving.scorer, chosen_language(request)
    remembered, score = scorer.neighbours, found.serving.score(found.inputs, 1)[0]
    alike = most_alike(remembered, scorer.leaves(found.inputs.matrix)[0], SHOWN, found.subjects[0].household_id)
    view = similar_view(alike, score, found.serving.words[language.code])
    count, trees = (language.number(one, 0) for one in remembered.leaves.shape)
    _note(request, state, found, "similar")
    return _answer(request, state, found, "similar", {"view": view, "remembered": count, "trees": trees})


@router.get("/review/households/{household_id}/compare")
def compare_page(
    request: Request,
    household_id: str,
    state: StateOf,
    principal: PrincipalOf,
    other: Annotated[str, Query(alias="with")] = "",
) -> Response:
    """Show two households side by side, or the form that asks for the other one."""
    typed, language = other.strip(), chosen_language(request)
    both, reason = _both(state, principal, household_id, typed)
    if reason in (NOT_FOUND, NOT_AT_RISK):
        access_of(request).refused(request, principal, reason)
    for one in both:
        _note(request, state, one, "compare")
    shown: dict[str, object] = {
        "typed": typed[:MAX_ID_LENGTH],
        "fault": _other_fault(reason, language),
        "view": None,
        "most": MAX_ID_LENGTH,
    }
    if len(both) == 2:
        words = both[0].serving.words[language.code]
        shown["view"] = compare_view(explain(both[0]), explain(both[1]), words)
        shown["other"] = _heading(state, both[1], language)
    return _answer(
        request, state, both[0], "compare", shown, {"with": shown["typed"] or None}, 422 if shown["fault"] else 200
    )


@router.get("/review/households/{household_id}/what-if")
def what_if_page(request: Request, household_id: str, state: StateOf, principal: PrincipalOf) -> Response:
    """Show what the model would say with other figures; nothing is stored."""
    found = _one(state, principal, household_id)
    scorer, words = found.serving.scorer, found.serving.words[chosen_language(request).code]
    offered, currency = trials(scorer, found.inputs), scorer.programme.file.currency
    typed = typed_of(offered, request.query_params)
    values, faults = read_values(offered, typed, words, currency)
    _note(request, state, found, "what_if", features=sorted(typed))
    shown = {
        "fields": fields_of(offered, found.inputs, typed, faults, words, currency),
        "view": _tried(found, offered, values, words) if values and not faults else None,
        "faults": faults,
    }
    status = 404 if not offered else 422 if faults else 200
    return _answer(request, state, found, "what-if", shown, typed, status)


def _one(state: State, principal: Principal, household_id: str) -> Found:
    return ask_one(state, Question((household_id,), None, None, area_path(state, principal), as_listed=True))


def _both(state: State, principal: Principal, household_id: str, other: str) -> tuple[list[Found], str]:
    """Return what can be answered of one household and another, and why the other one can't be shown."""
    if not other or other == household_id or len(other) > MAX_ID_LENGTH:
        return [_one(state, principal, household_id)], "" if not other else SAME if other == household_id else NOT_FOUND
    found = ask(state, Question((household_id, other), None, None, area_path(state, principal), as_listed=True))
    reasons = dict(found.refused)
    if 0 in reasons:
        return [_one(state, principal, household_id)], reasons.get(1, "")
    each = [
        replace(found, inputs=found.inputs.where(slice(place, place + 1)), subjects=(subject,), refused=())
        for place, subject in enumerate(found.subjects)
    ]
    return each, reasons.get(1, "")


def _other_fault(reason: str, language: Language) -> str:
    """Return why the other household can't be shown; one elsewhere is answered like one that does not exist."""
    if not reason:
        return ""
    if reason == SAME:
        return language.gettext("That is this household. Please type the number of another one.")
    if reason == NOT_AT_RISK:
        return language.gettext("That household has no score now: it may be monitored already, or have moved away.")
    return language.gettext("No such household is in your area.")


def _tried(found: Found, offered: Sequence[Trial], values: Mapping[str, float], words: Words) -> TryView:
    scorer = found.serving.scorer
    asked = stacked(scorer.schema, [found.inputs, with_values(scorer, found.inputs, values)])
    now, other = found.serving.score(asked, 1)
    return try_view(scorer.programme, now, other, tried_of(offered, found.inputs, values, words), words)


def _note(request: Request, state: State, found: Found, what: str, **detail: object) -> None:
    """Write down who looked at whom."""
    as_of = str(found.inputs.as_of[0])
    version = found.serving.scorer.id.version
    pseudonym = found.subjects[0].pseudonym
    state.audit.write([act_of(request, Action.EXPLAINED, pseudonym, version=version, as_of=as_of, what=what, **detail)])


def _heading(state: State, found: Found, language: Language) -> Heading:
    score = found.serving.score(found.inputs, 1)[0]
    notice = older_model(language, found.serving.scorer.id.version, state.versions.champion().scorer.id.version)
    return heading(found.serving, found.subjects[0], score, areas_of(state, found.subjects), language, notice)


def _answer(
    request: Request,
    state: State,
    found: Found,
    page: str,
    shown: Mapping[str, object],
    parameters: Mapping[str, object] | None = None,
    status: int = 200,
) -> Response:
    language, programme = chosen_language(request), found.serving.scorer.programme
    here = household_address(found.subjects[0].household_id)
    context = {
        "programme": programme_words(programme, language),
        "head": _heading(state, found, language),
        "here": here,
        "page": page,
        "explores": bool(programme.file.reviewing.try_out),
        **shown,
    }
    return render(request, TEMPLATES[page], context, path=f"{here}/{page}", parameters=parameters or {}, status=status)
