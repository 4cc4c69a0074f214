"""What the page of the queue shows, ready for its template."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from riskmodel.explain.reasons import Driver
from riskmodel.language import Language
from riskmodel.programme.programme import AreaRow
from riskmodel.service.pages import sentences
from riskmodel.service.pages.area_names import area_name
from riskmodel.service.pages.household.view import band_label, band_level
from riskmodel.service.queueing import Place, areas, places, size
from riskmodel.service.state import State
from riskmodel.service.store.households import area_rows

PAGE_ROWS = 25
REASONS_SHOWN = 2


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One household of the queue."""

    rank: int
    household_id: str
    area_code: str | None
    place: str
    risk: str
    level: int
    band_label: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class QueueView:
    """One page of the queue.

    Attributes
    ----------
    rows : tuple of QueueRow
        Households of this page.
    page, pages : int
        Which page of how many; the first is 1.
    visits, cohort_size : str
        How many can be visited, of how many.
    area : str or None
        Code of the area that is shown, if not all are.
    place : str
        Its name.
    as_of, version : str
        Date of the data and model.
    pseudonyms : tuple of str
        Of the households, for the audit.
    """

    rows: tuple[QueueRow, ...]
    page: int
    pages: int
    visits: str
    cohort_size: str
    area: str | None
    place: str
    as_of: str
    version: str
    pseudonyms: tuple[str, ...]


def queue_view(state: State, area_path: str, area: str | None, page: int, language: Language) -> QueueView:
    """Return one page of the queue at the programme's capacity; a page beyond the end is the last one.

    Parameters
    ----------
    state : State
        The store and the models.
    area_path : str
        The area that may be seen.
    area : str or None
        Code of the area that was chosen.
    page : int
        Which page; the first is 1.
    language : Language
        Of the words.
    """
    champion = state.versions.champion().scorer
    households = size(state, area_path)
    visits = min(champion.programme.file.capacity.count(households), households) if households else 0
    pages = max(1, -(-visits // PAGE_ROWS))
    page = min(page, pages)
    first = (page - 1) * PAGE_ROWS
    count = min(PAGE_ROWS, visits - first)
    found = places(state, area_path, first, count, len(champion.schema.features)) if count else []
    names = areas(state, found)
    rows = tuple(_row(place, names, language) for place in found)
    latest = max((place.score["as_of"] for place in found), default=None)
    return QueueView(
        rows,
        page,
        pages,
        language.number(visits, 0),
        language.number(households, 0),
        area if households else None,
        _chosen(state, area, language) if households else "",
        language.date(dt.date.fromisoformat(latest)) if latest else "",
        found[0].serving.scorer.id.version if found else champion.id.version,
        tuple(place.subject.pseudonym for place in found),
    )


def _chosen(state: State, area: str | None, language: Language) -> str:
    with state.store.reading() as connection:
        return area_name(area_rows(connection, [area or ""]), area, language)


def _row(place: Place, names: Mapping[str, AreaRow], language: Language) -> QueueRow:
    programme, words, score = place.serving.scorer.programme, place.serving.words[language.code], place.score
    drivers = [Driver.of(reason) for reason in score["reasons"]]
    raising = [driver for driver in drivers if driver.log_odds > 0][:REASONS_SHOWN]
    return QueueRow(
        place.rank,
        score["household_id"],
        place.subject.area_code,
        area_name(names, place.subject.area_code, language),
        sentences.of_hundred(language, score["probability"]),
        band_level(programme, score["band"]),
        band_label(programme, score["band"], language),
        tuple(words.fact(driver) for driver in raising),
    )
