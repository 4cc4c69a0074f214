"""Do probabilities mean what they say? Calibration figures over all rows, by part, and at the top.

All figures are weighted by survey weights: they are about the population that the probabilities are stated for. Their
intervals come from drawing households whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import logit

from riskmodel.evaluation.calibrators import logistic_line
from riskmodel.evaluation.intervals import figures_json, middle
from riskmodel.evaluation.ranking import Interval, household_draws, rank_within

Values = npt.NDArray[np.float64]
Positions = npt.NDArray[np.int64]
Keys = npt.NDArray[Any]
MINIMUM_ROWS, MINIMUM_EVENTS = 50, 10
"""Below these a part has too few rows for any figure of its own."""
DECILES, VENTILES = 10, 20
FIGURES = ("slope", "intercept", "expected_to_observed", "calibration_error", "predicted", "observed")
CLOSEST = 1e-9
"""How close to 0 or 1 a probability counts as when its log-odds are taken."""


@dataclass(frozen=True, slots=True)
class Reliability:
    """How well probabilities agree with what happened.

    Attributes
    ----------
    n, events : int
        Rows, and how many of them fell; unweighted.
    figures : mapping of name to Interval, or None
        ``slope`` and ``intercept`` of the logistic regression of the outcome on the log-odds of the probability (1 and
        0 are perfect), ``expected_to_observed`` (mean probability over the share that fell), ``calibration_error``
        (mean distance of the two over tenths of the rows), ``predicted`` and ``observed``. NaN where undefined. None
        where there are too few rows or events.
    """

    n: int
    events: int
    figures: Mapping[str, Interval] | None

    @property
    def too_few(self) -> bool:
        """Whether there are too few rows or events for any figure."""
        return self.figures is None

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON; an undefined figure is null."""
        own = figures_json(self.figures or {})
        return {"n": self.n, "events": self.events, "too_few": self.too_few, **own}


def reliability(
    probability: Values,
    outcome: Values,
    weight: Values,
    household: Positions,
    rng: np.random.Generator,
    draws: int = 200,
) -> Reliability:
    """Measure how well probabilities agree with what happened.

    Parameters
    ----------
    probability, outcome, weight : ndarray, shape (n,)
        Predicted, 1 or 0, survey weight.
    household : ndarray of int, shape (n,)
        Who each row is of.
    rng : Generator
        Source of the bootstrap.
    draws : int
        Number of bootstrap draws; 0 gives no intervals.

    Notes
    -----
    Slope and intercept: Cox (1958), fitted together. The calibration error is Naeini, Cooper and Hauskrecht's (2015)
    with bins of equal count. Chance alone keeps it above 0, and a draw adds more chance: its interval lies high, and
    may even lie above its value.
    """
    n, events = len(outcome), int(outcome.sum())
    if n < MINIMUM_ROWS or events < MINIMUM_EVENTS:
        return Reliability(n, events, None)
    log_odds, bins = logit(np.clip(probability, CLOSEST, 1 - CLOSEST)), equal_bins(probability, DECILES)
    value = _measure(log_odds, probability, outcome, weight, bins, None)
    start = (value["slope"], value["intercept"])
    line = None if np.isnan(start).any() else start
    times = household_draws(household, draws, rng) if draws else ()
    drawn = [_measure(log_odds, probability, outcome, weight * row, bins, line) for row in times]
    return Reliability(
        n, events, {name: middle(value[name], np.array([draw[name] for draw in drawn])) for name in FIGURES}
    )


def _measure(
    log_odds: Values,
    probability: Values,
    outcome: Values,
    weight: Values,
    bins: Positions,
    start: tuple[float, float] | None,
) -> dict[str, float]:
    total = float(weight.sum())
    predicted, observed = float(weight @ probability) / total, float(weight @ outcome) / total
    slope, intercept = logistic_line(log_odds, outcome, weight, start)
    gaps = np.bincount(bins, weight * (probability - outcome), DECILES)
    return {
        "slope": slope,
        "intercept": intercept,
        "expected_to_observed": predicted / observed if observed else float("nan"),
        "calibration_error": float(np.abs(gaps).sum()) / total,
        "predicted": predicted,
        "observed": observed,
    }


def reliability_by(
    key: Keys,
    probability: Values,
    outcome: Values,
    weight: Values,
    household: Positions,
    rng: np.random.Generator,
    draws: int = 200,
) -> dict[str, Reliability]:
    """Measure each part of the rows alone: each period, area or horizon.

    Parameters
    ----------
    key : ndarray, shape (n,)
        Which part each row belongs to.
    probability, outcome, weight, household, rng, draws
        As for :func:`reliability`.

    Returns
    -------
    dict of str to Reliability
        By the key as text, in the keys' order; parts with too few rows have no figures.
    """
    parts = {}
    for one in np.unique(key):
        rows = key == one
        parts[str(one)] = reliability(probability[rows], outcome[rows], weight[rows], household[rows], rng, draws)
    return parts


@dataclass(frozen=True, slots=True)
class Bin:
    """Rows with like probabilities.

    Attributes
    ----------
    number : int
        1 holds the riskiest.
    predicted, observed : float
        Mean probability and share that fell, both weighted.
    n, events : int
        Rows, and how many of them fell; unweighted.
    """

    number: int
    predicted: float
    observed: float
    n: int
    events: int


def ventiles(probability: Values, outcome: Values, weight: Values, top: int = 5) -> tuple[Bin, ...]:
    """Return the riskiest of twenty bins of equal count, from the top down.

    Rows with equal probabilities stay together, so bins may be uneven or missing.
    """
    bins = equal_bins(probability, VENTILES)
    found = []
    for number in range(1, top + 1):
        rows = bins == VENTILES - number
        if rows.any():
            predicted, observed = (float(np.average(one[rows], weights=weight[rows])) for one in (probability, outcome))
            found.append(Bin(number, predicted, observed, int(rows.sum()), int(outcome[rows].sum())))
    return tuple(found)


def equal_bins(score: Values, count: int) -> Positions:
    """Return each row's bin, 0 the lowest, of ``count`` bins with equally many rows; equal scores stay together."""
    n = len(score)
    # the middle of the places that equal scores share, so that rounding never meets an edge
    middles = rank_within(score, np.zeros(n, dtype="int64")) * n - 0.5
    return np.floor(middles * count / n).astype("int64")
