"""How good alerts are: how many were followed by a fall, how many falls they came before, and how early."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from riskmodel.bench.alerts.months import Falls
from riskmodel.bench.alerts.raising import RULES, WAYS, Raised
from riskmodel.evaluation.intervals import middle
from riskmodel.evaluation.ranking import Interval

Values = npt.NDArray[np.float64]

MONTHS_BEFORE = 12
"""An alert warns of a fall within so many months after it."""

FIRST_DAY, MOST_DAYS = np.datetime64("0001-01-01", "D"), 4_000_000
DRAWS = 1000
PRECISION, RECALL, DAYS = "precision", "recall", "days"
FIGURES = (PRECISION, RECALL, DAYS)


@dataclass(frozen=True, slots=True)
class Tally:
    """One county's alerts held against its falls; ways stand in the order of :data:`~.raising.WAYS`.

    Attributes
    ----------
    seed, households : int
        Which county, and its size.
    at_risk, fell : int
        Households at risk in the months that count, once for each month, with a known outcome; and those that fell.
    raised, unknown, again : mapping of way to int
        Alerts that count, those of them whose outcome is unknown, and those of a household that was told of in the same
        month already.
    reached : mapping of way to int
        Different households among them.
    known, hits : ndarray of float, shape (households, n_ways)
        Alerts with a known outcome, and those that were followed by a fall.
    falls : ndarray of int, shape (n_falls,)
        Household of each fall that counts.
    cause : ndarray of object, shape (n_falls,)
        Its recorded cause.
    days : ndarray of float, shape (n_falls, n_ways)
        Days from the first alert of the year before to the fall; NaN without.
    """

    seed: int
    households: int
    at_risk: int
    fell: int
    raised: Mapping[str, int]
    unknown: Mapping[str, int]
    again: Mapping[str, int]
    reached: Mapping[str, int]
    known: Values
    hits: Values
    falls: npt.NDArray[np.int64]
    cause: np.ndarray
    days: Values


def days_of_warning(raised: Raised, falls: Falls) -> Values:
    """Return the days from the first alert of the year before each fall to the fall; NaN where there was none.

    An alert of the day itself is no warning, and one before the household's last fall was of that one. The year is
    the alert's own window: a fall on 2024-03-15 is warned of from 2023-04-01 on, whose twelve months still hold it.
    """
    months = falls.day.astype("datetime64[M]") - (MONTHS_BEFORE - 1)
    since = _place(falls.household, months.astype("datetime64[D]"))
    falling = _place(falls.household, falls.day)
    same = falls.household[1:] == falls.household[:-1]
    since[1:][same] = np.maximum(since[1:], falling[:-1])[same]
    alerts = np.append(np.sort(_place(raised.household, raised.day)), np.iinfo(np.int64).max)
    first = alerts[np.searchsorted(alerts, since)]
    return np.where(first < falling, (falling - first).astype("float64"), np.nan)


def _place(household: npt.NDArray[np.int64], day: np.ndarray) -> npt.NDArray[np.int64]:
    """Return numbers that order households and, within them, days."""
    return np.asarray(household * MOST_DAYS + (day - FIRST_DAY).astype("int64"), dtype="int64")


def per_household(raised: Raised, households: int) -> tuple[Values, Values]:
    """Return each household's alerts with a known outcome that count, and how many were followed by a fall."""
    counted = raised.counts & ~np.isnan(raised.outcome)
    who = raised.household[counted]
    known = np.bincount(who, minlength=households).astype("float64")
    return known, np.bincount(who, raised.outcome[counted], minlength=households).astype("float64")


@dataclass(frozen=True, slots=True)
class Result:
    """One way's figures over all counties.

    Attributes
    ----------
    figures : mapping of str to Interval
        ``precision``: share of alerts that were followed by a fall within the year; ``recall``: share of falls with an
        alert in the year before; ``days``: median days of warning of those.
    minus_rules : mapping of str to Interval
        The same less those of rules alone, on the same draws.
    """

    figures: Mapping[str, Interval]
    minus_rules: Mapping[str, Interval]


def compare_ways(tallies: Sequence[Tally], rng: np.random.Generator, draws: int = DRAWS) -> Mapping[str, Result]:
    """Measure every way on the same draws of households, each county's drawn from its own."""
    point = _measure(tallies, [np.ones(one.households, dtype="int64") for one in tallies])
    drawn = np.stack([_measure(tallies, [_draw(one.households, rng) for one in tallies]) for _ in range(draws)])
    rules = WAYS.index(RULES)
    return {
        way: Result(
            {name: middle(point[at, row], drawn[:, at, row]) for row, name in enumerate(FIGURES)},
            {
                name: middle(point[at, row] - point[rules, row], drawn[:, at, row] - drawn[:, rules, row])
                for row, name in enumerate(FIGURES)
            },
        )
        for at, way in enumerate(WAYS)
    }


def _draw(households: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    return np.bincount(rng.integers(0, households, households), minlength=households)


def _measure(tallies: Sequence[Tally], times: Sequence[npt.NDArray[np.int64]]) -> Values:
    """Return figures by way, shape (n_ways, n_figures), each household counted so many times."""
    pairs = list(zip(tallies, times, strict=True))
    known = np.sum([count @ one.known for one, count in pairs], axis=0)
    hits = np.sum([count @ one.hits for one, count in pairs], axis=0)
    falls = np.concatenate([count[one.falls] for one, count in pairs])
    days = np.repeat(np.vstack([one.days for one in tallies]), falls, axis=0)
    warned = ~np.isnan(days)
    with np.errstate(invalid="ignore"):  # nobody drawn, so nothing to tell: NaN, which counts for no interval
        precision, recall = hits / known, warned.sum(axis=0) / np.float64(len(days))
    medians = [float(np.median(days[here, at])) if here.any() else float("nan") for at, here in enumerate(warned.T)]
    return np.column_stack([precision, recall, medians])
