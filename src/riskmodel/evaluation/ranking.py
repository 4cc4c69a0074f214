"""How good a list is: whom would so many visits have found? With intervals from drawing households.

Every figure stands there twice. A list is a list of households, so the plain figures count each row once; those that
end in ``_weighted`` take survey weights and estimate the population.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]
METRICS = ("roc_auc", "average_precision", "recall_at_capacity", "precision_at_capacity", "lift_at_capacity")
WEIGHTED = "_weighted"
COMPARED = ("roc_auc", "average_precision", "recall_at_capacity")
"""Figures whose difference to each baseline is given too."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure with the middle 95 % of its bootstrap draws."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Rows whose outcome is known; those that are not are left out, never counted as negatives.

    Attributes
    ----------
    fell : ndarray of float, shape (n,)
        1 or 0.
    weight : ndarray of float, shape (n,)
        Survey weights.
    household : ndarray of int, shape (n,)
        Who each row is of.
    capacity_share : float
        Share of rows that can be visited.
    """

    fell: Values
    weight: Values
    household: npt.NDArray[np.int64]
    capacity_share: float


class Ranking:
    """A score's order of the rows, sorted once and measured under any weights.

    Rows with equal scores share their place: figures are the expectation over all orders within ties.
    """

    def __init__(self, score: Values, outcomes: Outcomes) -> None:
        order = np.argsort(-score, kind="stable")
        ordered = score[order]
        self._order = order
        self._starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
        self._fell = outcomes.fell[order]
        self._weight = outcomes.weight[order]
        self._capacity_share = outcomes.capacity_share

    def measure(self, times: Values | None = None) -> dict[str, float]:
        """Return every metric, each row counted ``times`` over (once where None); NaN where undefined."""
        counted = np.ones(len(self._order)) if times is None else times[self._order]
        plain = self._measure(counted, counted)
        weighted = self._measure(counted, counted * self._weight)
        return plain | {f"{name}{WEIGHTED}": figure for name, figure in weighted.items()}

    def _measure(self, counted: Values, weight: Values) -> dict[str, float]:
        fell = np.add.reduceat(weight * self._fell, self._starts)
        stayed = np.add.reduceat(weight * (1 - self._fell), self._starts)
        visits = np.add.reduceat(counted, self._starts)
        all_fell, all_stayed = fell.sum(), stayed.sum()
        if all_fell == 0 or all_stayed == 0:
            return dict.fromkeys(METRICS, float("nan"))
        found = np.cumsum(fell)
        auc = float(stayed @ (found - fell / 2)) / float(all_fell * all_stayed)
        seen = found + np.cumsum(stayed)
        precision_below = np.divide(found, seen, out=np.zeros_like(found), where=seen > 0)
        within = _share_within(visits, self._capacity_share)
        hits, listed = float(within @ fell), float(within @ (fell + stayed))
        precision = hits / listed if listed else float("nan")
        return {
            "roc_auc": auc,
            "average_precision": float(fell @ precision_below) / float(all_fell),
            "recall_at_capacity": hits / float(all_fell),
            "precision_at_capacity": precision,
            "lift_at_capacity": precision / float(all_fell / (all_fell + all_stayed)),
        }


def _share_within(visits: Values, capacity_share: float) -> Values:
    """Return which share of each group of ties fits into the capacity, from the top down."""
    places = max(1.0, np.round(capacity_share * visits.sum()))
    before = np.cumsum(visits) - visits
    fits = np.divide(places - before, visits, out=np.zeros_like(visits), where=visits > 0)
    return np.asarray(np.clip(fits, 0.0, 1.0))


def household_draws(household: npt.NDArray[np.int64], draws: int, rng: np.random.Generator) -> Values:
    """Draw households with replacement.

    Returns
    -------
    ndarray of float, shape (draws, n)
        How often each row counts in each draw; all rows of a household count alike.
    """
    places = np.unique(household, return_inverse=True)[1]
    n = int(places.max()) + 1
    return np.stack([np.bincount(rng.integers(0, n, n), minlength=n)[places].astype("float64") for _ in range(draws)])


def compare(
    scores: Mapping[str, Values], outcomes: Outcomes, rng: np.random.Generator, draws: int = 200
) -> dict[str, dict[str, Interval]]:
    """Measure several rankings of the same rows, on the same draws, so that they can be compared in pairs.

    Parameters
    ----------
    scores : mapping of name to ndarray, shape (n,)
        Higher is riskier. The first is the model; the others are baselines.
    outcomes : Outcomes
        What happened.
    rng : Generator
        Source of the draws.
    draws : int
        Number of bootstrap draws.

    Returns
    -------
    dict of name to dict of metric to Interval
        Baselines also have ``model_minus_average_precision`` and so on: the model's figure minus theirs.
    """
    times = household_draws(outcomes.household, draws, rng)
    point, drawn = {}, {}
    for name, score in scores.items():
        ranking = Ranking(score, outcomes)
        point[name] = ranking.measure()
        drawn[name] = [ranking.measure(row) for row in times]
    model = next(iter(scores))
    table: dict[str, dict[str, Interval]] = {}
    for name in scores:
        table[name] = {
            metric: _interval(point[name][metric], [draw[metric] for draw in drawn[name]]) for metric in point[name]
        }
        if name != model:
            for metric in (*COMPARED, *(f"{metric}{WEIGHTED}" for metric in COMPARED)):
                gaps = [ours[metric] - theirs[metric] for ours, theirs in zip(drawn[model], drawn[name], strict=True)]
                table[name][f"model_minus_{metric}"] = _interval(point[model][metric] - point[name][metric], gaps)
    return table


def _interval(value: float, draws: list[float]) -> Interval:
    known = np.array([draw for draw in draws if not np.isnan(draw)])
    if not len(known):
        return Interval(value, float("nan"), float("nan"))
    low, high = np.quantile(known, [0.025, 0.975])
    return Interval(value, float(low), float(high))


def rank_within(score: Values, period: npt.NDArray[np.int64]) -> Values:
    """Return each row's place within its period as a share of it (1 is the riskiest), so that periods can be pooled."""
    out = np.empty(len(score))
    for one in np.unique(period):
        rows = np.flatnonzero(period == one)
        # midranks, so that ties stay ties
        places = np.unique(score[rows], return_inverse=True, return_counts=True)
        upper = np.cumsum(places[2])
        out[rows] = (upper - (places[2] - 1) / 2)[places[1]] / len(rows)
    return out
