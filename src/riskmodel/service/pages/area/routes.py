"""``/review/area``: an area in figures."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from riskmodel.errors import NotFound
from riskmodel.scoring.cells import id_text_rule
from riskmodel.service.access import Principal
from riskmodel.service.api.dependencies import PrincipalOf, StateOf, act_of, area_path, scope_path
from riskmodel.service.area_counting import LEVELS, counts_of
from riskmodel.service.audit import Action
from riskmodel.service.guarding import GuardedRoute
from riskmodel.service.pages.area.view import area_label, area_view
from riskmodel.service.pages.choosing import chosen_language
from riskmodel.service.pages.following.looking import off_list_words
from riskmodel.service.pages.rendering import address, programme_words, render
from riskmodel.service.state import State
from riskmodel.service.store.area_trees import AreaTree, area_tree
from riskmodel.service.store.tables import LONGEST_CODE

router = APIRouter(include_in_schema=False, route_class=GuardedRoute)
PATH = "/review/area"


@router.get(PATH)
def area_page(
    request: Request,
    state: StateOf,
    principal: PrincipalOf,
    area: Annotated[str | None, Query(max_length=LONGEST_CODE)] = None,
    level: Annotated[int, Query(ge=1, le=LEVELS)] = 1,
) -> Response:
    """Show an area: falls that are expected and seen, visits, reasons, decisions, the areas below it, and incomes."""
    language, programme = chosen_language(request), state.versions.champion().scorer.programme
    asked = {"area": area or None, "level": level if level > 1 else None}
    tree = _tree(state, principal, area or None)
    counts = counts_of(state, programme, tree)
    state.audit.write([act_of(request, Action.VIEWED, what="area", area=tree.own.code)])
    own = area_path(state, principal)
    context = {
        "programme": programme_words(programme, language),
        "off_list": off_list_words(state, own, area_path(state, principal, area or None), language),
        "follow_address": address("/review/follow-up", {"kind": "sign", "area": tree.own.code or None}),
        "label": area_label(tree.own, language),
        "view": area_view(programme, tree, counts, language, level) if counts is not None else None,
        "area_address": lambda code, level=1: address(PATH, {"area": code, "level": level if level > 1 else None}),
        "list_address": lambda code, **more: address("/review", {"area": code, **more}),
    }
    return render(request, "area/area.html", context, path=PATH, parameters=asked)


def _tree(state: State, principal: Principal, area: str | None) -> AreaTree:
    """Return the area that is asked for; one that may not be looked at is as if it did not exist.

    Raises
    ------
    NotFound
        If there is none.
    """
    found = None
    # what can be no code is not asked for: PostgreSQL refuses texts with a NUL
    if area is None or not id_text_rule(area):
        with state.store.reading() as connection:
            found = area_tree(connection, area, scope_path(connection, principal))
    if found is None:
        raise NotFound("no such area")
    return found
