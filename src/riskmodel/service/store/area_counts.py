"""How far people are with an area's visit list, and how they decided: counted from cases and decisions as they stand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Select, case, false, func, select

from riskmodel.service.store.decisions import Outcome
from riskmodel.service.store.households import within
from riskmodel.service.store.scores import queue_size
from riskmodel.service.store.tables import areas, cases, decisions, events, households, standings

MOST_BY_AREA = 50_000
"""Households of an area up to which they are looked up by area; of more, by the order of the list."""


@dataclass(frozen=True, slots=True)
class ListPart:
    """Households of a visit list that live in one place and whose risk the same factor group raises most.

    Attributes
    ----------
    area_path, group : str
        Which ones.
    listed, decided, planned, assigned, overdue : int
        How many there are; of how many somebody has decided since the list came to be; to how many a visit was planned since
        then, which leaves the decision open; how many somebody has; and of how many a sign waits for longer than it should.
    """

    area_path: str
    group: str
    listed: int
    decided: int
    planned: int
    assigned: int
    overdue: int


@dataclass(frozen=True, slots=True)
class Place:
    """An area, and how its households are best looked up.

    Attributes
    ----------
    path : str
        Of the area; empty for everything.
    households : int
        How many of its households have a score.
    """

    path: str
    households: int

    def holds(self, path: ColumnElement[str]) -> ColumnElement[bool]:
        """Return the condition that a path lies in it."""
        if self.households <= MOST_BY_AREA or not self.path:
            return within(path, self.path)
        # no index finds this, so that the one by risk is taken: it ends after as many rows as the list has
        return func.substr(path, 1, len(self.path)) == self.path


def place_of(connection: Connection, area_path: str) -> Place:
    """Return an area with the number of its households."""
    return Place(area_path, queue_size(connection, area_path))


def list_parts(
    connection: Connection, place: Place, visits: int, since: dt.datetime, overdue_before: dt.datetime | None
) -> list[ListPart]:
    """Return where the households of a visit list live, what raises their risk, and how far people are with them.

    Parameters
    ----------
    connection : Connection
        Of the store.
    place : Place
        Whose list.
    visits : int
        How long it is.
    since : datetime
        When it came to be: earlier decisions were about an earlier list.
    overdue_before : datetime or None
        A sign from before that waits for too long; None where nothing says how long.
    """
    top = _top(place, visits).subquery("visited")
    late = cases.c.waiting_since < overdue_before if overdue_before is not None else false()
    recent, planned = cases.c.decided_at >= since, cases.c.outcome == Outcome.NEEDS_VISIT.value
    counted = (
        func.count(),
        _sum(recent & ~planned),
        _sum(recent & planned),
        _sum(cases.c.assignee.is_not(None)),
        _sum(late),
    )
    # grouped by more than the column, lest its index be taken for the order
    where = top.c.area_path.concat("")
    query = (
        select(where, top.c.leading_group, *counted)
        .select_from(top.outerjoin(cases, cases.c.household == top.c.household))
        .group_by(where, top.c.leading_group)
    )
    return [ListPart(*row) for row in connection.execute(query)]


def count_visited(connection: Connection, place: Place, visits: int, kinds: Sequence[str], after: int) -> int:
    """Return how many households of a visit list were visited, as told by events.

    Parameters
    ----------
    connection : Connection
        Of the store.
    place : Place
        Whose list.
    visits : int
        How long it is.
    kinds : sequence of str
        Kinds of events, any of which tells of a visit.
    after : int
        Number of an event: only later ones count.
    """
    top = _top(place, visits).subquery("visited")
    # more than the column, lest all events of each listed household are read through its index: the later ones are fewer
    whose = events.c.household + 0
    query = select(func.count(events.c.household.distinct())).where(
        events.c.event > after, events.c.kind.in_(kinds), whose.in_(select(top.c.household))
    )
    return connection.execute(query).scalar_one()


def _top(place: Place, visits: int) -> Select[int, str, str]:
    columns = standings.c["household", "area_path", "leading_group"]
    order = standings.c.negative_log_odds, standings.c.household_id
    return select(*columns).where(place.holds(standings.c.area_path)).order_by(*order).limit(visits)


def _sum(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0))


def decided_since(connection: Connection, place: Place, since: dt.datetime) -> Mapping[tuple[str, bool | None], int]:
    """Return how many decisions were made in an area, by outcome and whether they depart from the band.

    Those that were corrected by later ones do not count.

    Parameters
    ----------
    connection : Connection
        Of the store.
    place : Place
        Where the households live.
    since : datetime
        From when on.
    """
    later = decisions.alias()
    corrected = select(later.c.decision).where(later.c.corrects == decisions.c.decision)
    query = (
        select(decisions.c.outcome, decisions.c.departs, func.count())
        .where(decisions.c.decided_at >= since, ~corrected.exists())
        .group_by(decisions.c.outcome, decisions.c.departs)
    )
    if place.path:
        homes = decisions.join(households, households.c.household == decisions.c.household).join(
            areas, areas.c.area_code == households.c.area_code
        )
        query = query.select_from(homes).where(place.holds(areas.c.path))
    return {(outcome, departs): count for outcome, departs, count in connection.execute(query)}
