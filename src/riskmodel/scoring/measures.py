"""Which help fits the factors that drive a household's risk."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from riskmodel.programme.measures import Condition, Measure

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


def fitting_measures(
    measures: Sequence[Measure],
    groups: Sequence[str],
    by_group: npt.NDArray[np.float64],
    names: Sequence[str],
    matrix: npt.NDArray[np.float64],
) -> npt.NDArray[np.bool_]:
    """Tell which measures fit each household: they answer a leading group and their conditions hold.

    Returns
    -------
    ndarray of bool, shape (n, n_measures)
    """
    leading = leading_groups(by_group)
    fits = np.zeros((len(matrix), len(measures)), bool)
    for place, measure in enumerate(measures):
        if measure.group in groups:
            fits[:, place] = leading[:, list(groups).index(measure.group)]
        for condition in measure.only_if:
            fits[:, place] &= holds(condition, matrix[:, list(names).index(condition.feature)])
    return fits


def holds(condition: Condition, values: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Tell for which rows a condition holds; never for a missing value."""
    inside = ~np.isnan(values)
    if condition.at_least is not None:
        inside &= values >= condition.at_least
    if condition.at_most is not None:
        inside &= values <= condition.at_most
    return inside
