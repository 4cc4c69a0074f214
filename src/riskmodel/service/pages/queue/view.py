"""What the page of the visit list shows, ready for its template."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from riskmodel.language import Language
from riskmodel.service.access import Permission
from riskmodel.service.assigning import colleagues
from riskmodel.service.pages import sentences
from riskmodel.service.pages.area_choosing import area_choices
from riskmodel.service.pages.following.looking import off_list_words
from riskmodel.service.pages.queue.export import MOST_ROWS, cut_words
from riskmodel.service.pages.queue.filters import Choices, Field, fields
from riskmodel.service.pages.queue.rows import QueueRow, Scope, rows_of, visits_of
from riskmodel.service.state import State
from riskmodel.service.store.queue_rows import Filter, count_listed

PAGE_ROWS = 25
MOST_COLLEAGUES = 200


@dataclass(frozen=True, slots=True)
class QueueView:
    """One page of the list.

    Attributes
    ----------
    rows : tuple of QueueRow
        Households of this page.
    page, pages : int
        Which page of how many; the first is 1.
    shown, visits, cohort_size : str
        How many the filter leaves, how many can be visited, of how many.
    fields : tuple of Field
        The filter.
    data_until, version : str
        Last day of the data, and model.
    cut : str
        That a file of it would not hold all of it; empty where it would.
    off_list : str
        How many households off the list wait for a decision; empty where none does.
    people : tuple of (str, str)
        To whom households can be handed; none where whoever looks may hand over none.
    pseudonyms : tuple of str
        Of the households, for the audit.
    """

    rows: tuple[QueueRow, ...]
    page: int
    pages: int
    shown: str
    visits: str
    cohort_size: str
    fields: tuple[Field, ...]
    data_until: str
    version: str
    cut: str
    off_list: str
    people: Choices
    pseudonyms: tuple[str, ...]

    @property
    def chosen(self) -> tuple[Field, ...]:
        """What of the filter holds."""
        return tuple(one for one in self.fields if one.chosen)


def queue_view(state: State, scope: Scope, page: int, language: Language) -> QueueView:
    """Return one page of the list; a page beyond the end is the last one.

    Parameters
    ----------
    state : State
        The store and the models.
    scope : Scope
        Who looks at what.
    page : int
        Which page; the first is 1.
    language : Language
        Of the words.
    """
    champion = state.versions.champion().scorer
    visits, households = visits_of(state, scope.own_path)
    shown = _shown(state, scope, visits)
    pages = max(1, -(-shown // PAGE_ROWS))
    page = min(page, pages)
    found = rows_of(state, scope, visits, (page - 1) * PAGE_ROWS, PAGE_ROWS, language)
    latest = max((row.as_of for row, _ in found.listed), default=None)
    return QueueView(
        found.rows,
        page,
        pages,
        language.number(shown, 0),
        language.number(visits, 0),
        language.number(households, 0),
        fields(scope.asked, champion.programme, area_choices(state, scope.own_path, scope.path, language), language),
        sentences.last_day(language, latest) if latest else "",
        found.listed[0][0].version if found.listed else champion.id.version,
        cut_words(language) if shown > MOST_ROWS else "",
        off_list_words(state, scope.own_path, scope.path, language),
        _people(state, scope, {subject.area_path for _, subject in found.listed}, language),
        tuple(subject.pseudonym for _, subject in found.listed),
    )


def handed_words(handed: int | None, language: Language) -> str:
    """Return what is said when households changed hands; nothing where none were sent."""
    if handed is None:
        return ""
    if not handed:
        return language.gettext("Nothing was changed: it was like this before.")
    return language.ngettext(
        "%(number)s household was handed over.", "%(number)s households were handed over.", handed, number=handed
    )


def _shown(state: State, scope: Scope, visits: int) -> int:
    if scope.filter == Filter():
        return visits
    with state.store.reading() as connection:
        return count_listed(connection, scope.own_path, visits, scope.filter)


def _people(state: State, scope: Scope, area_paths: Collection[str], language: Language) -> Choices:
    """Return to whom whoever looks may hand households: a supervisor to all of their areas, others to themselves."""
    if Permission.DECIDE not in scope.principal.permissions:
        return ()
    gettext, own = language.gettext, scope.principal.name
    mine = ((own, gettext("me")), ("", gettext("nobody")))
    if Permission.ASSIGN not in scope.principal.permissions:
        return mine
    with state.store.reading() as connection:
        others = [name for name in colleagues(connection, area_paths) if name != own]
    return (*mine, *((name, name) for name in others[:MOST_COLLEAGUES]))
