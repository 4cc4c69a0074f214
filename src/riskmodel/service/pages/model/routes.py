"""``/review/model``: what the model is, and its full card."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from riskmodel.registry.history import entries
from riskmodel.service.api.dependencies import StateOf, act_of
from riskmodel.service.audit import Action
from riskmodel.service.guarding import GuardedRoute
from riskmodel.service.pages.choosing import chosen_language
from riskmodel.service.pages.model.card_text import card_blocks
from riskmodel.service.pages.model.papers import papers_of
from riskmodel.service.pages.model.view import model_view
from riskmodel.service.pages.rendering import address, programme_words, render
from riskmodel.service.serving import Serving
from riskmodel.service.state import State
from riskmodel.service.store.tables import LONGEST_CODE

router = APIRouter(include_in_schema=False, route_class=GuardedRoute)
PATH, CARD = "/review/model", "/review/model/card"
Version = Annotated[str | None, Query(max_length=LONGEST_CODE)]


@router.get(PATH)
def model_page(request: Request, state: StateOf, version: Version = None) -> Response:
    """Show what a model answers, how good it was, what it looks at, where it is weak, and which was live when."""
    scorer, language = _serving(state, version).scorer, chosen_language(request)
    papers = papers_of(state.settings.models, scorer.id)
    past = entries(state.settings.models, state.settings.programme)
    state.audit.write([act_of(request, Action.VIEWED, scorer.id.version, what="model")])
    context = {
        "programme": programme_words(scorer.programme, language),
        "view": model_view(scorer, papers, past, language),
        "card_address": address(CARD, {"version": version or None}),
        "version_address": lambda one: address(PATH, {"version": one}),
    }
    return render(request, "model/model.html", context, path=PATH, parameters={"version": version or None})


@router.get(CARD)
def card_page(request: Request, state: StateOf, version: Version = None) -> Response:
    """Show a model's full card, as it was approved."""
    scorer, language = _serving(state, version).scorer, chosen_language(request)
    papers = papers_of(state.settings.models, scorer.id)
    state.audit.write([act_of(request, Action.VIEWED, scorer.id.version, what="card")])
    context = {
        "programme": programme_words(scorer.programme, language),
        "version": scorer.id.version,
        "blocks": card_blocks(papers.card),
        "model_address": address(PATH, {"version": version or None}),
    }
    return render(request, "model/card.html", context, path=CARD, parameters={"version": version or None})


def _serving(state: State, version: str | None) -> Serving:
    """Return the model that is asked for, else the one that serves.

    Raises
    ------
    NotFound
        If no such version ever served.
    """
    return state.versions.version(version) if version else state.versions.champion()
