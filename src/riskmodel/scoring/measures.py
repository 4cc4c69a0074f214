"""Which help fits the factors that drive a household's risk."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from riskmodel.programme.measures import Bounds, Condition, Measure

SINGLE_SHARE = 0.6
"""One group with this share of all that raises the risk is a single risk: one targeted kind of help."""
PACKAGE_SHARE = 0.2
"""In a package every group with at least this share gets help."""


def leading_groups(by_group: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Tell which factor groups help should answer, per household.

    Parameters
    ----------
    by_group : ndarray, shape (n, n_groups)
        Contributions in log-odds, summed by group.

    Returns
    -------
    ndarray of bool, shape (n, n_groups)
        One group where it dominates, else every group that carries a good part of what raises the risk.
    """
    raising = np.maximum(by_group, 0.0)
    all_raising = raising.sum(axis=1, keepdims=True)
    share = np.divide(raising, all_raising, out=np.zeros_like(raising), where=all_raising > 0)
    single = share >= SINGLE_SHARE
    return np.asarray(np.where(single.any(axis=1, keepdims=True), single, share >= PACKAGE_SHARE))


class FittingMeasures:
    """Tells which measures fit a household: they answer a leading group and their conditions hold.

    Parameters
    ----------
    measures : sequence of Measure
        What help there is.
    groups : sequence of str
        Factor groups, as contributions are summed.
    names : sequence of str
        Columns of the matrix.
    """

    def __init__(self, measures: Sequence[Measure], groups: Sequence[str], names: Sequence[str]) -> None:
        place = {group: position for position, group in enumerate(groups)}
        self._answered = np.array([measure.group in place for measure in measures], dtype=bool)
        self._group = np.array([place.get(measure.group, 0) for measure in measures], dtype="int64")
        conditions = [condition for measure in measures for condition in measure.only_if]
        self._column = np.array([names.index(condition.feature) for condition in conditions], dtype="int64")
        self._low, self._high = bounds(conditions)
        self._conditional = np.flatnonzero([bool(measure.only_if) for measure in measures])
        counts = [len(measure.only_if) for measure in measures if measure.only_if]
        self._first = np.concatenate([[0], np.cumsum(counts[:-1])]).astype("int64")

    def __call__(self, by_group: npt.NDArray[np.float64], matrix: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
        """Return which measures fit, shape (n, n_measures).

        Parameters
        ----------
        by_group : ndarray, shape (n, n_groups)
            Contributions in log-odds, summed by group.
        matrix : ndarray, shape (n, k)
            The households' features.
        """
        fits = leading_groups(by_group)[:, self._group] & self._answered
        if len(self._column):
            held = within(matrix[:, self._column], self._low, self._high)
            fits[:, self._conditional] &= np.logical_and.reduceat(held, self._first, axis=1)
        return np.asarray(fits)


def bounds(conditions: Sequence[Bounds]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the lowest and the highest value that passes each condition's bounds."""
    low = [-np.inf if one.at_least is None else one.at_least for one in conditions]
    high = [np.inf if one.at_most is None else one.at_most for one in conditions]
    return np.array(low, dtype="float64"), np.array(high, dtype="float64")


def within(
    values: npt.NDArray[np.float64], low: npt.NDArray[np.float64], high: npt.NDArray[np.float64]
) -> npt.NDArray[np.bool_]:
    """Tell which values lie between their bounds, both included; a missing value never does."""
    return np.asarray((values >= low) & (values <= high))


def holds(condition: Condition, values: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Tell for which rows a condition holds; never for a missing value."""
    return within(values, *bounds([condition]))
