"""Households that fell since they were scored, area by area, as far as events tell."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, FromClause, func, select

from riskmodel.programme.calendar import add_months
from riskmodel.programme.outcome import EventWithin
from riskmodel.programme.programme import Programme
from riskmodel.service.store.area_rows import codes_of
from riskmodel.service.store.households import within
from riskmodel.service.store.tables import areas, events, households, scores


@dataclass(frozen=True, slots=True)
class Fall:
    """What counts as falling.

    Attributes
    ----------
    kinds : tuple of str
        Kinds of events, any of which tells it.
    as_of, before : date
        First day on which it counts, and the day after the last; whoever had no score as of the first was not at risk.
    """

    kinds: tuple[str, ...]
    as_of: dt.date
    before: dt.date


@dataclass(frozen=True, slots=True)
class Falls:
    """Households that have fallen since a date, as told by events up to a number.

    Attributes
    ----------
    last_event : int
        Number of the last event that was looked at; 0 where none was.
    by_area : mapping of str to int
        How many, by area.
    """

    last_event: int
    by_area: Mapping[str, int]


def fall_of(programme: Programme, as_of: dt.date) -> Fall | None:
    """Return what tells that a household fell after a date; None where no event does."""
    outcome = programme.file.outcome
    if not isinstance(outcome, EventWithin) or outcome.predict != "administrative":
        return None
    return Fall(outcome.events, as_of, add_months(as_of, outcome.main_horizon_months))


def last_event_number(connection: Connection) -> int:
    """Return the number of the last event that came; 0 where none did."""
    return connection.execute(select(func.max(events.c.event))).scalar() or 0


def count_falls(connection: Connection, question: Fall, after: int, until: int, area_path: str = "") -> dict[str, int]:
    """Return how many households of each area fell, as told by events of some numbers; who was known to before is left out.

    Parameters
    ----------
    connection : Connection
        Where.
    question : Fall
        What counts as falling.
    after, until : int
        Numbers of events: those from after the first up to the last.
    area_path : str
        The area that is looked at; empty for everything.

    Returns
    -------
    dict of str to int
        By area, with all below it; those of whom nobody fell are left out.
    """
    before = events.alias()
    known = select(before.c.event).where(
        before.c.household == events.c.household, before.c.event <= after, *_tells(before, question)
    )
    scored = select(scores.c.score).where(scores.c.household == events.c.household, scores.c.as_of == question.as_of)
    query = (
        select(areas.c.path, func.count(events.c.household.distinct()))
        .select_from(events)
        .join(households, households.c.household == events.c.household)
        .join(areas, areas.c.area_code == households.c.area_code)
        .where(events.c.event > after, events.c.event <= until, *_tells(events, question))
        .where(~known.exists(), scored.exists(), within(areas.c.path, area_path))
        .group_by(areas.c.path)
    )
    total: dict[str, int] = {}
    for path, fallen in connection.execute(query):
        for code in codes_of(path):
            total[code] = total.get(code, 0) + fallen
    return total


def _tells(table: FromClause, question: Fall) -> tuple[ColumnElement[bool], ...]:
    day = table.c.occurred_on
    return table.c.kind.in_(question.kinds), day >= question.as_of, day < question.before
