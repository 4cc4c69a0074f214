"""What a list is worth where help is money: welfare of equal transfers to the listed, at one budget for all lists.

A list of the same precision does more good if those it finds are poorer. Social welfare sums ``y ** (1 - rho) /
(1 - rho)`` over households, y being welfare in lines; at rho 3 a transfer to a household at half the line counts eight
times one at the line, at the margin. Method: Hanna and Olken (2018), "Universal Basic Incomes versus Targeted
Transfers: Anti-Poverty Programs in Developing Countries", Journal of Economic Perspectives 32 (4).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from riskmodel.errors import TooFewRows, UsageError
from riskmodel.evaluation.intervals import middle
from riskmodel.evaluation.ranking import WEIGHTED, Interval, household_draws

Values = npt.NDArray[np.float64]
RHO = 3.0
FLOOR_IN_LINES = 0.05
"""Incomes of zero are mostly a bad month or a bad answer; unguarded, one of them would outweigh all other households."""
PERFECT, UNIVERSAL = "perfect", "universal"


@dataclass(frozen=True, slots=True)
class Recipients:
    """A cohort with what became of it.

    Attributes
    ----------
    welfare : ndarray, shape (n,)
        Welfare at the horizon in lines, before the transfer; NaN where unknown.
    weight : ndarray, shape (n,)
        Survey weights.
    household : ndarray of int, shape (n,)
        Who each row is of.
    places : int
        Rows that can be given a transfer; see :func:`riskmodel.evaluation.lists.places_of`.
    """

    welfare: Values
    weight: Values
    household: npt.NDArray[np.int64]
    places: int


def mean_gap(welfare: Values, weight: Values) -> float:
    """Return the mean gap to the line of those below it, in lines; NaN where nobody is."""
    gap = np.nan_to_num(np.clip(1 - np.maximum(welfare, FLOOR_IN_LINES), 0, None))
    poor = float(weight[gap > 0].sum())
    return float(gap @ weight) / poor if poor else float("nan")


def utility(
    lists: Mapping[str, Values],
    recipients: Recipients,
    rng: np.random.Generator,
    *,
    transfer_in_lines: float | None = None,
    rho: float = RHO,
    draws: int = 200,
) -> dict[str, dict[str, Interval]]:
    """Compare lists by the welfare that transfers to the listed would have brought, at the same budget.

    Parameters
    ----------
    lists : mapping of name to ndarray, shape (n,)
        Who is listed: true or false, or chances where ties share places
        (:func:`riskmodel.evaluation.lists.listed_share`).
    recipients : Recipients
        The cohort.
    rng : Generator
        Source of the draws of households.
    transfer_in_lines : float, optional
        Transfer at full capacity; the mean gap of those below the line where None, so that it closes the mean gap.
    rho : float
        Relative risk aversion, at least 0; 0 counts money alone.
    draws : int
        Number of bootstrap draws.

    Returns
    -------
    dict of name to dict of str to Interval
        The lists, ``perfect`` (the poorest at the horizon, as many as the capacity) and ``universal`` (the budget
        shared by all). Each has, plain and weighted: ``gain`` (mean of the cohort, in units of utility, good for
        comparing only), ``share_of_perfect`` and ``times_universal`` (gain over theirs).

    Raises
    ------
    UsageError
        If a number is out of its range, or a list has one of the two reserved names.
    TooFewRows
        If no welfare is known, or nobody is below the line and no transfer is given.

    Notes
    -----
    The budget is capacity times transfer; by weight, the capacity is the same share of the population. Each list shares
    the budget equally among its listed weight. One that has just the capacity's weight never surpasses ``perfect``; one
    with more or less can, since more people each get less, or fewer more. Listed households whose welfare is unknown
    are paid, and taken to gain as the list's known ones do, never as none. Welfare below 0.05 lines, negative too, is
    taken as 0.05. The transfer is the same in every draw. Welfare is that of the household in its own lines, so its
    size is already in both.
    """
    _check(lists, recipients, transfer_in_lines, rho)
    transfer = mean_gap(recipients.welfare, recipients.weight) if transfer_in_lines is None else transfer_in_lines
    if not transfer > 0:
        raise TooFewRows("nobody is below the line at the horizon, so that no gap can be closed; give a transfer")
    budget = _Budget(recipients, transfer, rho)
    times = household_draws(recipients.household, draws, rng)
    table: dict[str, dict[str, Interval]] = {name: {} for name in (*lists, PERFECT, UNIVERSAL)}
    for ending, counted in (("", np.ones(len(recipients.weight))), (WEIGHTED, recipients.weight)):
        point = budget.gains(lists, counted)
        drawn = [budget.gains(lists, row * counted) for row in times]
        for name, figures in table.items():
            for figure, over in (("gain", None), ("share_of_perfect", PERFECT), ("times_universal", UNIVERSAL)):
                values = np.array([_over(gains[name], over, gains) for gains in drawn])
                figures[f"{figure}{ending}"] = middle(_over(point[name], over, point), values)
    return table


def _check(lists: Mapping[str, Values], recipients: Recipients, transfer: float | None, rho: float) -> None:
    if taken := {PERFECT, UNIVERSAL} & set(lists):
        raise UsageError(
            f"a list is named {', '.join(sorted(taken))}: the name stands for a comparison, choose another"
        )
    if not 1 <= recipients.places <= len(recipients.welfare):
        raise UsageError(
            f"{recipients.places} places for {len(recipients.welfare)} rows, expected 1 to as many as rows"
        )
    if rho < 0 or (transfer is not None and not transfer > 0):
        raise UsageError(f"rho is {rho:g} and the transfer {transfer}; expected rho of at least 0, a transfer above 0")
    if np.isnan(recipients.welfare).all():
        raise TooFewRows("no row has a known welfare at the horizon; a gain needs some")


def _over(gain: float, over: str | None, gains: Mapping[str, float]) -> float:
    if over is None:
        return gain
    return gain / gains[over] if gains[over] > 0 else float("nan")


class _Budget:
    """One budget, spent in different ways on the same cohort under any weights."""

    def __init__(self, recipients: Recipients, transfer: float, rho: float) -> None:
        self._known = ~np.isnan(recipients.welfare)
        # what stands for an unknown welfare is never weighed
        self._welfare = np.maximum(np.where(self._known, recipients.welfare, 1.0), FLOOR_IN_LINES)
        self._poorest = np.argsort(self._welfare, kind="stable")
        self._share, self._transfer, self._rho = recipients.places / len(recipients.welfare), transfer, rho
        everyone = np.arange(len(self._welfare))
        self._at_capacity = self._gain(everyone, transfer)[self._poorest]
        self._at_all = self._gain(everyone, transfer * self._share)

    def gains(self, lists: Mapping[str, Values], weight: Values) -> dict[str, float]:
        """Return each way's mean gain in utility over the cohort; NaN where it pays nobody whose welfare is known."""
        known = weight * self._known
        ordered = known[self._poorest]
        perfect = np.clip(self._share * ordered.sum() - (np.cumsum(ordered) - ordered), 0, ordered)
        out = {name: self._of_list(np.asarray(listed, dtype="float64"), weight) for name, listed in lists.items()}
        out[PERFECT] = self._share * _mean(self._at_capacity, perfect)
        out[UNIVERSAL] = _mean(self._at_all, known)
        return out

    def _of_list(self, listed: Values, weight: Values) -> float:
        reached = _mean(listed, weight)
        rows = np.flatnonzero(listed * weight * self._known)
        if not len(rows):
            return float("nan")
        return reached * _mean(self._gain(rows, self._transfer * self._share / reached), (listed * weight)[rows])

    def _gain(self, rows: npt.NDArray[np.int64], transfer: float) -> Values:
        welfare = self._welfare[rows]
        return _utility(welfare + transfer, self._rho) - _utility(welfare, self._rho)


def _mean(values: Values, weight: Values) -> float:
    whole = float(weight.sum())
    return float(values @ weight) / whole if whole > 0 else float("nan")


def _utility(welfare: Values, rho: float) -> Values:
    return np.log(welfare) if rho == 1 else np.asarray(welfare ** (1 - rho) / (1 - rho))
