"""Figures of areas for which every household has to be looked at: counted when everyone is scored, and read by code."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, delete, func, insert, select

from riskmodel.service.income_growth import YearGrowth
from riskmodel.service.store.area_falls import Falls
from riskmodel.service.store.area_rows import EVERYWHERE, codes_of
from riskmodel.service.store.households import MOST_PARAMETERS, chunks, within
from riskmodel.service.store.tables import area_figures, standings


@dataclass(frozen=True, slots=True)
class Risk:
    """How many households of an area are expected to fall.

    Attributes
    ----------
    households : int
        How many are at risk.
    expected : float
        Sum of their probabilities.
    variance : float
        Of that number, where each falls or not on its own.
    """

    households: int = 0
    expected: float = 0.0
    variance: float = 0.0

    def plus(self, other: Risk) -> Risk:
        """Return the sum."""
        return Risk(self.households + other.households, self.expected + other.expected, self.variance + other.variance)


@dataclass(frozen=True, slots=True)
class AreaFigures:
    """What was counted of an area with all below it.

    Attributes
    ----------
    as_of : date
        Date of the scores.
    counted_at : datetime
        When.
    risk : Risk
        How many are expected to fall.
    fallen, last_event : int
        How many had fallen since, as told by events up to this number.
    growth : tuple of YearGrowth
        How their incomes grew, the earliest year first.
    """

    as_of: dt.date
    counted_at: dt.datetime
    risk: Risk
    fallen: int
    last_event: int
    growth: tuple[YearGrowth, ...]


def count_risk(connection: Connection, area_path: str = "") -> dict[str, Risk]:
    """Return the risk of every area within one by code, counted now; that of all households has an empty code."""
    path = standings.c.area_path
    chance = standings.c.probability
    # of all households an index only gets in the way: each row is read once, in the order in which it stands
    place = path if area_path else func.substr(path, 1)
    query = (
        select(place.label("path"), func.count(), func.sum(chance), func.sum(chance * (1 - chance)))
        .where(within(path, area_path))
        .group_by(place)
    )
    return _rolled_up({found: Risk(*counted) for found, *counted in connection.execute(query)})


def _rolled_up(by_path: Mapping[str, Risk]) -> dict[str, Risk]:
    total: dict[str, Risk] = {}
    for path, risk in sorted(by_path.items()):
        for code in codes_of(path):
            total[code] = total.get(code, Risk()).plus(risk)
    return total


def keep_figures(
    connection: Connection,
    as_of: dt.date,
    falls: Falls,
    growth: Mapping[str, Sequence[YearGrowth]],
    at: dt.datetime,
) -> None:
    """Count the risk of every area, and keep it in place of what was counted before.

    Parameters
    ----------
    connection : Connection
        Where, within the caller's transaction.
    as_of : date
        Date of the scores that stand.
    falls : Falls
        Who has fallen since.
    growth : mapping of str to sequence of YearGrowth
        How incomes grew, by area.
    at : datetime
        Now.
    """
    risk = count_risk(connection)
    connection.execute(delete(area_figures))
    rows = [
        {
            "area_code": code,
            "as_of": as_of,
            "counted_at": at,
            **asdict(risk.get(code, Risk())),
            "fallen": falls.by_area.get(code, 0),
            "last_event": falls.last_event,
            "income_growth": [[one.year, one.households, one.mean, one.median] for one in growth.get(code, ())],
        }
        for code in sorted({*risk, *falls.by_area, *growth, EVERYWHERE})
    ]
    connection.execute(insert(area_figures), rows)


def figures_of(connection: Connection, codes: Sequence[str]) -> dict[str, AreaFigures]:
    """Return what was counted of some areas, by code; those of whom there was nothing to count are left out."""
    found: dict[str, AreaFigures] = {}
    for some in chunks(codes, MOST_PARAMETERS):
        for row in connection.execute(select(area_figures).where(area_figures.c.area_code.in_(some))):
            risk = Risk(row.households, row.expected, row.variance)
            growth = tuple(YearGrowth(*one) for one in row.income_growth)
            found[row.area_code] = AreaFigures(row.as_of, row.counted_at, risk, row.fallen, row.last_event, growth)
    return found
