"""How incomes of households grow from year to year, area by area: only of those known in both years. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskmodel.features.timeline import Timeline
from riskmodel.programme.programme import Programme

FEWEST, MOST_YEARS = 30, 6
"""Households below which nothing is said of an area, and years that are told."""
YEARS = 10_000
"""More than any year's number: area and year are one number, by which rows are sorted."""


@dataclass(frozen=True, slots=True)
class YearGrowth:
    """Growth of the incomes of an area's households over the year before, as shares.

    Attributes
    ----------
    year : int
        The later of the two years.
    households : int
        How many are known in both.
    mean, median : float or None
        Growth of the mean and of the median; None where there are too few.
    """

    year: int
    households: int
    mean: float | None
    median: float | None


@dataclass(frozen=True, slots=True, eq=False)
class IncomePairs:
    """Incomes of households in two years that follow one another, one row a household and pair of years.

    Attributes
    ----------
    area_code : ndarray of object, shape (n,)
        Where the household lives.
    year : ndarray of int16, shape (n,)
        The later year.
    before, after : ndarray of float32, shape (n,)
        Incomes of the year before and of the year.
    """

    area_code: npt.NDArray[np.object_]
    year: npt.NDArray[np.int16]
    before: npt.NDArray[np.float32]
    after: npt.NDArray[np.float32]


def income_pairs(programme: Programme, line: Timeline, as_of: dt.date) -> IncomePairs | None:
    """Return the incomes that were known on a date; None where the programme holds none against anything.

    Parameters
    ----------
    programme : Programme
        Which column.
    line : Timeline
        What was recorded.
    as_of : date
        Cut-off, exclusive.
    """
    wanted = programme.file.reviewing.income_growth
    column = programme.dictionary.column(wanted.column) if wanted is not None else None
    if column is None:
        return None
    rows = line.observations[column.table]
    known = rows.known(as_of, column.known_after_days)
    income = np.asarray(rows.columns[column.name], dtype="float64")[known]
    year = rows.day[known].astype("datetime64[Y]").astype("int64") + 1970
    table = pd.DataFrame({"household": rows.household[known], "year": year, "income": income}).dropna()
    # periods shorter than a year are put together by their mean
    yearly = table.groupby(["household", "year"], as_index=False)["income"].mean()
    yearly = yearly[yearly["year"] >= as_of.year - MOST_YEARS - 1]
    earlier = yearly.assign(year=yearly["year"] + 1).rename(columns={"income": "before"})
    both = yearly.merge(earlier, on=["household", "year"])
    home = line.households["area_code"].to_numpy(dtype=object)
    return IncomePairs(
        home[both["household"].to_numpy()],
        both["year"].to_numpy(dtype="int16"),
        both["before"].to_numpy(dtype="float32"),
        both["income"].to_numpy(dtype="float32"),
    )


def growth_by_area(parts: Iterable[IncomePairs], paths: Mapping[str, str]) -> dict[str, tuple[YearGrowth, ...]]:
    """Return the growth of every area with all below it, by code; that of all households has an empty code.

    Parameters
    ----------
    parts : iterable of IncomePairs
        Of all households, each once.
    paths : mapping of str to str
        Path of each area by code.
    """
    rows = _joined(parts)
    found: dict[str, tuple[YearGrowth, ...]] = {}
    if rows is None:
        return found
    chains = {code: ("", *(one for one in path.split("/") if one)) for code, path in paths.items()}
    for level in range(max((len(chain) for chain in chains.values()), default=0)):
        found |= _at_level(rows, {code: chain[level] for code, chain in chains.items() if len(chain) > level})
    return found


@dataclass(frozen=True, slots=True, eq=False)
class _Joined:
    """All pairs; where each household lives is a position in ``codes``."""

    codes: npt.NDArray[np.object_]
    home: npt.NDArray[np.int64]
    year: npt.NDArray[np.int16]
    before: npt.NDArray[np.float32]
    after: npt.NDArray[np.float32]


def _joined(parts: Iterable[IncomePairs]) -> _Joined | None:
    listed = list(parts)
    if not listed:
        return None
    home, codes = pd.factorize(np.concatenate([one.area_code for one in listed]))
    year, before, after = (
        np.concatenate([getattr(one, name) for one in listed]) for name in ("year", "before", "after")
    )
    return _Joined(codes, home.astype("int64"), year, before, after)


def _at_level(rows: _Joined, area_of: Mapping[str, str]) -> dict[str, tuple[YearGrowth, ...]]:
    """Return the growth of the areas of one level; ``area_of`` names the one that each place lies in."""
    areas = sorted(set(area_of.values()))
    position = {code: place for place, code in enumerate(areas)}
    own = np.array([position[area_of[code]] if code in area_of else -1 for code in rows.codes])
    group = own[rows.home] * YEARS + rows.year
    order = np.argsort(group, kind="stable")
    order = order[np.searchsorted(group[order], 0) :]
    group = group[order]
    bounds = np.flatnonzero(np.diff(group, prepend=-1, append=-1))
    found: dict[str, list[YearGrowth]] = {}
    for first, last in pairwise(bounds):
        area, year = divmod(int(group[first]), YEARS)
        some = order[first:last]
        found.setdefault(areas[area], []).append(_growth(year, rows.before[some], rows.after[some]))
    return {code: tuple(growth) for code, growth in found.items()}


def _growth(year: int, before: npt.NDArray[np.float32], after: npt.NDArray[np.float32]) -> YearGrowth:
    if len(before) < FEWEST:
        return YearGrowth(year, len(before), None, None)
    mean = _share(float(before.mean(dtype="float64")), float(after.mean(dtype="float64")))
    return YearGrowth(year, len(before), mean, _share(float(np.median(before)), float(np.median(after))))


def _share(before: float, after: float) -> float | None:
    return after / before - 1 if before > 0 else None
