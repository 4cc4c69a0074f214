"""What is to be followed up: read from cases alone, each kind along an index of its own, no further than a page goes.

What waits on the visit list is left to that list; here are the signs about everybody else, and what was promised to anybody.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    case,
    false,
    func,
    literal,
    not_,
    or_,
    select,
    true,
    tuple_,
)

from riskmodel.service.cases.follow_ups import Kind, Mark, Terms, Value, order_of
from riskmodel.service.store.decisions import Outcome
from riskmodel.service.store.households import within
from riskmodel.service.store.queue_rows import on_list
from riskmodel.service.store.tables import cases, standings

MOST_COUNTED = 2_000
"""Of one kind: of more it is only said that there are more, so that counting ends."""
_BY: Mapping[Kind, ColumnElement[Any]] = {
    Kind.SIGN: cases.c.waiting_since,
    Kind.VISIT: cases.c.next_on,
    Kind.ANSWER: cases.c.answer_by,
    Kind.MONITORED: cases.c.decided_at,
    Kind.HELP: cases.c.help_since,
}
_SINCE: Mapping[Kind, ColumnElement[Any]] = {**_BY, Kind.VISIT: cases.c.decided_at, Kind.ANSWER: cases.c.appeal_on}


@dataclass(frozen=True, slots=True)
class Looking:
    """Whose visit list the signs are not on, and what is shown of the rest.

    Attributes
    ----------
    own_path : str
        The area whose visit list it is; empty for everything.
    visits : int
        How long that list is.
    area_path : str
        Those that live in an area, within it.
    assignee : str or None
        Who has them; empty for those that nobody has, None for all.
    """

    own_path: str
    visits: int
    area_path: str = ""
    assignee: str | None = None


@dataclass(frozen=True, slots=True)
class FollowUp:
    """One thing that is to be followed up.

    Attributes
    ----------
    mark : Mark
        What it is, of which household, and its place in the list.
    due : date or None
        Its last day.
    since : datetime or date or None
        Since when it is so.
    origin : str or None
        Who noticed the sign.
    assignee : str or None
        Who has the household.
    """

    mark: Mark
    due: dt.date | None
    since: Value | None
    origin: str | None
    assignee: str | None


@dataclass(frozen=True, slots=True)
class Count:
    """How many things of a kind there are, and how many of them are overdue; more than :data:`MOST_COUNTED` are not told apart."""

    all: int
    overdue: int


def follow_ups(
    connection: Connection,
    looking: Looking,
    terms: Terms,
    kinds: Sequence[Kind],
    count: int,
    *,
    overdue: bool = False,
    after: Mark | None = None,
) -> list[FollowUp]:
    """Return a part of the list, the most overdue first.

    Parameters
    ----------
    connection : Connection
        Of the store.
    looking : Looking
        Whose list.
    terms : Terms
        From when on something is overdue.
    kinds : sequence of Kind
        What is shown.
    count : int
        At most how many.
    overdue : bool
        Whether only what is overdue.
    after : Mark or None
        Where the part before ended; None for the head.
    """
    found: list[FollowUp] = []
    for kind in kinds:
        query = _rows(connection, looking, kind, _SINCE[kind].label("since"), cases.c.origin, cases.c.assignee)
        for condition in (_overdue(kind, terms) if overdue else None, _after(kind, terms, after) if after else None):
            query = query if condition is None else query.where(condition)
        rows = connection.execute(query.order_by(_BY[kind], cases.c.household).limit(count))
        found += [_follow_up(kind, row, terms) for row in rows]
    return sorted(found, key=lambda one: terms.place(one.mark))[:count]


def count_follow_ups(connection: Connection, looking: Looking, terms: Terms, kind: Kind) -> Count:
    """Return how many things of a kind are to be followed up.

    Parameters
    ----------
    connection : Connection
        Of the store.
    looking : Looking
        Whose list.
    terms : Terms
        From when on something is overdue.
    kind : Kind
        Which.
    """
    # in the order of the index, so that those that are overdue come first and are all among them
    some = _rows(connection, looking, kind).order_by(_BY[kind]).limit(MOST_COUNTED + 1).subquery("some")
    first = terms.first_due_on(kind, terms.today)
    late = false() if first is None else some.c.value < literal(first, _BY[kind].type)
    query = select(func.count(), func.coalesce(func.sum(case((late, 1), else_=0)), 0)).select_from(some)
    return Count(*connection.execute(query).one())


def _rows(connection: Connection, looking: Looking, kind: Kind, *columns: ColumnElement[Any]) -> Select[Any]:
    query = select(cases.c.household, _BY[kind].label("value"), *columns).where(
        _BY[kind].is_not(None), within(cases.c.area_path, looking.area_path or looking.own_path)
    )
    if looking.assignee is not None:
        query = query.where(cases.c.assignee == looking.assignee if looking.assignee else cases.c.assignee.is_(None))
    if kind is Kind.MONITORED:
        return query.where(cases.c.outcome == Outcome.MONITOR.value)
    if kind is Kind.SIGN:
        listed = on_list(connection, looking.own_path, looking.visits)
        there = query.select_from(cases.outerjoin(standings, standings.c.household == cases.c.household))
        return there.where(or_(standings.c.household.is_(None), not_(listed)))
    return query


def _overdue(kind: Kind, terms: Terms) -> ColumnElement[bool]:
    first = terms.first_due_on(kind, terms.today)
    return false() if first is None else _BY[kind] < literal(first, _BY[kind].type)


def _after(kind: Kind, terms: Terms, mark: Mark) -> ColumnElement[bool]:
    """Return the condition that a row of a kind comes after a place in the list."""
    column = _BY[kind]
    if kind is mark.kind:
        return tuple_(column, cases.c.household) > tuple_(literal(mark.value, column.type), literal(mark.household))
    due, later = terms.due(mark.kind, mark.value), order_of(kind) > order_of(mark.kind)
    if due is None:
        dated = terms.first_due_on(kind, terms.today) is not None
        return true() if later and not dated else false()
    first = terms.first_due_on(kind, due if later else due + dt.timedelta(1))
    return true() if first is None else column >= literal(first, column.type)


def _follow_up(kind: Kind, row: Row[Any], terms: Terms) -> FollowUp:
    return FollowUp(
        Mark(kind, row.value, row.household), terms.due(kind, row.value), row.since, row.origin, row.assignee
    )
