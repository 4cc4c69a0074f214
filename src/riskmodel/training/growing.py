"""Growing trees with LightGBM: what they are grown on, and in which processes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import lightgbm as lgb
import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Seedbed:
    """Rows that trees are grown on.

    Attributes
    ----------
    matrix : ndarray, shape (n, k)
        Features; NaN is missing.
    target : ndarray, shape (n,)
        What the trees learn: 0 or 1, or a chance between them.
    weight : ndarray, shape (n,), or None
        Weights.
    names : tuple of str or None
        Names of the columns.
    categorical : tuple of int
        Positions of the columns that hold category codes.
    """

    matrix: Values
    target: np.ndarray
    weight: Values | None
    names: tuple[str, ...] | None
    categorical: tuple[int, ...]

    @property
    def described(self) -> dict[str, Any]:
        """What LightGBM is told of the columns."""
        names = "auto" if self.names is None else list(self.names)
        return {"feature_name": names, "categorical_feature": list(self.categorical)}


class Grower(Protocol):
    """What grows trees: by options of LightGBM's names, so many of them, on rows."""

    def __call__(self, options: Mapping[str, Any], rounds: int, bed: Seedbed) -> lgb.Booster:
        """Grow the trees."""
        ...


def grow_here(options: Mapping[str, Any], rounds: int, bed: Seedbed) -> lgb.Booster:
    """Grow the trees in this process; the same rows, options and lock give the same trees to the bit."""
    data = lgb.Dataset(bed.matrix, bed.target, weight=bed.weight, **bed.described)
    return lgb.train(dict(options), data, num_boost_round=rounds)
