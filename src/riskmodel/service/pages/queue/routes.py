"""``/review``: the visit list, the search for a household, handing over, and taking the list along."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated
from urllib.parse import parse_qs

from fastapi import APIRouter, Depends, Query, Request, Response
from starlette.responses import RedirectResponse

from riskmodel.scoring.cells import id_text_rule
from riskmodel.service.access import Principal
from riskmodel.service.api.dependencies import PrincipalOf, StateOf, acts_about, area_path
from riskmodel.service.assigning import MOST_AT_ONCE, Assigning, assign
from riskmodel.service.audit import Action
from riskmodel.service.bodies import limited_body
from riskmodel.service.browser import local_path
from riskmodel.service.guarding import GuardedRoute
from riskmodel.service.pages.choosing import chosen_language
from riskmodel.service.pages.forms import FORM
from riskmodel.service.pages.queue.export import Format, export
from riskmodel.service.pages.queue.filters import Asked, AskedOf
from riskmodel.service.pages.queue.view import QueueView, Scope, queue_view
from riskmodel.service.pages.rendering import address, household_address, programme_words, render
from riskmodel.service.queueing import size
from riskmodel.service.state import State
from riskmodel.service.store.households import find
from riskmodel.service.store.queue_rows import MOST_FOUND, search
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
    request: Request, state: StateOf, principal: PrincipalOf, asked: AskedOf, page: PageNumber = 1
) -> Response:
    """Show the list, or what to run where no household has a score."""
    language = chosen_language(request)
    scorer = state.versions.champion().scorer
    about = programme_words(scorer.programme, language)
    if not size(state, ""):
        return render(request, "queue/no_cohort.html", {"programme": about, "name": scorer.id.programme}, path=LIST)
    view = queue_view(state, _scope(state, principal, asked), page, language)
    state.audit.write(acts_about(request, Action.VIEWED, view.pseudonyms, what="queue"))
    parameters = _parameters(asked, view.page)
    context = {"programme": about, "view": view, **_addresses(asked, view)}
    return render(request, "queue/list.html", context, path=LIST, parameters=parameters)


@router.get("/review/export")
def export_list(
    request: Request,
    state: StateOf,
    principal: PrincipalOf,
    asked: AskedOf,
    kind: Annotated[Format, Query(alias="format")] = Format.XLSX,
) -> Response:
    """Give what is filtered of the list as a file."""
    body, told = export(state, _scope(state, principal, asked), kind, chosen_language(request))
    state.audit.write(acts_about(request, Action.VIEWED, told, what="queue_export", format=kind.value))
    named = {"content-disposition": f'attachment; filename="visit-list.{kind.value}"'}
    return Response(body, media_type=MEDIA_TYPES[kind], headers=named)


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
    """Hand the chosen households to somebody, and lead back to the list."""
    ids, to, back = sent
    asked = Assigning(principal, ids, to, state.now(), request.scope["state"]["request_id"])
    if ids:
        assign(state.store, asked, area_path(state, principal))
    there = local_path(back) or LIST
    return RedirectResponse(there if there.startswith(LIST) else LIST, status_code=303)


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
        "here": page_address(view.page),
        "everything": LIST,
    }
