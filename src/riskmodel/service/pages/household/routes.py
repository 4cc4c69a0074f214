"""``/review/households/{household_id}``: one household."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from fastapi import APIRouter, Request, Response
from starlette.responses import RedirectResponse

from riskmodel.language import Language
from riskmodel.service.access import Principal
from riskmodel.service.api.dependencies import PrincipalOf, StateOf, act_of, area_path
from riskmodel.service.api.unmasking import MOST_WORDS_CHARACTERS
from riskmodel.service.asking import Found, Question, areas_of, ask_one
from riskmodel.service.audit import Action
from riskmodel.service.changes import change_of
from riskmodel.service.errors import NotAtRisk
from riskmodel.service.explanation import Explanation, explain
from riskmodel.service.guarding import GuardedRoute
from riskmodel.service.pages.choosing import chosen_language
from riskmodel.service.pages.deciding.addresses import case_address
from riskmodel.service.pages.deciding.words import decide_deadline
from riskmodel.service.pages.household.changes_view import change_view
from riskmodel.service.pages.household.heading import older_model
from riskmodel.service.pages.household.people_view import PeopleForm, people_view, purpose_labels
from riskmodel.service.pages.household.sources import sources_of
from riskmodel.service.pages.household.story_view import story_view
from riskmodel.service.pages.household.view import MOST_GAPS_PRINTED, Background, CaseFacts, household_view
from riskmodel.service.pages.queue.filters import status_label
from riskmodel.service.pages.rendering import household_address, programme_words, render
from riskmodel.service.state import State
from riskmodel.service.store.case_reading import CaseFile, case_file
from riskmodel.service.store.panels import stored_panel
from riskmodel.service.store.persons import Person, people_of
from riskmodel.service.store.queue_rows import Status
from riskmodel.service.store.story_rows import story_of

router = APIRouter(include_in_schema=False, route_class=GuardedRoute)


@router.get("/review/households/{household_id}")
def household_page(request: Request, household_id: str, state: StateOf, principal: PrincipalOf) -> Response:
    """Show one household: its score, what drives it, what is different, what happened, and what help fits."""
    return show_household(request, state, principal, household_id)


def show_household(
    request: Request,
    state: State,
    principal: Principal,
    household_id: str,
    *,
    whole: Sequence[Person] = (),
    form: PeopleForm | None = None,
    status: int = 200,
) -> Response:
    """Show the page; that it was looked at stands in the audit before it leaves.

    Parameters
    ----------
    request, state, principal, household_id
        Who looks, and at whom.
    whole : sequence of Person
        Its people, where they were asked for with a purpose; else they are shown masked.
    form : PeopleForm, optional
        The form that asks for them, as it was filled in.
    status : int
        HTTP status.
    """
    language = chosen_language(request)
    try:
        found = ask_one(state, Question((household_id,), None, None, area_path(state, principal), as_listed=True))
    except NotAtRisk:
        # whoever is monitored is in no cohort: the case says so, and what is being done
        return RedirectResponse(case_address(household_id), status_code=303)
    explanation = explain(found)
    background = background_of(state, found, explanation, language, whole)
    view = household_view(found.serving, explanation, areas_of(state, found.subjects), language, background)
    shown = {"people": len(background.people)} if background.people else {}
    detail = {"version": view.version, "as_of": explanation.score["as_of"], **shown}
    state.audit.write([act_of(request, Action.EXPLAINED, found.subjects[0].pseudonym, **detail)])
    file = found.serving.scorer.programme.file
    context = {
        "programme": programme_words(found.serving.scorer.programme, language),
        "view": view,
        "here": household_address(household_id),
        "explores": bool(file.reviewing.try_out),
        "most_printed": MOST_GAPS_PRINTED,
        "whole": bool(whole),
        "form": form or PeopleForm(),
        "purposes": purpose_labels(language),
        "most_words": MOST_WORDS_CHARACTERS,
    }
    address = household_address(household_id)
    return render(request, "household/household.html", context, path=address, status=status)


def background_of(
    state: State, found: Found, explanation: Explanation, language: Language, whole: Sequence[Person] = ()
) -> Background:
    """Return what the page tells beside the score."""
    serving, subject = found.serving, found.subjects[0]
    programme, as_of = serving.scorer.programme, dt.date.fromisoformat(explanation.score["as_of"])
    with state.store.reading() as connection:
        panel = stored_panel(connection, programme, [subject.household])
        story = story_of(connection, subject.household, as_of)
        change = change_of(connection, serving, subject, dict(explanation.score), story.said)
        case = case_file(connection, subject)
        people = people_of(connection, subject.household)
    decided = {one.decision: programme.day_of(one.decided_at) for one in story.decided}
    return Background(
        sources_of(programme, panel, as_of),
        story_view(programme, story, decided, language),
        change_view(change, serving.words[language.code]),
        _case_facts(state, case, language),
        people_view(programme, whole or people, language, whole=bool(whole)),
        _older_model(state, case, language),
    )


def _older_model(state: State, case: CaseFile, language: Language) -> str:
    champion = state.versions.champion().scorer.id.version
    return older_model(language, case.said.version, champion) if case.said is not None else ""


def _case_facts(state: State, case: CaseFile, language: Language) -> CaseFacts:
    row = case.row
    outcome, since = (row.outcome, row.waiting_since) if row is not None else (None, None)
    status = Status.OPEN if outcome is None or since is not None else Status(outcome)
    file = state.versions.champion().scorer.programme.file
    deadline = decide_deadline(language, since, state.now(), file.reviewing.decide_within_days, file.time_zone)
    return CaseFacts(
        status_label(language, status),
        (row.assignee or "") if row is not None else "",
        deadline.text if deadline else "",
        bool(deadline and deadline.overdue),
    )
