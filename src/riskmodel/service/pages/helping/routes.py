"""``/review/help``: what the pages show, and what people do with it."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from riskmodel.service.api.dependencies import PrincipalOf, StateOf
from riskmodel.service.guarding import GuardedRoute
from riskmodel.service.pages.choosing import chosen_language
from riskmodel.service.pages.helping.view import help_view
from riskmodel.service.pages.rendering import programme_words, render

router = APIRouter(include_in_schema=False, route_class=GuardedRoute)
PATH = "/review/help"


@router.get(PATH)
def help_page(request: Request, state: StateOf, principal: PrincipalOf) -> Response:
    """Show how to read the pages, what to do first, the deadlines, the keys, and who may do what."""
    language, programme = chosen_language(request), state.versions.champion().scorer.programme
    context = {
        "programme": programme_words(programme, language),
        "view": help_view(programme, principal.role, language),
    }
    return render(request, "help/help.html", context, path=PATH)
