"""What the page of the visit list shows, ready for its template."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from riskmodel.explain.reasons import Driver
from riskmodel.language import Language
from riskmodel.programme.programme import AreaRow, ProgrammeFile
from riskmodel.scoring.rows import Row
from riskmodel.service.access import Permission, Principal
from riskmodel.service.asking import areas_of
from riskmodel.service.assigning import colleagues
from riskmodel.service.cases.deadlines import days_left
from riskmodel.service.pages import sentences
from riskmodel.service.pages.area_names import area_name
from riskmodel.service.pages.deciding.words import origin_label
from riskmodel.service.pages.household.bands import band_label, band_level
from riskmodel.service.pages.queue.filters import Asked, Choices, Field, fields, status_label
from riskmodel.service.queueing import scored_now, size
from riskmodel.service.serving import Serving
from riskmodel.service.state import State
from riskmodel.service.store.area_summaries import choices_below
from riskmodel.service.store.households import Subject, area_rows
from riskmodel.service.store.queue_rows import Filter, Listed, Status, count_listed, listed

PAGE_ROWS = 25
REASONS_SHOWN = 2
MOST_COLLEAGUES = 200


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One household of the list, in words.

    Attributes
    ----------
    rank : int
        Its place in the whole list.
    household_id : str
        Its id.
    area_code, place : str
        Where it lives.
    risk, band_label : str
        How high the risk is.
    level : int
        Of the band; see :func:`~riskmodel.service.pages.household.view.band_level`.
    reasons : tuple of str
        What raises the risk most.
    change : str
        What is different from last time; empty where nothing is.
    direction : str
        ``up``, ``down``, or empty.
    origin : str
        Who noticed something that nobody has decided on.
    waiting : str
        How long it has been open; empty where somebody decided.
    overdue : bool
        Whether that is longer than the procedure lets it.
    status, assignee : str
        Where it stands, and who has it.
    """

    rank: int
    household_id: str
    area_code: str | None
    place: str
    risk: str
    level: int
    band_label: str
    reasons: tuple[str, ...]
    change: str
    direction: str
    origin: str
    waiting: str
    overdue: bool
    status: str
    assignee: str


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
    as_of, version : str
        Date of the data and model.
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
    as_of: str
    version: str
    people: Choices
    pseudonyms: tuple[str, ...]

    @property
    def chosen(self) -> tuple[Field, ...]:
        """What of the filter holds."""
        return tuple(one for one in self.fields if one.chosen)


@dataclass(frozen=True, slots=True)
class Scope:
    """What somebody may see, and what of it is asked for.

    Attributes
    ----------
    principal : Principal
        Who looks.
    own_path : str
        The area that they may see.
    path : str
        The area that is asked for, within it.
    asked : Asked
        The filter.
    """

    principal: Principal
    own_path: str
    path: str
    asked: Asked

    @property
    def filter(self) -> Filter:
        """What is asked of the store."""
        return self.asked.filter("" if self.path == self.own_path else self.path, self.principal)


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
    with state.store.reading() as connection:
        shown = count_listed(connection, scope.own_path, visits, scope.filter)
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
        fields(scope.asked, champion.programme, _areas(state, scope, language), language),
        language.date(latest) if latest else "",
        found.listed[0][0].version if found.listed else champion.id.version,
        _people(state, scope, language),
        tuple(subject.pseudonym for _, subject in found.listed),
    )


def visits_of(state: State, area_path: str) -> tuple[int, int]:
    """Return how many households of an area can be visited, and how many there are."""
    households = size(state, area_path)
    capacity = state.versions.champion().scorer.programme.file.capacity
    return (min(capacity.count(households), households) if households else 0), households


@dataclass(frozen=True, slots=True)
class Found:
    """Rows in words, and what they were made of."""

    rows: tuple[QueueRow, ...]
    listed: tuple[tuple[Listed, Subject], ...]


