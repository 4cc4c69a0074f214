"""Two models on the same rows: by how much one is better, on the same draws of households.

Where the rows themselves are not at hand, two ranges are put together instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot

import numpy as np
import numpy.typing as npt

from riskmodel.evaluation.audit import Labels
from riskmodel.evaluation.gates import ERROR, LIMITS
from riskmodel.evaluation.group_report import GroupResult
from riskmodel.evaluation.groups import RECALL, by_group
from riskmodel.evaluation.intervals import middle
from riskmodel.evaluation.ranking import Interval, household_draws
from riskmodel.evaluation.reliability import reliability

Values = npt.NDArray[np.float64]
Positions = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows that both models scored.

    Attributes
    ----------
    outcome, weight : ndarray, shape (n,)
        1 or 0, survey weight.
    household : ndarray of int, shape (n,)
        Who each row is of; households are drawn whole.
    """

    outcome: Values
    weight: Values
    household: Positions


def from_perfect(code: str, value: float) -> float:
    """Return how far a figure of calibration is from perfect: 0 for the error, 1 for the slope and the total."""
    return value if code == ERROR else abs(value - 1)


def range_from_perfect(code: str, figure: Interval) -> Interval:
    """Return the same for a figure with its range."""
    value, low, high = (from_perfect(code, one) for one in (figure.value, figure.low, figure.high))
    holds_perfect = code != ERROR and figure.low <= 1 <= figure.high
    return Interval(value, 0.0 if holds_perfect else min(low, high), max(low, high))


def unpaired(one: Interval, other: Interval) -> Interval:
    """Return the difference of two figures that were drawn apart, with its range.

    Notes
    -----
    Zou and Donner's (2008) method of recovering variances. It takes the figures for independent; figures of the same
    rows move together, so the true range is narrower and a fault is found later rather than too soon.
    """
    below = hypot(max(0.0, one.value - one.low), max(0.0, other.high - other.value))
    above = hypot(max(0.0, one.high - one.value), max(0.0, other.value - other.low))
    gap = one.value - other.value
    return Interval(gap, gap - below, gap + above)


def further_off(
    candidate: Values, opponent: Values, rows: Rows, rng: np.random.Generator, draws: int = 100
) -> dict[str, Interval]:
    """Tell by how much further from perfect the candidate's probabilities are than the opponent's.

    Parameters
    ----------
    candidate, opponent : ndarray, shape (n,)
        Probabilities.
    rows : Rows
        What happened. Rows count once, as they do when probabilities are fitted.
    rng : Generator
        Source of the draws.
    draws : int
        Number of draws; both models are measured on each.

    Returns
    -------
    dict of str to Interval
        ``calibration_error``, ``slope``, ``expected_to_observed``; above 0 where the candidate is worse. Empty where
        there are too few rows or events.
    """
    everyone = np.ones(len(rows.outcome))
    whole = [_distances(probability, rows, everyone) for probability in (candidate, opponent)]
    if not whole[0]:
        return {}
    drawn = []
    for times in household_draws(rows.household, draws, rng):
        own, other = (_distances(probability, rows, times) for probability in (candidate, opponent))
        drawn.append({code: own[code] - other[code] for code in LIMITS})
    return {code: middle(whole[0][code] - whole[1][code], np.array([draw[code] for draw in drawn])) for code in LIMITS}


def _distances(probability: Values, rows: Rows, times: Values) -> dict[str, float]:
    found = reliability(probability, rows.outcome, times, rows.household, np.random.default_rng(0), draws=0).figures
    return {code: from_perfect(code, found[code].value) for code in LIMITS} if found else {}


@dataclass(frozen=True, slots=True)
class WorstGroups:
    """The groups with the lowest recall under two lists.

    Attributes
    ----------
    gap : Interval
        The candidate's lowest recall minus the opponent's lowest.
    words : str
        Which groups, and their recalls.
    """

    gap: Interval
    words: str


def worst_groups(
    labels: dict[str, Labels], candidate: Flags, opponent: Flags, rows: Rows, rng: np.random.Generator, draws: int = 200
) -> WorstGroups | None:
    """Compare the lowest recall of any audit group under two lists; None where no group is large enough.

    Parameters
    ----------
    labels : mapping of column to ndarray of object, shape (n,)
        Each row's group, None where unknown. Groups of single columns are compared, not pairs of them.
    candidate, opponent : ndarray of bool, shape (n,)
        Who is on which list.
    rows : Rows
        What happened; recall is weighted by survey weights, as in the audit of groups.
    rng : Generator
        Source of the draws.
    draws : int
        Number of draws. Both lists stay as they are, and so do the two groups.
    """
    own, other = (_worst(labels, listed, rows) for listed in (candidate, opponent))
    if own is None or other is None:
        return None
    times = household_draws(rows.household, draws, rng) * rows.weight * rows.outcome
    recalls = []
    for group, listed in ((own, candidate), (other, opponent)):
        here = labels[group.columns[0]] == group.labels[0]
        fell = times[:, here].sum(axis=1)
        found = times[:, here & listed].sum(axis=1)
        recalls.append(np.divide(found, fell, out=np.full(len(fell), np.nan), where=fell > 0))
    words = f"{_named(own)} {_recall(own):.3f}, against {_named(other)} {_recall(other):.3f}"
    return WorstGroups(middle(_recall(own) - _recall(other), recalls[0] - recalls[1]), words)


def _worst(labels: dict[str, Labels], listed: Flags, rows: Rows) -> GroupResult | None:
    """Return the group whose recall is lowest; ties go to the first."""
    found = []
    for name, own in labels.items():
        # one draw: only the figures are wanted here
        rng = np.random.default_rng(0)
        whole = np.zeros(len(listed))
        report = by_group({name: own}, listed, whole, rows.outcome, rows.weight, rows.household, rng, draws=1)
        found += [group for group in report.groups if group.figures and group.figures[RECALL] is not None]
    return min(found, key=_recall, default=None)


def _recall(group: GroupResult) -> float:
    assert group.figures is not None
    figure = group.figures[RECALL]
    assert figure is not None
    return figure.value


def _named(group: GroupResult) -> str:
    return f"{group.columns[0]} {group.labels[0]}"
