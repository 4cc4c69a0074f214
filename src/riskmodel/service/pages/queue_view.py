"""What the page of the queue shows, ready for its template."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from riskmodel.explain.reasons import Driver
from riskmodel.language import Language
from riskmodel.service.cohort import Cohort
from riskmodel.service.pages import sentences
from riskmodel.service.pages.household_view import band_label, band_level

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


def queue_view(cohort: Cohort, area: str | None, page: int, language: Language) -> QueueView:
    """Return one page of the queue at the programme's capacity; a page beyond the end is the last one."""
    queue = cohort.queue(area)
    capacity = cohort.scorer.programme.file.capacity
    visits = min(capacity.count(len(queue)), len(queue)) if len(queue) else 0
    pages = max(1, -(-visits // PAGE_ROWS))
    page = min(page, pages)
    first = (page - 1) * PAGE_ROWS
    shown = queue[first : min(first + PAGE_ROWS, visits)]
    every_feature = len(cohort.scorer.schema.features)
    scores = cohort.scorer.score_rows(cohort.some(shown), every_feature) if len(shown) else []
    rows = tuple(
        _row(cohort, rank, cohort.areas[row], score, language)
        for rank, (row, score) in enumerate(zip(shown, scores, strict=True), start=first + 1)
    )
    latest = max((score["as_of"] for score in scores), default=None)
    return QueueView(
        rows,
        page,
        pages,
        language.number(visits, 0),
        language.number(len(queue), 0),
        area if len(queue) else None,
        cohort.area_name(area, language) if len(queue) else "",
        language.date(dt.date.fromisoformat(latest)) if latest else "",
        cohort.scorer.id.version,
    )


def _row(cohort: Cohort, rank: int, area: str | None, score: dict[str, Any], language: Language) -> QueueRow:
    words = cohort.words[language.code]
    drivers = [Driver.of(reason) for reason in score["reasons"]]
    raising = [driver for driver in drivers if driver.log_odds > 0][:REASONS_SHOWN]
    return QueueRow(
        rank,
        score["household_id"],
        area,
        cohort.area_name(area, language),
        sentences.of_hundred(language, score["probability"]),
        band_level(cohort.scorer.programme, score["band"]),
        band_label(cohort.scorer.programme, score["band"], language),
        tuple(words.fact(driver) for driver in raising),
    )