def rows_of(state: State, scope: Scope, visits: int, first: int, count: int, language: Language) -> Found:
    """Return a part of what the filter leaves of the list, in words."""
    features = len(state.versions.champion().scorer.schema.features)
    with state.store.reading() as connection:
        some = listed(connection, scope.own_path, visits, scope.filter, first, count)
    scored = scored_now(state, some, scope.own_path, features)
    there = [one for one in some if one.household_id in scored]
    names = areas_of(state, [scored[one.household_id][0] for one in there])
    writer = _Writer(language, names, state.now(), state.versions.champion().scorer.programme.file)
    rows = tuple(writer.row(one, *scored[one.household_id]) for one in there)
    return Found(rows, tuple((one, scored[one.household_id][0]) for one in there))


class _Writer:
    """Writes rows in one language, at one instant."""

    def __init__(self, language: Language, areas: Mapping[str, AreaRow], now: dt.datetime, file: ProgrammeFile) -> None:
        self.language, self.areas, self.now = language, areas, now
        self.within_days, self.time_zone = file.reviewing.decide_within_days, file.time_zone

    def row(self, one: Listed, subject: Subject, serving: Serving, score: Row) -> QueueRow:
        programme, words = serving.scorer.programme, serving.words[self.language.code]
        drivers = [Driver.of(reason) for reason in score["reasons"]]
        raising = [driver for driver in drivers if driver.log_odds > 0][:REASONS_SHOWN]
        change, direction = self._change(one, score["probability"], programme.file.change_step)
        waiting, overdue = self._waiting(one)
        return QueueRow(
            one.rank,
            one.household_id,
            subject.area_code,
            area_name(self.areas, subject.area_code, self.language),
            sentences.of_hundred(self.language, score["probability"]),
            band_level(programme, score["band"]),
            band_label(programme, score["band"], self.language),
            tuple(words.fact(driver) for driver in raising),
            change,
            direction,
            origin_label(self.language, one.origin) if one.origin and one.status is Status.OPEN else "",
            waiting,
            overdue,
            status_label(self.language, one.status),
            one.assignee or "",
        )

    def _change(self, one: Listed, probability: float, step: float) -> tuple[str, str]:
        gettext, before = self.language.gettext, one.previous_probability
        if before is None:
            return gettext("first score"), ""
        if abs(probability - before) < step:
            return "", ""
        words = sentences.of_hundred(self.language, before)
        return gettext("was %(risk)s", risk=words), "up" if probability > before else "down"

    def _waiting(self, one: Listed) -> tuple[str, bool]:
        since = one.open_since
        if since is None:
            return "", False
        days = max(0, -days_left(since, self.now, 0, self.time_zone))
        if not days:
            return self.language.gettext("since today"), False
        overdue = one.waiting_since is not None and self.within_days is not None and days > self.within_days
        return self.language.ngettext(
            "%(days)s day", "%(days)s days", days, days=self.language.number(days, 0)
        ), overdue


def _areas(state: State, scope: Scope, language: Language) -> Choices:
    """Return the areas that can be chosen: those above the chosen one, itself, and those right below."""
    with state.store.reading() as connection:
        below = choices_below(connection, scope.path)
        own = [code for code in scope.path.split("/") if code and f"/{code}/" not in (scope.own_path or "")]
        names = area_rows(connection, own)
    above = tuple((code, area_name(names, code, language)) for code in own)
    return (*above, *((code, language.label(labels) or code) for code, labels in below))


def _people(state: State, scope: Scope, language: Language) -> Choices:
    """Return to whom whoever looks may hand households: a supervisor to all, others to themselves."""
    if Permission.DECIDE not in scope.principal.permissions:
        return ()
    gettext, own = language.gettext, scope.principal.name
    mine = ((own, gettext("me")), ("", gettext("nobody")))
    if Permission.ASSIGN not in scope.principal.permissions:
        return mine
    with state.store.reading() as connection:
        others: Sequence[str] = [one.name for one in colleagues(connection, scope.path) if one.name != own]
    return (*mine, *((name, name) for name in others[:MOST_COLLEAGUES]))
