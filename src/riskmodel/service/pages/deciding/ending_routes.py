"""``/review/households/{household_id}/ending``: where the end of monitoring is proposed, and confirmed by a second person."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import APIRouter, Request, Response
from sqlalchemy import Connection

from riskmodel.errors import NotFound
from riskmodel.language import Language
from riskmodel.programme.programme import Programme
from riskmodel.programme.reviewing import Ending
from riskmodel.service.access import Principal
from riskmodel.service.api.dependencies import PrincipalOf, StateOf, act_of
from riskmodel.service.api.subjects import subject_of
from riskmodel.service.audit import Action
from riskmodel.service.case_acts import Check
from riskmodel.service.cases.ending import (
    Checked,
    ProposalState,
    check_closing,
    check_proposal,
    last_proposal,
)
from riskmodel.service.cases.entries import EntryKind, NewEntry, Rule
from riskmodel.service.ending_records import Records, read_records
from riskmodel.service.guarding import GuardedRoute
from riskmodel.service.pages.choosing import chosen_language
from riskmodel.service.pages.deciding.addresses import addresses, ending_address
from riskmodel.service.pages.deciding.case_cards import is_supervisor
from riskmodel.service.pages.deciding.case_page import has_lapsed, keep_act
from riskmodel.service.pages.deciding.case_view import Sent
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
    known = _known(state, principal, household_id)
    checked = [
        Checked(one.code, known.records.shown(one), f"confirmed-{one.code}" in form, fields.text(f"note-{one.code}"))
        for one in _ending(programme).checks
    ]

    def again(sent: Sent, status: int) -> Response:
        return _show(request, state, principal, household_id, sent, status)

    check = _proposal(programme, known.records, checked, fields.text("text"))
    return keep_act(request, state, principal, household_id, fields, check, form="ending", kept="ending", again=again)


def _proposal(programme: Programme, records: Records, checked: list[Checked], text: str) -> Check:
    def check(connection: Connection, file: CaseFile) -> NewEntry:
        check_proposal(
            checked,
            without_labour=records.without_labour,
            in_highest_band=_in_highest_band(programme, file),
            before=last_proposal(file.entries),
            lapsed=has_lapsed(connection, programme, file),
        )
        rows = [
            {"code": one.code, "shown": one.shown.value, "confirmed": one.confirmed, "note": one.note}
            for one in checked
        ]
        return NewEntry(EntryKind.ENDING_PROPOSED, {"checks": rows, "text": text})

    return check


def _close(request: Request, state: State, principal: Principal, household_id: str, fields: Fields) -> Response:
    if not is_supervisor(principal):
        raise Forbidden("the second person of a proposal is a supervisor; ask one to confirm or decline it")
    programme, about = state.versions.champion().scorer.programme, fields.number("about")
    kind, kept = CLOSING[fields.sent["act"]]
    content = {"why": fields.text("text", required=kind is EntryKind.ENDING_DECLINED)}

    def check(connection: Connection, file: CaseFile) -> NewEntry:
        lapsed = has_lapsed(connection, programme, file)
        check_closing(last_proposal(file.entries), about, principal.name, lapsed=lapsed)
        return NewEntry(kind, content, about)

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


def _in_highest_band(programme: Programme, file: CaseFile) -> bool:
    return file.said is not None and file.said.band == programme.file.bands[0].code


def _refused(programme: Programme, known: _Known, language: Language) -> str:
    """Return why the end can't be proposed, whatever the checklist says; empty where it can."""
    proposal = last_proposal(known.file.entries)
    if known.records.without_labour:
        return refusal_text(language, Rule.WITHOUT_LABOUR)
    if _in_highest_band(programme, known.file):
        return refusal_text(language, Rule.HIGHEST_BAND)
    if proposal is not None and proposal.state is ProposalState.OPEN and not known.lapsed:
        return refusal_text(language, Rule.PROPOSED_ALREADY)
    return ""


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
