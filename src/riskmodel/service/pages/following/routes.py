"""``/review/follow-up``: what has to be followed up besides the visit list."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter, Request, Response

from riskmodel.service.api.dependencies import PrincipalOf, StateOf, acts_about, area_path
from riskmodel.service.audit import Action
from riskmodel.service.cases.follow_ups import Kind, Mark, Terms
from riskmodel.service.guarding import GuardedRoute
from riskmodel.service.pages.area_choosing import area_choices
from riskmodel.service.pages.choosing import chosen_language
from riskmodel.service.pages.deciding.addresses import case_address
from riskmodel.service.pages.following.asked import Asked, AskedOf, fields
from riskmodel.service.pages.following.looking import looking_at, terms_of
from riskmodel.service.pages.following.view import follow_rows, kind_links
from riskmodel.service.pages.queue.filters import assignee_of
from riskmodel.service.pages.rendering import address, programme_words, render
from riskmodel.service.state import State
from riskmodel.service.store.follow_rows import Count, FollowUp, Looking, count_follow_ups, follow_ups
from riskmodel.service.store.households import Subject, area_rows, subjects_of

router = APIRouter(include_in_schema=False, route_class=GuardedRoute)
PATH = "/review/follow-up"
PAGE_ROWS = 25


@router.get(PATH)
def follow_up_page(request: Request, state: StateOf, principal: PrincipalOf, asked: AskedOf) -> Response:
    """Show a page of the list, with how many things of each kind there are."""
    language, programme = chosen_language(request), state.versions.champion().scorer.programme
    own, chosen = area_path(state, principal), area_path(state, principal, asked.area)
    terms = terms_of(state)
    found = _found(state, looking_at(state, own, chosen, assignee_of(asked.who, principal)), terms, asked)
    with state.store.reading() as connection:
        areas = area_rows(connection, [one.area_code for one in found.subjects.values()])
    pseudonyms = [one.pseudonym for one in found.subjects.values()]
    state.audit.write(acts_about(request, Action.VIEWED, pseudonyms, what="follow_up"))
    choices = fields(asked, area_choices(state, own, chosen, language), language)
    context = {
        "programme": programme_words(programme, language),
        "rows": follow_rows(found.rows, found.subjects, areas, terms, language),
        "kinds": kind_links(found.counts, asked.kind, language),
        "fields": choices,
        "filtered": any(one.chosen for one in choices),
        **_addresses(asked, found.more),
    }
    given = {**asked.parameters(), "after": asked.after}
    return render(request, "following/list.html", context, path=PATH, parameters=given)


@dataclass(frozen=True, slots=True)
class _Found:
    """What the store says: rows of this page, their households, where the next one begins, and how many there are."""

    rows: list[FollowUp]
    subjects: dict[int, Subject]
    more: Mark | None
    counts: dict[Kind, Count]


def _found(state: State, looking: Looking, terms: Terms, asked: Asked) -> _Found:
    kinds = [asked.kind] if asked.kind else list(Kind)
    with state.store.reading() as connection:
        counts = {kind: count_follow_ups(connection, looking, terms, kind) for kind in Kind}
        some = follow_ups(connection, looking, terms, kinds, PAGE_ROWS + 1, overdue=asked.overdue, after=asked.after)
        rows = some[:PAGE_ROWS]
        subjects = subjects_of(connection, sorted({one.mark.household for one in rows}))
    # on PostgreSQL and SQLite alike, one state of the store is read: whoever is listed is there
    return _Found(rows, subjects, rows[-1].mark if len(some) > PAGE_ROWS else None, counts)


def _addresses(asked: Asked, more: Mark | None) -> dict[str, object]:
    """Return what the template asks for addresses."""
    given = asked.parameters()
    return {
        "case_address": case_address,
        "kind_address": lambda kind: address(PATH, {**given, "kind": kind}),
        "area_address": lambda code: address(PATH, {**given, "area": code}),
        "everything": address(PATH, {"kind": given["kind"]}),
        "first": address(PATH, given) if asked.after else None,
        "next": address(PATH, {**given, "after": more}) if more else None,
        "kind": given["kind"],
    }
