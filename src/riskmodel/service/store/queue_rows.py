"""The visit list: the households that can be visited, the highest risk first, and what is left of them by a filter."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, Row, Select, false, func, literal, or_, select, tuple_

from riskmodel.service.access import Origin
from riskmodel.service.cases.ending import MONITORING_ENDED
from riskmodel.service.store.decisions import Outcome
from riskmodel.service.store.households import within
from riskmodel.service.store.tables import areas, cases, households, scores, standings

NOBODY = ""
"""In place of a name: of those that nobody has."""
MOST_FOUND = 20
_AFTER_ALL = "\U0010ffff"
_CASE = cases.c["waiting_since", "origin", "outcome", "decided_at", "assignee"]


class Status(StrEnum):
    """Where a household of the list stands."""

    OPEN = "open"
    NEEDS_VISIT = Outcome.NEEDS_VISIT.value
    MONITOR = Outcome.MONITOR.value
    NOT_NOW = Outcome.NOT_NOW.value
    WRONG_DATA = Outcome.WRONG_DATA.value
    ENDED = MONITORING_ENDED


_PENDING = (Status.NEEDS_VISIT.value, Status.WRONG_DATA.value)
"""Decisions that are no finding: what was noticed before goes on waiting for one."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which households of the list are shown; all where nothing is given.

    Attributes
    ----------
    area_path : str
        Those that live in an area.
    band, group : str or None
        Of a band, or whose risk is raised most by a factor group.
    origin : Origin or None
        Of whom somebody noticed something that nobody has decided on.
    status : Status or None
        Where they stand.
    assignee : str or None
        Who has them; :data:`NOBODY` for those that nobody has.
    """

    area_path: str = ""
    band: str | None = None
    group: str | None = None
    origin: Origin | None = None
    status: Status | None = None
    assignee: str | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """A household of the list.

    Attributes
    ----------
    rank : int
        Its place in the whole list; the first is 1.
    household : int
        Its number.
    household_id : str
        Its id.
    as_of, version : date, str
        Of the score that counts now.
    band_since : datetime
        Since when it has been in its band.
    scored_at : datetime
        When that score was made.
    previous_probability : float or None
        Of the score before; None for its first.
    waiting_since : datetime or None
        The first sign that nobody has decided on.
    origin : str or None
        Who noticed it.
    outcome, decided_at : str or None, datetime or None
        What was decided last, and when.
    assignee : str or None
        Who has it.
    """

    rank: int
    household: int
    household_id: str
    as_of: dt.date
    version: str
    band_since: dt.datetime
    scored_at: dt.datetime
    previous_probability: float | None
    waiting_since: dt.datetime | None
    origin: str | None
    outcome: str | None
    decided_at: dt.datetime | None
    assignee: str | None

    @property
    def status(self) -> Status:
        """Where it stands; open again when something was noticed since the last decision.

        What was planned or is to be corrected stands as such, although the first sign goes on waiting.
        """
        if self.outcome is None or self.decided_at is None:
            return Status.OPEN
        planned = self.outcome in _PENDING
        if self.waiting_since is not None and (not planned or self.waiting_since > self.decided_at):
            return Status.OPEN
        return Status(self.outcome)

    @property
    def open_since(self) -> dt.datetime | None:
        """Since when a finding is due; None where there is one."""
        return self.waiting_since or (self.band_since if self.status is Status.OPEN else None)


def listed(connection: Connection, area_path: str, visits: int, wanted: Filter, first: int, count: int) -> list[Listed]:
    """Return a part of what a filter leaves of the list, in its order.

    Parameters
    ----------
    connection : Connection
        Of the store.
    area_path : str
        The area whose list it is; empty for everything.
    visits : int
        How many households can be visited: so long is the list.
    wanted : Filter
        What is shown of it.
    first, count : int
        Which part of that; the first is 0.
    """
    kept = (
        select(*standings.c["household", "negative_log_odds", "household_id"], *_CASE)
        .select_from(standings.outerjoin(cases, cases.c.household == standings.c.household))
        .where(on_list(connection, area_path, visits), *_conditions(wanted))
        .order_by(*_order(standings))
        .offset(first)
        .limit(count)
    ).subquery("kept")
    # the rest is looked up of those alone that are shown
    query = (
        select(*kept.c, *standings.c["as_of", "version", "band_since"], *scores.c["scored_at", "previous_probability"])
        .join(standings, standings.c.household == kept.c.household)
        .join(scores, scores.c.score == standings.c.score)
        .order_by(*_order(kept))
    )
    rows = connection.execute(query).all()
    ranks = _ranks(connection, area_path, rows)
    return [
        Listed(rank, *(getattr(row, one.name) for one in fields(Listed)[1:]))
        for rank, row in zip(ranks, rows, strict=True)
    ]


def count_listed(connection: Connection, area_path: str, visits: int, wanted: Filter) -> int:
    """Return how many households a filter leaves of the list."""
    query = select(func.count()).select_from(standings.outerjoin(cases, cases.c.household == standings.c.household))
    query = query.where(on_list(connection, area_path, visits), *_conditions(wanted))
    return connection.execute(query).scalar_one()


def anybody_listed(connection: Connection) -> bool:
    """Tell whether any household has a score."""
    return connection.execute(select(standings.c.household).limit(1)).first() is not None


def search(connection: Connection, area_path: str, text: str) -> list[str]:
    """Return ids of households that begin with a text, in order; at most :data:`MOST_FOUND`.

    Within an area no more is read than the first of them in each place below it: a beginning that most households of other
    areas share costs nothing.
    """
    if not area_path:
        return list(connection.execute(_first_of(text)).scalars())
    found = [
        one
        for code in _first_places(connection, area_path, text)
        for one in connection.execute(_first_of(text).where(households.c.area_code == code)).scalars()
    ]
    return sorted(found)[:MOST_FOUND]


def _first_of(text: str) -> Select[str]:
    own = households.c.household_id
    return select(own).where(own >= text, own < text + _AFTER_ALL).order_by(own).limit(MOST_FOUND)


def _first_places(connection: Connection, area_path: str, text: str) -> list[str]:
    """Return the places within an area whose first id comes first: in others, none of those that are shown can be."""
    first = _first_of(text).where(households.c.area_code == areas.c.area_code).limit(1).scalar_subquery()
    places = select(areas.c.area_code, first.label("first")).where(within(areas.c.path, area_path)).subquery("places")
    query = select(places.c.area_code).where(places.c.first.is_not(None)).order_by(places.c.first).limit(MOST_FOUND)
    return list(connection.execute(query).scalars())


def on_list(connection: Connection, area_path: str, visits: int) -> ColumnElement[bool]:
    """Return the condition that a household is on the list: in its area, and not after the last one to be visited.

    One index holds all that is asked, in the order of the list, so that a page is read as far as it goes and no further.
    """
    own = within(standings.c.area_path, area_path)
    if visits <= 0:
        return false()
    query = select(*_order(standings)).where(own).order_by(*_order(standings)).offset(visits - 1).limit(1)
    last = connection.execute(query).first()
    return own if last is None else own & _until(*last)


def _order(rows: FromClause) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    return rows.c.negative_log_odds, rows.c.household_id


def _until(negative_log_odds: float, household_id: str) -> ColumnElement[bool]:
    return tuple_(*_order(standings)) <= tuple_(literal(negative_log_odds), literal(household_id))


def _ranks(connection: Connection, area_path: str, rows: Sequence[Row[Any]]) -> list[int]:
    """Return the places of some households in the whole list, which are in its order."""
    if not rows:
        return []
    rank = func.row_number().over(order_by=_order(standings)).label("rank")
    before = (
        select(standings.c.household, rank)
        .where(within(standings.c.area_path, area_path), _until(rows[-1].negative_log_odds, rows[-1].household_id))
        .subquery("before")
    )
    query = select(before.c.rank).where(before.c.household.in_([row.household for row in rows]))
    return sorted(connection.execute(query).scalars())


def _conditions(wanted: Filter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.area_path:
        found.append(within(standings.c.area_path, wanted.area_path))
    if wanted.band is not None:
        found.append(standings.c.band == wanted.band)
    if wanted.group is not None:
        found.append(standings.c.leading_group == wanted.group)
    if wanted.origin is not None:
        found.append(cases.c.origin == wanted.origin.value)
    if wanted.status is not None:
        found.append(_stands(wanted.status))
    if wanted.assignee is not None:
        found.append(cases.c.assignee == wanted.assignee if wanted.assignee else cases.c.assignee.is_(None))
    return found


def _stands(status: Status) -> ColumnElement[bool]:
    planned = cases.c.outcome.in_(_PENDING) & (cases.c.waiting_since <= cases.c.decided_at)
    waits = cases.c.waiting_since.is_not(None) & ~planned
    if status is Status.OPEN:
        return or_(cases.c.outcome.is_(None), waits)
    return (cases.c.outcome == status.value) & ~waits
