"""``/review/households/{household_id}/decide``: where a person decides about one household."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from starlette.responses import RedirectResponse

from riskmodel.errors import NotFound
from riskmodel.language import Language
from riskmodel.service.access import Principal
from riskmodel.service.api.decisions import latest_day_ahead, visited_of
from riskmodel.service.api.dependencies import PrincipalOf, StateOf, act_of
from riskmodel.service.api.subjects import subject_of
from riskmodel.service.audit import Action
from riskmodel.service.deciding import CaseChanged, Deciding, ReasonMissing, ScoreChanged, Seen, decide, seen_now
from riskmodel.service.errors import Conflict, IdempotencyKeyReused, InProgress
from riskmodel.service.guarding import GuardedRoute, access_of
from riskmodel.service.pages.choosing import chosen_language
from riskmodel.service.pages.deciding.addresses import addresses, case_address, decide_address
from riskmodel.service.pages.deciding.decide_view import TEXTS, DecideForm, decide_view
from riskmodel.service.pages.deciding.fields import MOST_NUMBER, Fields, FormOf, new_key
from riskmodel.service.pages.deciding.words import being_done, kept_before
from riskmodel.service.pages.rendering import programme_words, render
from riskmodel.service.state import State
from riskmodel.service.store.case_reading import CaseFile, case_file
from riskmodel.service.store.decisions import Decision, Judgement, Outcome

router = APIRouter(include_in_schema=False, route_class=GuardedRoute)
NAMES = ("outcome", *TEXTS, "next_on")


@router.get("/review/households/{household_id}/decide")
def decide_page(
    request: Request,
    household_id: str,
    state: StateOf,
    principal: PrincipalOf,
    corrects: Annotated[int | None, Query(ge=1, le=MOST_NUMBER)] = None,
) -> Response:
    """Show the form, with the score that is decided about and what was decided before."""
    file, seen = _file(state, principal, household_id)
    values = {} if corrects is None else _values_of(_decision(file, corrects))
    state.audit.write([act_of(request, Action.VIEWED, file.subject.pseudonym, what="decide")])
    return _page(request, state, file, DecideForm(values, {}, "", new_key(), seen, corrects))


@router.post("/review/households/{household_id}/decide")
def decide_by_form(
    request: Request, household_id: str, state: StateOf, principal: PrincipalOf, form: FormOf
) -> Response:
    """Keep the decision and lead to the case; or show the form again, with what is wrong."""
    language = chosen_language(request)
    fields = Fields(form, language)
    judgement = _judgement(fields, state)
    if judgement is None:
        return _again(request, state, principal, household_id, fields, _Fault(422))
    asked = Deciding(
        principal,
        household_id,
        judgement,
        fields.key,
        state.now(),
        request.scope["state"]["request_id"],
        visited_of(state),
        Seen(fields.number("score"), fields.number("sign"), fields.number("decision")),
    )

    try:
        decide(state.store, lambda connection: subject_of(connection, principal, household_id), asked)
    except (Conflict, InProgress, IdempotencyKeyReused) as error:
        access_of(request).refused(request, principal, error.code)
        return _again(request, state, principal, household_id, fields, _fault_of(error, language))
    return RedirectResponse(case_address(household_id, "decision"), status_code=303)


@dataclass(frozen=True, slots=True)
class _Fault:
    """Why the form is shown again: at a field, or as a notice; whether the next sending is another one."""

    status: int
    notice: str = ""
    faults: Mapping[str, str] | None = None
    anew: bool = False


def _fault_of(error: Conflict | InProgress | IdempotencyKeyReused, language: Language) -> _Fault:
    gettext = language.gettext
    if isinstance(error, ReasonMissing):
        words = gettext("This decision departs from the household's band, or there is no score: please say why.")
        return _Fault(422, faults={"reason": words})
    if isinstance(error, ScoreChanged):
        words = gettext("The score has changed since this page was opened. Look at it again; nothing was kept yet.")
        return _Fault(error.status, words, anew=True)
    if isinstance(error, CaseChanged):
        return _Fault(error.status, _changed(language), anew=True)
    if isinstance(error, InProgress):
        return _Fault(error.status, being_done(language))
    if isinstance(error, IdempotencyKeyReused):
        return _Fault(error.status, kept_before(language), anew=True)
    return _Fault(error.status, _not_corrected(language))


def _not_corrected(language: Language) -> str:
    return language.gettext(
        "The decision that is to be corrected is not one about this household, or was corrected already. Look at the case."
    )


def _changed(language: Language) -> str:
    return language.gettext(
        "Somebody decided about this household, or something new was noticed, since this page was opened. "
        "Look at the case again; nothing was kept yet."
    )


def _judgement(fields: Fields, state: State) -> Judgement | None:
    """Return what is decided; None where something is wrong with the form."""
    outcome = fields.choice("outcome", Outcome)
    reason = fields.text("reason", required=outcome is Outcome.WRONG_DATA)
    notes, evidence = fields.text("notes"), fields.text("evidence")
    today = state.today()
    visit = outcome is Outcome.NEEDS_VISIT
    next_on = fields.day("next_on", today, latest_day_ahead(today), required=visit)
    if outcome is None or fields.faults:
        return None
    corrects = fields.number("corrects")
    return Judgement(outcome, reason, corrects=corrects, notes=notes, evidence=evidence, next_on=next_on)


def _again(
    request: Request, state: State, principal: Principal, household_id: str, fields: Fields, fault: _Fault
) -> Response:
    file, seen = _file(state, principal, household_id)
    key = None if fault.anew else fields.key
    values = {name: fields.raw(name) for name in NAMES}
    faults = {**fields.faults, **(fault.faults or {})}
    form = DecideForm(values, faults, fault.notice, key or new_key(), seen, fields.number("corrects"))
    state.audit.write([act_of(request, Action.VIEWED, file.subject.pseudonym, what="decide")])
    return _page(request, state, file, form, fault.status)


def _file(state: State, principal: Principal, household_id: str) -> tuple[CaseFile, Seen]:
    with state.store.reading() as connection:
        file = case_file(connection, subject_of(connection, principal, household_id))
        return file, seen_now(connection, file.subject.household, file.said)


def _decision(file: CaseFile, number: int) -> Decision:
    for one in file.decisions:
        if one.decision == number:
            return one
    raise NotFound("no such decision about this household")


def _values_of(decision: Decision) -> dict[str, str]:
    judgement = decision.judgement
    return {
        "outcome": judgement.outcome.value,
        "reason": judgement.reason,
        "notes": judgement.notes,
        "evidence": judgement.evidence,
        "next_on": judgement.next_on.isoformat() if judgement.next_on else "",
    }


def _page(request: Request, state: State, file: CaseFile, form: DecideForm, status: int = 200) -> Response:
    language = chosen_language(request)
    programme = state.versions.champion().scorer.programme
    view = decide_view(programme, file, form, state.now(), language)
    one = file.subject.household_id
    context = {"programme": programme_words(programme, language), "view": view, "to": addresses(one)}
    path = decide_address(one)
    parameters = {"corrects": form.corrects}
    return render(request, "deciding/decide.html", context, path=path, parameters=parameters, status=status)
