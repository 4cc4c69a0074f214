"""``/review``: the visit list, the search for a household, handing over, and taking the list along."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import parse_qs, parse_qsl, urlsplit

from fastapi import APIRouter, Depends, Query, Request, Response
from starlette.responses import RedirectResponse, StreamingResponse

from riskmodel.programme.programme import Programme
from riskmodel.scoring.cells import id_text_rule
from riskmodel.service.access import Principal
from riskmodel.service.api.dependencies import PrincipalOf, StateOf, acts_about, area_path
from riskmodel.service.assigning import MOST_AT_ONCE, Assigning, NotTheirArea, assign
from riskmodel.service.audit import Action
from riskmodel.service.bodies import limited_body
from riskmodel.service.browser import local_path
from riskmodel.service.guarding import GuardedRoute, access_of
from riskmodel.service.pages.choosing import chosen_language
from riskmodel.service.pages.forms import FORM
from riskmodel.service.pages.queue.export import Format, export
from riskmodel.service.pages.queue.filters import Asked, AskedOf, asked_of
from riskmodel.service.pages.queue.rows import Scope
from riskmodel.service.pages.queue.view import QueueView, handed_words, queue_view
from riskmodel.service.pages.rendering import address, household_address, programme_words, render
from riskmodel.service.refusals import Forbidden
from riskmodel.service.state import State
from riskmodel.service.store.households import find
from riskmodel.service.store.queue_rows import MOST_FOUND, anybody_listed, search
from riskmodel.service.store.tables import LONGEST_CODE

router = APIRouter(include_in_schema=False, route_class=GuardedRoute)
LIST = "/review"
LEAST_SEARCHED = 4
MOST_BYTES = 64 * 1024
MEDIA_TYPES: Mapping[Format, str] = {
    Format.CSV: "text/csv; charset=utf-8",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
PageNumber = Annotated[int, Query(ge=1, le=1_000_000)]


@router.get("/")
def start() -> Response:
    """Lead to the list."""
    return RedirectResponse(LIST, status_code=307)


@router.get(LIST)
def queue_page(
    request: Request,
    state: StateOf,
    principal: PrincipalOf,
    asked: AskedOf,
    page: PageNumber = 1,
    handed: Annotated[int | None, Query(ge=0, le=MOST_AT_ONCE)] = None,
) -> Response:
    """Show the list, or what to run where no household has a score."""
    with state.store.reading() as connection:
        anybody = anybody_listed(connection)
    if anybody:
        return _list(request, state, principal, _Sent(asked, page, handed=handed))
    scorer = state.versions.champion().scorer
    about = programme_words(scorer.programme, chosen_language(request))
    return render(request, "queue/no_cohort.html", {"programme": about, "name": scorer.id.programme}, path=LIST)


@dataclass(frozen=True, slots=True)
class _Sent:
    """Which part of the list is shown, and what is said of what was sent from it.

    Attributes
    ----------
    asked, page
        Which part.
    handed : int or None
        How many households changed hands just now.
    fault : str
        Why none did.
    chosen : tuple of str, str
        The households and the person that were chosen, so that nobody has to choose them anew.
    """

    asked: Asked
    page: int
    handed: int | None = None
    fault: str = ""
    chosen: tuple[tuple[str, ...], str] = ((), "")


def _list(request: Request, state: State, principal: Principal, sent: _Sent, status: int = 200) -> Response:
    language = chosen_language(request)
    about = programme_words(state.versions.champion().scorer.programme, language)
    view = queue_view(state, _scope(state, principal, sent.asked), sent.page, language)
    state.audit.write(acts_about(request, Action.VIEWED, view.pseudonyms, what="queue"))
    parameters = _parameters(sent.asked, view.page)
    told = {"handed": handed_words(sent.handed, language), "fault": sent.fault, "chosen": sent.chosen}
    context = {"programme": about, "view": view, **told, **_addresses(sent.asked, view)}
    return render(request, "queue/list.html", context, path=LIST, parameters=parameters, status=status)


@router.get("/review/export")
def export_list(
    request: Request,
    state: StateOf,
    principal: PrincipalOf,
    asked: AskedOf,
    kind: Annotated[Format, Query(alias="format")] = Format.XLSX,
) -> Response:
    """Give what is filtered of the list as a file."""
    made = export(state, _scope(state, principal, asked), kind, chosen_language(request))
    state.audit.write(acts_about(request, Action.VIEWED, made.pseudonyms, what="queue_export", format=kind.value))
    named = {"content-disposition": f'attachment; filename="visit-list.{kind.value}"', "content-length": str(made.size)}
    return StreamingResponse(made.blocks(), media_type=MEDIA_TYPES[kind], headers=named)


@router.get("/review/search")
def search_page(
    request: Request, state: StateOf, principal: PrincipalOf, q: Annotated[str, Query(max_length=LONGEST_CODE)] = ""
) -> Response:
    """Lead to the household of an id, or list those whose ids begin like it."""
    text, path = q.strip(), area_path(state, principal)
    found = _found(state, path, text)
    state.audit.write(acts_about(request, Action.VIEWED, found[1], what="search"))
    if text in found[0]:
        return RedirectResponse(household_address(text), status_code=303)
    language = chosen_language(request)
    about = programme_words(state.versions.champion().scorer.programme, language)
    context = {"programme": about, "text": text, "found": found[0], "least": LEAST_SEARCHED, "most": MOST_FOUND}
    return render(request, "queue/search.html", context, path="/review/search", parameters={"q": text or None})


async def _assignment(request: Request) -> tuple[tuple[str, ...], str, str]:
    """Read whom the form names, to whom they go, and where it was sent from."""
    body = await limited_body(request, MOST_BYTES)
    declared = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        sent = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=MOST_AT_ONCE + 10)
    except ValueError:
        sent = {}
    fields = sent if declared == FORM else {}
    ids = tuple(dict.fromkeys(fields.get("household", [])))[:MOST_AT_ONCE]
    return ids, fields.get("to", [""])[0], fields.get("back", [LIST])[0]


@router.post("/review/assignments")
def assign_by_form(
    request: Request,
    state: StateOf,
    principal: PrincipalOf,
    sent: Annotated[tuple[tuple[str, ...], str, str], Depends(_assignment)],
) -> Response:
    """Hand the chosen households to somebody, and lead back to the list; or show it again, with what is wrong."""
    ids, to, back = sent
    gettext = chosen_language(request).gettext
    asked, page = _part_of(back, state.versions.champion().scorer.programme)
    if not ids:
        fault = gettext("Please choose at least one household.")
        return _list(request, state, principal, _Sent(asked, page, fault=fault, chosen=(ids, to)), 422)
    assigning = Assigning(principal, ids, to, state.now(), request.scope["state"]["request_id"])
    try:
        handed = assign(state.store, assigning, area_path(state, principal))
    except NotTheirArea as error:
        access_of(request).refused(request, principal, error.code)
        fault = gettext("This colleague does not decide about all of these households. Nobody was handed over.")
        return _list(request, state, principal, _Sent(asked, page, fault=fault, chosen=(ids, to)), error.status)
    except Forbidden as error:
        access_of(request).refused(request, principal, error.code)
        fault = gettext("Somebody else has one of these households; only a supervisor can hand it over.")
        return _list(request, state, principal, _Sent(asked, page, fault=fault, chosen=(ids, to)), error.status)
    return RedirectResponse(address(LIST, {**_parameters(asked, page), "handed": handed}), status_code=303)


def _part_of(back: str, programme: Programme) -> tuple[Asked, int]:
    """Read from which part of the list a form was sent; from the head of all where it does not say."""
    given = dict(parse_qsl(urlsplit(local_path(back) or LIST).query))
    page = given.get("page", "")
    return asked_of(given, programme), int(page) if re.fullmatch("[1-9][0-9]{0,5}", page, re.ASCII) else 1


def _scope(state: State, principal: Principal, asked: Asked) -> Scope:
    return Scope(principal, area_path(state, principal), area_path(state, principal, asked.area), asked)


def _found(state: State, path: str, text: str) -> tuple[list[str], list[str]]:
    """Return ids that begin like a text, and their pseudonyms."""
    if id_text_rule(text):
        return [], []
    with state.store.reading() as connection:
        exact = find(connection, [text], path)
        ids = [*exact] or (search(connection, path, text) if len(text) >= LEAST_SEARCHED else [])
        subjects = find(connection, ids, path)
    return ids, [one.pseudonym for one in subjects.values()]


def _parameters(asked: Asked, page: int) -> dict[str, object]:
    return {**asked.parameters(), "page": page if page > 1 else None}


def _addresses(asked: Asked, view: QueueView) -> dict[str, object]:
    """Return what the template asks for addresses."""
    given = asked.parameters()

    def page_address(number: int) -> str:
        return address(LIST, _parameters(asked, number))

    def without(name: str) -> str:
        return address(LIST, {**given, name: None})

    def area_address(code: str | None) -> str:
        return address(LIST, {**given, "area": code})

    def export_address(kind: str) -> str:
        return address("/review/export", {**given, "format": kind})

    return {
        "page_address": page_address,
        "without": without,
        "area_address": area_address,
        "export_address": export_address,
        "follow_address": address("/review/follow-up", {"kind": "sign", "area": asked.area}),
        "here": page_address(view.page),
        "everything": LIST,
    }
