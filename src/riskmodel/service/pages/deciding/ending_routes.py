"""``/review/households/{household_id}/ending``: where the end of monitoring is proposed, and confirmed by a second person."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import APIRouter, Request, Response

from riskmodel.errors import NotFound
from riskmodel.language import Language
from riskmodel.programme.programme import Programme
from riskmodel.programme.reviewing import LABOUR, Ending
from riskmodel.service.access import Principal
from riskmodel.service.api.dependencies import PrincipalOf, StateOf, act_of
from riskmodel.service.api.subjects import subject_of
from riskmodel.service.audit import Action
from riskmodel.service.cases.checklist import Shown
from riskmodel.service.cases.ending import last_proposal, why_not
from riskmodel.service.cases.entries import EntryKind, Rule
from riskmodel.service.ending_records import Records, read_records
from riskmodel.service.guarding import GuardedRoute
from riskmodel.service.pages.choosing import chosen_language
from riskmodel.service.pages.deciding.addresses import addresses, ending_address
from riskmodel.service.pages.deciding.case_cards import is_supervisor
from riskmodel.service.pages.deciding.case_page import keep_act
from riskmodel.service.pages.deciding.case_view import Sent
from riskmodel.service.pages.deciding.ending_checks import closing, facts_of, has_lapsed, proposing
from riskmodel.service.pages.deciding.ending_view import ending_view
from riskmodel.service.pages.deciding.fields import Fields, FormOf, new_key
from riskmodel.service.pages.deciding.words import refusal_text
from riskmodel.service.pages.rendering import programme_words, render
from riskmodel.service.refusals import Forbidden
from riskmodel.service.state import State
from riskmodel.service.store.case_reading import CaseFile, case_file

router = APIRouter(include_in_schema=False, route_class=GuardedRoute)
CONFIRM, DECLINE = "confirm", "decline"
CLOSING: Mapping[str, tuple[EntryKind, str]] = {
    CONFIRM: (EntryKind.ENDING_CONFIRMED, "ended"),
    DECLINE: (EntryKind.ENDING_DECLINED, "declined"),
}


@dataclass(frozen=True, slots=True)
class _Known:
    """What speaks for and against the end of a household's monitoring."""

    file: CaseFile
    records: Records
    lapsed: bool


@router.get("/review/households/{household_id}/ending")
def ending_page(request: Request, household_id: str, state: StateOf, principal: PrincipalOf) -> Response:
    """Show the checklist, with what the records say of each check."""
    return _show(request, state, principal, household_id, Sent(key=new_key()), 200)


@router.post("/review/households/{household_id}/ending")
def ending_by_form(
    request: Request, household_id: str, state: StateOf, principal: PrincipalOf, form: FormOf
) -> Response:
    """Keep a proposal, or that a second person confirms or declines it."""
    fields = Fields(form, chosen_language(request))
    if form.get("act") in CLOSING:
        return _close(request, state, principal, household_id, fields)
    programme = state.versions.champion().scorer.programme
    notes = {code: fields.text(f"note-{code}") for code in (LABOUR, *(one.code for one in _ending(programme).checks))}

    def said(code: str) -> tuple[bool, str]:
        return f"confirmed-{code}" in form, notes[code]

    def again(sent: Sent, status: int) -> Response:
        return _show(request, state, principal, household_id, sent, status)

    check = proposing(programme, state.latest_as_of(), said, fields.text("text"))
    return keep_act(request, state, principal, household_id, fields, check, form="ending", kept="ending", again=again)


def _close(request: Request, state: State, principal: Principal, household_id: str, fields: Fields) -> Response:
    if not is_supervisor(principal):
        raise Forbidden("the second person of a proposal is a supervisor; ask one to confirm or decline it")
    programme, about = state.versions.champion().scorer.programme, fields.number("about")
    kind, kept = CLOSING[fields.sent["act"]]
    why = fields.text("text", required=kind is EntryKind.ENDING_DECLINED)
    check = closing(programme, state.latest_as_of(), kind, about, principal.name, why)
    return keep_act(request, state, principal, household_id, fields, check, form=f"ending-{about}", kept=kept)


def _ending(programme: Programme) -> Ending:
    """Return the programme's checklist.

    Raises
    ------
    NotFound
        If it has none, so that the end of monitoring is decided elsewhere.
    """
    ending = programme.file.reviewing.ending
    if ending is None:
        raise NotFound("the programme has no checklist for the end of monitoring")
    return ending


def _known(state: State, principal: Principal, household_id: str) -> _Known:
    programme = state.versions.champion().scorer.programme
    with state.store.reading() as connection:
        file = case_file(connection, subject_of(connection, principal, household_id))
        _ending(programme)
        records = read_records(connection, programme, file.subject, state.latest_as_of())
        return _Known(file, records, has_lapsed(connection, programme, file))


def _refused(programme: Programme, known: _Known, language: Language) -> str:
    """Return why the end can't be proposed, whatever people confirm; empty where it can."""
    facts = facts_of(programme, known.file, known.records.without_labour)
    rule = why_not(facts, last_proposal(known.file.entries), lapsed=known.lapsed)
    if rule is None and Shown.NO in known.records.checklist().values():
        rule = Rule.SPOKEN_AGAINST
    return "" if rule is None else refusal_text(language, rule)


def _show(request: Request, state: State, principal: Principal, household_id: str, sent: Sent, status: int) -> Response:
    language, programme = chosen_language(request), state.versions.champion().scorer.programme
    known = _known(state, principal, household_id)
    state.audit.write([act_of(request, Action.VIEWED, known.file.subject.pseudonym, what="ending")])
    view = ending_view(
        programme,
        known.file,
        known.records,
        refused=_refused(programme, known, language),
        as_of=language.date(state.latest_as_of() - dt.timedelta(1)),
        sent=sent,
        language=language,
    )
    context = {
        "programme": programme_words(programme, language),
        "view": view,
        "to": addresses(known.file.subject.household_id),
    }
    return render(request, "deciding/ending.html", context, path=ending_address(household_id), status=status)
