"""Log-odds to probability: one increasing map, and the range around it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from scipy.special import expit, logit

from riskmodel.errors import TooFewRows
from riskmodel.evaluation.calibrators import KINDS, NONE, SIGMOID, Curve, between, choose, fit_curve, fit_sigmoid

__all__ = ["Calibration", "fit_calibration", "fit_sigmoid", "shift", "shifted"]

Values = npt.NDArray[np.float64]
INTERVAL_SHARE = 0.8
HALF_WIDTH = 1.2815515655446004
"""Standard deviations that hold the middle 80 % of a normal spread."""
KNOTS = 41


@dataclass(frozen=True, slots=True)
class Calibration:
    """One strictly increasing map from log-odds to probability, with an 80 % range.

    Attributes
    ----------
    slope, intercept : float
        The sigmoid: ``probability = 1 / (1 + exp(-(slope * log_odds + intercept)))``, slope above 0.
    knots : tuple of float
        Log-odds at which the spread was measured, ascending.
    spread : tuple of float
        Half the width of the 80 % range at each knot, on the scale of calibrated log-odds.
    kind : str
        ``none`` (slope 1, intercept 0), ``sigmoid``, ``isotonic`` or ``venn_abers``. The last two are isotonic fits, whose plateaus rise a little
        here (a hundredth of the sigmoid's slope), so that the map is strictly increasing.
    curve_log_odds, curve_calibrated : tuple of float
        Log-odds and what they become, linear between and with the sigmoid's slope beyond; empty for a sigmoid.
    chosen_among : mapping of str to float
        Cross-validated log loss of each kind that was tried; empty where none could be compared.
    """

    slope: float
    intercept: float
    knots: tuple[float, ...]
    spread: tuple[float, ...]
    kind: str = SIGMOID
    curve_log_odds: tuple[float, ...] = ()
    curve_calibrated: tuple[float, ...] = ()
    chosen_among: Mapping[str, float] = field(default_factory=dict, hash=False)

    def calibrated_log_odds(self, log_odds: Values) -> Values:
        """Return the log-odds of the probabilities, shape (n,)."""
        return Curve(self.kind, self.slope, self.intercept, self.curve_log_odds, self.curve_calibrated).at(log_odds)

    def probability(self, log_odds: Values) -> Values:
        """Return probabilities, shape (n,); each depends on its own log-odds alone, to the bit."""
        return np.asarray(expit(self.calibrated_log_odds(log_odds)))

    def interval(self, log_odds: Values) -> tuple[Values, Values]:
        """Return the low and high end of the range of each row; it holds the probability."""
        centre = self.calibrated_log_odds(log_odds)
        half = between(log_odds, self.knots, self.spread)
        return np.asarray(expit(centre - half)), np.asarray(expit(centre + half))

    def to_json(self) -> dict[str, Any]:
        """Return plain numbers, as ``calibration.json`` holds them."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Self:
        """Read what :meth:`to_json` wrote; earlier files that know only the sigmoid are read too.

        Raises
        ------
        ValueError, TypeError
            If a field is missing or unknown, or the map does not increase.
        """
        if not isinstance(fields, Mapping):
            raise TypeError("calibration: expected names with values")
        plain: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()
        }
        found = cls(**plain)
        straight = found.kind in (NONE, SIGMOID)
        if found.kind not in KINDS or straight != (not found.curve_log_odds):
            raise ValueError(f"calibration: kind {found.kind!r} does not go with its curve; expected one of {KINDS}")
        _check_knots("curve", found.curve_log_odds, found.curve_calibrated)
        _check_knots("spread", found.knots, found.spread)
        rises = found.slope > 0 and (np.diff(found.curve_calibrated) > 0).all()
        if not (rises and np.isfinite([found.slope, found.intercept]).all() and (np.asarray(found.spread) >= 0).all()):
            raise ValueError("calibration: the map must increase, and its spread must not be negative")
        return found


def _check_knots(what: str, knots: Sequence[float], values: Sequence[float]) -> None:
    if len(knots) != len(values) or not np.isfinite([*knots, *values]).all() or not (np.diff(knots) > 0).all():
        raise ValueError(f"calibration: the {what}'s knots must be finite and ascend, each with one value")


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


def shifted(calibration: Calibration, by: float) -> Calibration:
    """Return the same map with calibrated log-odds moved by a constant, as :func:`shift` gives it.

    The order of households, the shape of the map and the width of its range on that scale stay as they are: a new
    period's rate can be met with few events, a new shape cannot.
    """
    return replace(
        calibration,
        intercept=calibration.intercept + by,
        curve_calibrated=tuple(value + by for value in calibration.curve_calibrated),
    )


def fit_calibration(
    log_odds: Values,
    outcome: Values,
    weight: Values,
    household: npt.NDArray[np.int64],
    period_shifts: Sequence[float],
    rng: np.random.Generator,
    draws: int = 100,
    kinds: Sequence[str] = KINDS,
) -> Calibration:
    """Choose and fit the map, and measure its range.

    Parameters
    ----------
    log_odds, outcome, weight : ndarray, shape (n,)
        Rows of a slice of time that the trees did not see. Only the ratios of the weights count.
    household : ndarray of int, shape (n,)
        Who each row is of: households are drawn whole.
    period_shifts : sequence of float
        By how much earlier backtests were off, each as :func:`shift` gives it; the range widens by their root mean
        square, since the next period will be off again.
    rng : Generator
        Source of the bootstrap's draws and of the parts that the choice is made on.
    draws : int
        Number of bootstrap draws. They are fitted by sigmoids, whatever the kind.
    kinds : sequence of str
        What to choose among; see :func:`riskmodel.evaluation.calibrators.choose`.

    Raises
    ------
    TooFewRows
        If there are too few events, or the scores rank backwards, so that no increasing map fits.
    """
    even = weight / weight[weight > 0].mean()
    choice = choose(log_odds, outcome, even, household, rng.spawn(1)[0], kinds)
    curve = fit_curve(choice.kind, log_odds, outcome, even)
    knots = np.linspace(log_odds.min(), log_odds.max(), KNOTS)
    sampling = _sampling_spread(log_odds, outcome, even, household, rng, draws, knots)
    between_periods = float(np.sqrt(np.mean(np.square(period_shifts)))) if len(period_shifts) else 0.0
    spread = HALF_WIDTH * np.sqrt(np.square(sampling) + between_periods**2)
    return Calibration(
        curve.slope,
        curve.intercept,
        tuple(knots.tolist()),
        tuple(spread.tolist()),
        choice.kind,
        curve.knots,
        curve.calibrated,
        choice.log_loss,
    )


def _sampling_spread(
    log_odds: Values,
    outcome: Values,
    weight: Values,
    household: npt.NDArray[np.int64],
    rng: np.random.Generator,
    draws: int,
    knots: Values,
) -> Values:
    """Return the standard deviation of calibrated log-odds at some knots, over draws of whole households."""
    places = np.unique(household, return_inverse=True)[1]
    n = int(places.max()) + 1
    start = fit_sigmoid(log_odds, outcome, weight)
    fits = []
    for _ in range(draws):
        times = np.bincount(rng.integers(0, n, n), minlength=n)[places]
        try:
            fits.append(fit_sigmoid(log_odds, outcome, weight * times, start))
        except TooFewRows:
            # a draw with hardly any event says nothing about the map
            continue
    if len(fits) < 2:
        return np.zeros(len(knots))
    drawn = np.array([slope * knots + intercept for slope, intercept in fits])
    return np.asarray(drawn.std(axis=0))
