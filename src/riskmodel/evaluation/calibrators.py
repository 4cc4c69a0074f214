"""Ways to draw an increasing curve from log-odds to calibrated log-odds, and the choice among them.

No map leaves log-odds as the trees give them. A sigmoid has two numbers and is hard to fool; isotonic regression and Venn-Abers follow any increasing shape but need
many events. Which one serves is decided on households that the curves had not seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit, logit

from riskmodel.errors import TooFewRows
from riskmodel.evaluation.venn_abers import isotonic, tied, venn_abers

Values = npt.NDArray[np.float64]
Positions = npt.NDArray[np.int64]
NONE, SIGMOID, ISOTONIC, VENN_ABERS = KINDS = ("none", "sigmoid", "isotonic", "venn_abers")
"""The simplest first."""
MINIMUM_EVENTS = 10
PARTS = 5
"""Parts of the cross-validation."""
MOST_KNOTS = 200
SIGMOID_SHARE = 0.01
"""Share of the sigmoid in every other curve: it tilts plateaus, so that two households never tie by calibration."""


@dataclass(frozen=True, slots=True)
class Curve:
    """An increasing curve from log-odds to calibrated log-odds.

    Attributes
    ----------
    kind : str
        One of :data:`KINDS`.
    slope, intercept : float
        The sigmoid's line, ``slope * log_odds + intercept``; beyond the knots every curve has its slope.
    knots, calibrated : tuple of float
        Log-odds, ascending, and what they become; linear between. Empty for the sigmoid.
    """

    kind: str
    slope: float
    intercept: float
    knots: tuple[float, ...] = ()
    calibrated: tuple[float, ...] = ()

    def at(self, log_odds: Values) -> Values:
        """Return calibrated log-odds, shape (n,); each depends on its own log-odds alone, to the bit."""
        if not self.knots:
            return np.asarray(self.slope * log_odds + self.intercept)
        ends = np.clip(log_odds, self.knots[0], self.knots[-1])
        return between(ends, self.knots, self.calibrated) + self.slope * (log_odds - ends)


def between(asked: Values, knots: Sequence[float], values: Sequence[float]) -> Values:
    """Interpolate linearly, constant beyond the ends; an ascending curve stays ascending in floating point.

    :func:`numpy.interp` takes another way for few rows than for many, so its bits might depend on the batch.
    """
    at, value = np.asarray(knots, dtype="float64"), np.asarray(values, dtype="float64")
    if len(at) == 1:
        return np.full(len(asked), value[0])
    inside = np.clip(asked, at[0], at[-1])
    left = np.clip(np.searchsorted(at, inside, side="right") - 1, 0, len(at) - 2)
    rise = (np.diff(value) / np.diff(at))[left]
    low, high = np.minimum(value[left], value[left + 1]), np.maximum(value[left], value[left + 1])
    # rounding must not carry a row past the next knot
    return np.asarray(np.clip(value[left] + rise * (inside - at[left]), low, high))


def logistic_line(
    log_odds: Values, target: Values, weight: Values, start: tuple[float, float] | None = None
) -> tuple[float, float]:
    """Fit ``expit(slope * log_odds + intercept)`` to targets in [0, 1] by maximum likelihood.

    Parameters
    ----------
    log_odds, target, weight : ndarray, shape (n,)
        Scores, what they should give, and weights.
    start : tuple of float or None
        Slope and intercept to start from; the mean target everywhere where None.

    Returns
    -------
    slope, intercept : float
        NaN where no maximum was found: all log-odds equal, or the outcomes part without overlap.

    Notes
    -----
    Newton's steps, halved while they lead uphill, so that they cannot run away.
    """
    mean = float(weight @ target) / float(weight.sum())
    if not 0 < mean < 1:
        return float("nan"), float("nan")
    slope, intercept = start or (0.0, float(logit(mean)))
    loss = _loss(slope * log_odds + intercept, target, weight)
    for _ in range(50):
        down = _newton_step(log_odds, target, weight, slope, intercept)
        if down is None:
            break
        for halved in 0.5 ** np.arange(30):
            moved = slope - halved * down[0], intercept - halved * down[1]
            found = _loss(moved[0] * log_odds + moved[1], target, weight)
            # at the maximum rounding alone decides which loss is smaller
            if found <= loss + 1e-12 * abs(loss):
                break
        (slope, intercept), loss = moved, found
        if max(abs(down[0]), abs(down[1])) < 1e-9:
            return float(slope), float(intercept)
    return float("nan"), float("nan")


def _newton_step(
    log_odds: Values, target: Values, weight: Values, slope: float, intercept: float
) -> tuple[float, float] | None:
    """Return the step from a line that Newton's method takes; None where the curvature is flat."""
    fitted = expit(slope * log_odds + intercept)
    residual, curvature = weight * (fitted - target), weight * fitted * (1 - fitted)
    across, total = float(curvature @ log_odds), float(curvature.sum())
    squares = float(curvature @ (log_odds * log_odds))
    determinant = squares * total - across * across
    if not determinant > 1e-12 * squares * total or total < 1e-9 * float(weight.sum()):
        return None
    up, along = float(residual.sum()), float(residual @ log_odds)
    return (total * along - across * up) / determinant, (squares * up - across * along) / determinant


def _loss(centre: Values, target: Values, weight: Values) -> float:
    return float(weight @ (np.logaddexp(0.0, centre) - target * centre)) / float(weight.sum())


def smoothed(outcome: Values, weight: Values) -> Values:
    """Return Platt's (1999) targets: a 0 and a 1 moved inwards by about one row, so that log-odds stay finite."""
    events, others = float(weight @ outcome), float(weight @ (1 - outcome))
    return np.where(outcome == 1, (events + 1) / (events + 2), 1 / (others + 2))


