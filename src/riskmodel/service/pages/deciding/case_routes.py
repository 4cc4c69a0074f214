"""``/review/households/{household_id}/case``: the case's log, with what is done for the household and what it says."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import Connection

from riskmodel.programme.programme import Programme
from riskmodel.service.access import Principal
from riskmodel.service.api.dependencies import PrincipalOf, StateOf
from riskmodel.service.case_acts import Check
from riskmodel.service.cases.appeals import AppealKind, AppealResult, answer_by, check_answer, check_received
from riskmodel.service.cases.entries import EntryKind, NewEntry
from riskmodel.service.cases.helping import HelpResult, check_step
from riskmodel.service.guarding import GuardedRoute
from riskmodel.service.pages.choosing import chosen_language
from riskmodel.service.pages.deciding.case_cards import STEP_NAMES
from riskmodel.service.pages.deciding.case_page import keep_act, show_case
from riskmodel.service.pages.deciding.fields import Fields, FormOf
from riskmodel.service.store.case_reading import CaseFile, decided_of

router = APIRouter(include_in_schema=False, route_class=GuardedRoute)
MOST_DAYS_BACK = 366
STEPS: Mapping[str, EntryKind] = {name: kind for kind, name in STEP_NAMES.items()}


@router.get("/review/households/{household_id}/case")
def case_page(
    request: Request,
    household_id: str,
    state: StateOf,
    principal: PrincipalOf,
    kept: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """Show a household's case: where it stands, and everything that happened, the newest first."""
    return show_case(request, state, principal, household_id, kept=kept)


@router.post("/review/households/{household_id}/help")
def help_by_form(request: Request, household_id: str, state: StateOf, principal: PrincipalOf, form: FormOf) -> Response:
    """Keep that help is proposed, or goes on by a step."""
    fields = Fields(form, chosen_language(request))
    programme, about = state.versions.champion().scorer.programme, fields.number("about")
    on = fields.day("on", *_lately(programme, state.now()), required=True) or programme.day_of(state.now())
    kind = STEPS.get(form.get("step", ""))
    check = _proposal(fields, programme, on) if kind is None else _step(fields, about, kind, on)
    name = "help" if kind is None else f"help-{about}-{form['step']}"
    return keep_act(request, state, principal, household_id, fields, check, form=name, kept="help")


@router.post("/review/households/{household_id}/appeals")
def appeal_by_form(
    request: Request, household_id: str, state: StateOf, principal: PrincipalOf, form: FormOf
) -> Response:
    """Keep what the household says against a decision or its records, or the answer to that."""
    fields = Fields(form, chosen_language(request))
    about = fields.number("about")
    if about is None:
        programme, now = state.versions.champion().scorer.programme, state.now()
        check, name, kept = _appeal(fields, programme, now), "appeal", "appeal"
    else:
        check, name, kept = _answer(fields, about, principal), f"appeal-{about}", "answer"
    return keep_act(request, state, principal, household_id, fields, check, form=name, kept=kept)


def _lately(programme: Programme, now: dt.datetime) -> tuple[dt.date, dt.date]:
    today = programme.day_of(now)
    return today - dt.timedelta(MOST_DAYS_BACK), today


def _proposal(fields: Fields, programme: Programme, on: dt.date) -> Check:
    groups = {one.code: one.group for one in programme.file.measures}
    note, measure = fields.text("text"), fields.raw("measure")
    if measure not in groups:
        fields.fault_of_choice("measure")
    content = {"measure": measure, "group": groups.get(measure, ""), "on": on.isoformat(), "note": note}
    return lambda connection, file: NewEntry(EntryKind.HELP_PROPOSED, content)


def _step(fields: Fields, about: int | None, kind: EntryKind, on: dt.date) -> Check:
    content = {"on": on.isoformat()}
    if kind is EntryKind.HELP_FINISHED:
        content["result"] = fields.choice("result", HelpResult) or ""
    name = {EntryKind.HELP_STARTED: "note", EntryKind.HELP_STOPPED: "why"}.get(kind, "text")
    content[name] = fields.text("text", required=kind is EntryKind.HELP_STOPPED)

    def check(_: Connection, file: CaseFile) -> NewEntry:
        check_step(file.entries, about, kind, on)
        return NewEntry(kind, content, about)

    return check


def _appeal(fields: Fields, programme: Programme, now: dt.datetime) -> Check:
    kind, words = fields.choice("kind", AppealKind), fields.text("text", required=True)
    first, today = _lately(programme, now)
    received_on = fields.day("received_on", first, today, required=True) or today
    decision = fields.number("decision")
    last = answer_by(received_on, programme.file.reviewing.answer_within_days)
    content = {
        "kind": kind,
        "text": words,
        "received_on": received_on.isoformat(),
        "decision": decision,
        "answer_by": None if last is None else last.isoformat(),
    }

    def check(connection: Connection, file: CaseFile) -> NewEntry:
        numbers = {number for number in (decision, file.latest_decision) if number is not None}
        decided = decided_of(connection, file.subject.household, numbers)
        decided_on = {number: programme.day_of(one.at) for number, one in decided.items()}
        check_received(kind or AppealKind.CORRECTION, decision, received_on, decided_on)
        return NewEntry(EntryKind.APPEAL_RECEIVED, content)

    return check


def _answer(fields: Fields, about: int, principal: Principal) -> Check:
    content = {"result": fields.choice("result", AppealResult), "text": fields.text("text", required=True)}

    def check(_: Connection, file: CaseFile) -> NewEntry:
        check_answer(file.entries, about, principal.name, file.decided_by)
        return NewEntry(EntryKind.APPEAL_ANSWERED, content, about)

    return check
