"""Rows of the visit list in words: where each household stands, why, and what is different from last time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from riskmodel.explain.reasons import Driver
from riskmodel.language import Language
from riskmodel.programme.calendar import zone
from riskmodel.programme.programme import AreaRow, ProgrammeFile
from riskmodel.scoring.rows import Row
from riskmodel.service.access import Principal
from riskmodel.service.asking import areas_of
from riskmodel.service.cases.deadlines import days_left
from riskmodel.service.cohorts import list_since
from riskmodel.service.pages import sentences
from riskmodel.service.pages.area_names import area_name
from riskmodel.service.pages.deciding.words import decide_deadline, origin_label
from riskmodel.service.pages.household.bands import band_label, band_level
from riskmodel.service.pages.queue.filters import Asked, status_label
from riskmodel.service.queueing import scored_now, size
from riskmodel.service.serving import Serving
from riskmodel.service.state import State
from riskmodel.service.store.households import Subject
from riskmodel.service.store.queue_rows import Filter, Listed, Status, listed

REASONS_SHOWN = 2


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
    changes : tuple of str
        What is different from last time.
    direction : str
        Of the risk, where it is told first: ``up``, ``down``, or empty.
    origin : str
        Who noticed something that nobody has decided on.
    waiting : str
        How long it has been open, and by how much that is longer than the procedure lets it; empty where somebody decided.
    overdue : bool
        Whether it is longer.
    status, assignee : str
        Where it stands, with the date of a decision that was about an earlier list; and who has it.
    """

    rank: int
    household_id: str
    area_code: str | None
    place: str
    risk: str
    level: int
    band_label: str
    reasons: tuple[str, ...]
    changes: tuple[str, ...]
    direction: str
    origin: str
    waiting: str
    overdue: bool
    status: str
    assignee: str


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


def visits_of(state: State, area_path: str) -> tuple[int, int]:
    """Return how many households of an area can be visited, and how many there are."""
    households = size(state, area_path)
    capacity = state.versions.champion().scorer.programme.file.capacity
    return (min(capacity.count(households), households) if households else 0), households


@dataclass(frozen=True, slots=True)
class Found:
    """Rows in words, and what they were made of.

    Attributes
    ----------
    rows : tuple of QueueRow
        Of the households that could be scored now.
    listed : tuple of (Listed, Subject)
        The same households as the store has them.
    read : int
        How many the list had there: fewer than were asked for where it ends.
    """

    rows: tuple[QueueRow, ...]
    listed: tuple[tuple[Listed, Subject], ...]
    read: int


def rows_of(state: State, scope: Scope, visits: int, first: int, count: int, language: Language) -> Found:
    """Return a part of what the filter leaves of the list, in words."""
    features = len(state.versions.champion().scorer.schema.features)
    with state.store.reading() as connection:
        some = listed(connection, scope.own_path, visits, scope.filter, first, count)
        since = list_since(connection)
    scored = scored_now(state, some, scope.own_path, features)
    there = [one for one in some if one.household_id in scored]
    names = areas_of(state, [scored[one.household_id][0] for one in there])
    writer = _Writer(language, names, state.now(), state.versions.champion().scorer.programme.file, since)
    rows = tuple(writer.row(one, *scored[one.household_id]) for one in there)
    return Found(rows, tuple((one, scored[one.household_id][0]) for one in there), len(some))


class _Writer:
    """Writes rows in one language, at one instant, of a list that has been there for a while."""

    def __init__(
        self,
        language: Language,
        areas: Mapping[str, AreaRow],
        now: dt.datetime,
        file: ProgrammeFile,
        since: dt.datetime | None,
    ) -> None:
        self.language, self.areas, self.now, self.since = language, areas, now, since
        self.within_days, self.time_zone = file.reviewing.decide_within_days, file.time_zone

    def row(self, one: Listed, subject: Subject, serving: Serving, score: Row) -> QueueRow:
        programme, words = serving.scorer.programme, serving.words[self.language.code]
        raising = [reason for reason in score["reasons"] if reason["log_odds"] > 0][:REASONS_SHOWN]
        moved, direction = self._moved(one, score["probability"], programme.file.change_step)
        waiting, overdue = self._waiting(one)
        return QueueRow(
            one.rank,
            one.household_id,
            subject.area_code,
            area_name(self.areas, subject.area_code, self.language),
            sentences.of_hundred(self.language, score["probability"]),
            band_level(programme, score["band"]),
            band_label(programme, score["band"], self.language),
            tuple(words.fact(Driver.of(reason)) for reason in raising),
            tuple(words for words in (moved, self._entered(one)) if words),
            direction,
            origin_label(self.language, one.origin) if one.origin and one.open_since is not None else "",
            waiting,
            overdue,
            self._status(one),
            one.assignee or "",
        )

    def _moved(self, one: Listed, probability: float, step: float) -> tuple[str, str]:
        gettext, before = self.language.gettext, one.previous_probability
        if before is None:
            return gettext("first score"), ""
        if abs(probability - before) < step:
            return "", ""
        words = sentences.of_hundred(self.language, before)
        return gettext("was %(risk)s", risk=words), "up" if probability > before else "down"

    def _entered(self, one: Listed) -> str:
        entered = one.previous_probability is not None and one.band_since >= one.scored_at
        return self.language.gettext("new in this band") if entered else ""

    def _status(self, one: Listed) -> str:
        words, at = status_label(self.language, one.status), one.decided_at
        if one.status is Status.OPEN or at is None or self.since is None or at >= self.since:
            return words
        day = self.language.date(at.astimezone(zone(self.time_zone)).date())
        return self.language.gettext("%(status)s (decided on %(day)s)", status=words, day=day)

    def _waiting(self, one: Listed) -> tuple[str, bool]:
        since, language = one.open_since, self.language
        if since is None:
            return "", False
        days = max(0, -days_left(since, self.now, 0, self.time_zone))
        if not days:
            return language.gettext("waiting since today"), False
        number = language.number(days, 0)
        deadline = decide_deadline(language, one.waiting_since, self.now, self.within_days, self.time_zone)
        if deadline is None or not deadline.overdue:
            return language.ngettext("%(days)s day waiting", "%(days)s days waiting", days, days=number), False
        return language.ngettext(
            "%(overdue)s (%(days)s day waiting)",
            "%(overdue)s (%(days)s days waiting)",
            days,
            overdue=deadline.text,
            days=number,
        ), True