def fit_sigmoid(
    log_odds: Values, outcome: Values, weight: Values, start: tuple[float, float] | None = None
) -> tuple[float, float]:
    """Fit slope and intercept of a logistic map by maximum likelihood.

    Parameters
    ----------
    log_odds, outcome, weight : ndarray, shape (n,)
        Scores, 0 or 1, and weights; rows with weight 0 do not count.
    start : tuple of float or None
        A slope and an intercept that are close already: fewer steps are needed.

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
    if (outcome[weight > 0] == 1).sum() < MINIMUM_EVENTS:
        raise TooFewRows(
            f"calibration needs at least {MINIMUM_EVENTS} events; lengthen folds.calibration_origins or add data"
        )
    slope, intercept = logistic_line(log_odds, smoothed(outcome, weight), weight, start)
    if np.isnan(slope):
        raise TooFewRows("no increasing map fits the calibration rows: the model gives them all the same score")
    if not slope > 0:
        raise TooFewRows("the model ranks the calibration rows backwards: no increasing map fits; check the labels")
    return slope, intercept


def fit_curve(kind: str, log_odds: Values, outcome: Values, weight: Values) -> Curve:
    """Fit one kind of curve.

    Parameters
    ----------
    kind : str
        One of :data:`KINDS`.
    log_odds, outcome, weight : ndarray, shape (n,)
        Scores, 0 or 1, and weights, best with mean 1 (they say how much one row more would weigh).

    Raises
    ------
    TooFewRows
        As :func:`fit_sigmoid`, whose line every curve takes beyond its ends.

    Notes
    -----
    Isotonic regression (Zadrozny and Elkan 2002) is fitted to Platt's targets, and Venn-Abers (Vovk, Petej and
    Fedorova 2015) is taken at up to 200 quantiles. Both leave plateaus. A hundredth of the sigmoid's line is mixed
    in, so that plateaus rise by a hundredth of its slope and the map is strictly increasing.
    """
    slope, intercept = fit_sigmoid(log_odds, outcome, weight)
    if kind == NONE:
        return Curve(kind, 1.0, 0.0)
    if kind == SIGMOID:
        return Curve(kind, slope, intercept)
    if kind == ISOTONIC:
        rows = tied(log_odds, smoothed(outcome, weight), weight)
        share = isotonic(rows.share, rows.weight)
        edges = np.flatnonzero(np.diff(share))
        places = np.unique(np.concatenate([[0], edges, edges + 1, [len(share) - 1]]))
        knots, share = rows.log_odds[places], share[places]
    else:
        scores = np.unique(log_odds[weight > 0])
        knots = scores[np.unique(np.linspace(0, len(scores) - 1, MOST_KNOTS).round().astype("int64"))]
        share = venn_abers(log_odds, outcome, weight, knots)
    calibrated = (1 - SIGMOID_SHARE) * logit(share) + SIGMOID_SHARE * (slope * knots + intercept)
    return Curve(kind, slope, intercept, tuple(knots.tolist()), tuple(calibrated.tolist()))


@dataclass(frozen=True, slots=True)
class Choice:
    """Which kind of curve serves, and how each did on households that it had not seen.

    Attributes
    ----------
    kind : str
        One of :data:`KINDS`.
    log_loss : dict of str to float
        Weighted log loss (nats a row), mean over the parts; empty where there were too few events to compare.
    """

    kind: str
    log_loss: dict[str, float]


def choose(
    log_odds: Values,
    outcome: Values,
    weight: Values,
    household: Positions,
    rng: np.random.Generator,
    kinds: Sequence[str] = KINDS,
) -> Choice:
    """Choose a kind of curve by cross-validation over households.

    The simplest of ``kinds`` stays unless another has a smaller loss by more than one standard error of the differences
    between the parts. A slice to calibrate on holds a few hundred events from few periods: a curve with many knots then
    often wins by luck, and loses on the next period; so does a line that repeats the slice's own rate. Simpler maps must
    therefore be beaten clearly, one after the other.

    Parameters
    ----------
    log_odds, outcome, weight : ndarray, shape (n,)
        Scores, 0 or 1, and weights.
    household : ndarray of int, shape (n,)
        Who each row is of: all rows of a household are in the same part.
    rng : Generator
        Parts the households.
    kinds : sequence of str
        What to choose among, at least one.

    Notes
    -----
    The one-standard-error rule of Breiman, Friedman, Olshen and Stone (1984), section 3.4.3.
    """
    places = np.unique(household, return_inverse=True)[1]
    part = (rng.permutation(places.max() + 1) % PARTS)[places]
    losses: dict[str, list[float]] = {kind: [] for kind in KINDS if kind in kinds}
    simplest = next(iter(losses))
    if len(losses) == 1:
        return Choice(simplest, {})
    try:
        for number in range(PARTS):
            fit, held = part != number, part == number
            for kind, found in losses.items():
                centre = fit_curve(kind, log_odds[fit], outcome[fit], weight[fit]).at(log_odds[held])
                found.append(_loss(centre, outcome[held], weight[held]))
    except TooFewRows:
        # too few events to leave any out: nothing can be compared
        return Choice(simplest, {})
    chosen = simplest
    for kind, found in losses.items():
        gain = np.subtract(losses[chosen], found)
        if gain.mean() > gain.std(ddof=1) / np.sqrt(PARTS):
            chosen = kind
    return Choice(chosen, {kind: float(np.mean(found)) for kind, found in losses.items()})
