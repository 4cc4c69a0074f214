"""Log-odds to probability: one increasing map, and the range around it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit, logit

from riskmodel.errors import TooFewRows

Values = npt.NDArray[np.float64]
INTERVAL_SHARE = 0.8
HALF_WIDTH = 1.2815515655446004
"""Standard deviations that hold the middle 80 % of a normal spread."""
KNOTS = 41
MINIMUM_EVENTS = 10


@dataclass(frozen=True, slots=True)
class Calibration:
    """A sigmoid map from log-odds to probability, with an 80 % range.

    Attributes
    ----------
    slope, intercept : float
        ``probability = 1 / (1 + exp(-(slope * log_odds + intercept)))``, slope above 0.
    knots : tuple of float
        Log-odds at which the spread was measured, ascending.
    spread : tuple of float
        Half the width of the 80 % range at each knot, on the scale of calibrated log-odds.
    """

    slope: float
    intercept: float
    knots: tuple[float, ...]
    spread: tuple[float, ...]

    def probability(self, log_odds: Values) -> Values:
        """Return probabilities, shape (n,); each depends on its own log-odds alone, to the bit."""
        return np.asarray(expit(self.slope * log_odds + self.intercept))

    def interval(self, log_odds: Values) -> tuple[Values, Values]:
        """Return the low and high end of the range of each row; it holds the probability."""
        centre = self.slope * log_odds + self.intercept
        half = np.interp(log_odds, self.knots, self.spread)
        return np.asarray(expit(centre - half)), np.asarray(expit(centre + half))


def fit_sigmoid(log_odds: Values, outcome: Values, weight: Values) -> tuple[float, float]:
    """Fit slope and intercept of a logistic map by maximum likelihood.

    Parameters
    ----------
    log_odds, outcome, weight : ndarray, shape (n,)
        Scores, 0 or 1, and weights; rows with weight 0 do not count.

    Returns
    -------
    slope, intercept : float

    Raises
    ------
    TooFewRows
        If there are too few events, or the scores rank backwards, so that no increasing map fits.

    Notes
    -----
    Platt (1999), with his targets: a smoothed 0 and 1, which keep the map finite when classes separate.
    """
    events, others = float(weight @ outcome), float(weight @ (1 - outcome))
    if (outcome[weight > 0] == 1).sum() < MINIMUM_EVENTS:
        raise TooFewRows(
            f"calibration needs at least {MINIMUM_EVENTS} events; lengthen folds.calibration_origins or add data"
        )
    target = np.where(outcome == 1, (events + 1) / (events + 2), 1 / (others + 2))
    slope, intercept = 1.0, 0.0
    for _ in range(50):
        fitted = expit(slope * log_odds + intercept)
        residual, curvature = weight * (fitted - target), weight * fitted * (1 - fitted)
        gradient = np.array([residual @ log_odds, residual.sum()])
        across = curvature @ log_odds
        hessian = np.array([[curvature @ (log_odds * log_odds), across], [across, curvature.sum()]])
        step = np.linalg.solve(hessian + 1e-9 * np.eye(2), gradient)
        slope, intercept = slope - step[0], intercept - step[1]
        if np.abs(step).max() < 1e-10:
            break
    if not slope > 0:
        raise TooFewRows("the model ranks the calibration rows backwards: no increasing map fits; check the labels")
    return float(slope), float(intercept)


def shift(probability: Values, outcome: Values, weight: Values) -> float:
    """Return by how much calibrated log-odds must move so that the mean prediction equals the observed rate."""
    centre, moved = logit(np.clip(probability, 1e-9, 1 - 1e-9)), 0.0
    for _ in range(50):
        fitted = expit(centre + moved)
        step = float(weight @ (outcome - fitted)) / float(weight @ (fitted * (1 - fitted)))
        moved += step
        if abs(step) < 1e-10:
            break
    return moved


def fit_calibration(
    log_odds: Values,
    outcome: Values,
    weight: Values,
    household: npt.NDArray[np.int64],
    period_shifts: Sequence[float],
    rng: np.random.Generator,
    draws: int = 100,
) -> Calibration:
    """Fit the map and its range.

    Parameters
    ----------
    log_odds, outcome, weight : ndarray, shape (n,)
        Rows of a slice of time that the trees did not see.
    household : ndarray of int, shape (n,)
        Who each row is of: households are drawn whole.
    period_shifts : sequence of float
        By how much earlier backtests were off, each as :func:`shift` gives it; the range widens by their root mean
        square, since the next period will be off again.
    rng : Generator
        Source of the bootstrap's draws.
    draws : int
        Number of bootstrap draws.
    """
    slope, intercept = fit_sigmoid(log_odds, outcome, weight)
    knots = np.linspace(log_odds.min(), log_odds.max(), KNOTS)
    places = np.unique(household, return_inverse=True)[1]
    fits = []
    for _ in range(draws):
        times = np.bincount(rng.integers(0, places.max() + 1, places.max() + 1), minlength=places.max() + 1)[places]
        try:
            fits.append(fit_sigmoid(log_odds, outcome, weight * times))
        except TooFewRows:
            # a draw with hardly any event says nothing about the map
            continue
    drawn = np.array([a * knots + b for a, b in fits])
    sampling = drawn.std(axis=0) if len(fits) > 1 else np.zeros(KNOTS)
    between = float(np.sqrt(np.mean(np.square(period_shifts)))) if len(period_shifts) else 0.0
    spread = HALF_WIDTH * np.sqrt(np.square(sampling) + between**2)
    return Calibration(slope, intercept, tuple(knots.tolist()), tuple(spread.tolist()))
