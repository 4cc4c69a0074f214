"""Counts what is said of an area: what was counted when everyone was scored, and what changes from day to day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from riskmodel.programme.calendar import add_months, zone
from riskmodel.programme.programme import Programme
from riskmodel.service.cohorts import LATEST_COHORT, list_since
from riskmodel.service.state import State
from riskmodel.service.store.area_counts import ListPart, Place, count_visited, decided_since, list_parts, place_of
from riskmodel.service.store.area_falls import count_falls, fall_of, last_event_number
from riskmodel.service.store.area_figures import AreaFigures, Risk, count_risk, figures_of
from riskmodel.service.store.area_rows import EVERYWHERE
from riskmodel.service.store.area_trees import AreaTree
from riskmodel.service.store.facts import read_fact

MOST_COUNTED_ANEW = 5_000
"""Households of an area up to which everything is counted whenever somebody looks."""
DECISIONS_MONTHS = 12
LEVELS = 2
"""How far below an area those lie that are compared."""


@dataclass(frozen=True, slots=True)
class ListCounts:
    """How far people are with a visit list.

    Attributes
    ----------
    listed, decided, planned, assigned, overdue : int
        As of :class:`~riskmodel.service.store.area_counts.ListPart`, of the whole list.
    by_group : mapping of str to int
        How many are listed, by the factor group that raises their risk most.
    by_area : mapping of str to (int, int)
        How many are listed, and of how many of those somebody has decided, by the areas one and two levels below.
    """

    listed: int
    decided: int
    planned: int
    assigned: int
    overdue: int
    by_group: Mapping[str, int]
    by_area: Mapping[str, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far people are with an area, as it changes from day to day.

    Attributes
    ----------
    counted_at : datetime
        When.
    visits : ListCounts
        The visit list.
    visited : int or None
        How many of its households were visited since everyone was scored; None where no event tells.
    fallen : int or None
        Households that have fallen since they were scored; None where no event tells.
    fallen_below : mapping of str to int
        The same by area below; none where no event tells.
    decisions : mapping of (str, bool or None) to int
        Decisions of the last months, by outcome and whether they depart from the band.
    """

    counted_at: dt.datetime
    visits: ListCounts
    visited: int | None
    fallen: int | None
    fallen_below: Mapping[str, int]
    decisions: Mapping[tuple[str, bool | None], int]


@dataclass(frozen=True, slots=True)
class AreaCounts:
    """All that is said of an area.

    Attributes
    ----------
    figures : AreaFigures
        As counted when everyone was scored.
    below : mapping of str to Risk
        How many are expected to fall in each area one or two levels below it.
    progress : Progress
        How far people are.
    """

    figures: AreaFigures
    below: Mapping[str, Risk]
    progress: Progress


def counts_of(state: State, programme: Programme, tree: AreaTree) -> AreaCounts | None:
    """Return what is said of an area; None where nobody has a score.

    Of an area with very many households, what was counted a while ago is taken, unless everyone was scored anew since.

    Parameters
    ----------
    state : State
        The store, and what was counted lately.
    programme : Programme
        Of the champion.
    tree : AreaTree
        Which area.
    """
    now, path = state.now(), tree.own.path

    def count() -> AreaCounts | None:
        with state.store.reading() as connection:
            return _counted(connection, programme, tree, now)

    with state.store.reading() as connection:
        known = figures_of(connection, [tree.own.code])
        nobody = not known and place_of(connection, path).households > MOST_COUNTED_ANEW
    many = any(one.risk.households > MOST_COUNTED_ANEW for one in known.values()) or nobody
    scored = tuple(one.counted_at for one in known.values())
    return state.counts.get((path, scored), now, count) if many else count()


def _counted(connection: Connection, programme: Programme, tree: AreaTree, now: dt.datetime) -> AreaCounts | None:
    latest = read_fact(connection, LATEST_COHORT)
    if latest is None:
        return None
    as_of, path = dt.date.fromisoformat(latest), tree.own.path
    codes = [tree.own.code, *(one.code for one in (*tree.below, *tree.deeper))]
    kept = figures_of(connection, [EVERYWHERE, *codes])
    if EVERYWHERE not in kept:
        # a store that was scored before anything was kept
        kept = {code: AreaFigures(as_of, now, risk, 0, 0, ()) for code, risk in count_risk(connection, path).items()}
    kept.setdefault(tree.own.code, AreaFigures(as_of, now, Risk(), 0, 0, ()))
    figures = {code: kept[code] for code in codes if code in kept}
    below = {code: one.risk for code, one in figures.items() if code != tree.own.code}
    return AreaCounts(kept[tree.own.code], below, _progress(connection, programme, tree, figures, now))


def _progress(
    connection: Connection, programme: Programme, tree: AreaTree, figures: Mapping[str, AreaFigures], now: dt.datetime
) -> Progress:
    place, own = place_of(connection, tree.own.path), figures[tree.own.code]
    visits = min(programme.file.capacity.count(place.households), place.households) if place.households else 0
    days = programme.file.reviewing.decide_within_days
    late = None if days is None else _midnight(programme, now, days)
    listed_since = list_since(connection) or own.counted_at
    parts: Sequence[ListPart] = list_parts(connection, place, visits, listed_since, late) if visits else ()
    since = add_months(now.date(), -DECISIONS_MONTHS)
    decisions = decided_since(connection, place, dt.datetime.combine(since, dt.time(), dt.UTC))
    fallen = _fallen(connection, programme, tree, figures)
    return Progress(
        now,
        list_counts(parts, tree.own.path),
        _visited(connection, programme, place, visits, own),
        None if fallen is None else fallen[tree.own.code],
        {} if fallen is None else {code: count for code, count in fallen.items() if code != tree.own.code},
        decisions,
    )


def _visited(connection: Connection, programme: Programme, place: Place, visits: int, own: AreaFigures) -> int | None:
    kinds = programme.file.reviewing.visited_by
    # of a store that was scored before anything was kept, nobody knows which visits came later
    if not kinds or not own.last_event:
        return None
    return count_visited(connection, place, visits, kinds, own.last_event)


def list_counts(parts: Sequence[ListPart], area_path: str) -> ListCounts:
    """Put the parts of an area's visit list together."""
    by_group, by_area = dict[str, int](), dict[str, tuple[int, int]]()
    below = len(area_path) or len("/")
    for part in parts:
        by_group[part.group] = by_group.get(part.group, 0) + part.listed
        for code in filter(None, part.area_path[below:].split("/")[:LEVELS]):
            listed, decided = by_area.get(code, (0, 0))
            by_area[code] = listed + part.listed, decided + part.decided
    return ListCounts(
        sum(part.listed for part in parts),
        sum(part.decided for part in parts),
        sum(part.planned for part in parts),
        sum(part.assigned for part in parts),
        sum(part.overdue for part in parts),
        by_group,
        by_area,
    )


def _fallen(
    connection: Connection, programme: Programme, tree: AreaTree, figures: Mapping[str, AreaFigures]
) -> dict[str, int] | None:
    """Return how many have fallen by area: those that were counted when everyone was scored, and those since."""
    own = figures[tree.own.code]
    question = fall_of(programme, own.as_of)
    if question is None:
        return None
    last = last_event_number(connection)
    later = count_falls(connection, question, own.last_event, last, tree.own.path)
    return {code: one.fallen + later.get(code, 0) for code, one in figures.items()}


def _midnight(programme: Programme, now: dt.datetime, days: int) -> dt.datetime:
    """Return the instant before which a sign came from more than so many days ago."""
    there = zone(programme.file.time_zone)
    first = now.astimezone(there).date() - dt.timedelta(days)
    return dt.datetime.combine(first, dt.time(), there)
