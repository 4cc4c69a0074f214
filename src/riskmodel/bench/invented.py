"""Invented rows and trees of a given size: numbers with missing values, categories of few and of many codes."""

from __future__ import annotations

from dataclasses import dataclass

import lightgbm as lgb
import numpy as np
import numpy.typing as npt

from riskmodel.training.estimator import REPEATABLE

Values = npt.NDArray[np.float64]
NUMBERS = 54
CATEGORIES = (2, 3, 8, 20, 60, 300)
"""Codes of each category: LightGBM tells few apart one against all, and more than 32 take several words of bits."""

FEATURES = NUMBERS + len(CATEGORIES)
MISSING_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class Size:
    """How large trees may grow; a depth of -1 is without limit."""

    name: str
    leaves: int
    depth: int


SIZES = (Size("31 leaves, depth 6", 31, 6), Size("63 leaves, depth 8", 63, 8), Size("63 leaves, any depth", 63, -1))


def invent_rows(n: int, seed: int = 0) -> tuple[Values, Values]:
    """Return rows and outcomes, one outcome in seven; a tenth of all values is missing, categories too."""
    rng = np.random.default_rng(seed)
    matrix = rng.normal(size=(n, FEATURES))
    for place, codes in enumerate(CATEGORIES, NUMBERS):
        matrix[:, place] = rng.integers(0, codes, n)
    by_code = np.random.default_rng(0).normal(size=max(CATEGORIES))
    odds = matrix[:, :12] @ np.linspace(1, 0.1, 12) + 0.7 * matrix[:, 1] * (matrix[:, NUMBERS + 2] > 3) - 3
    odds += 0.5 * by_code[matrix[:, NUMBERS:].astype("int64")].sum(axis=1)
    outcome = (rng.random(n) < 1 / (1 + np.exp(-odds))).astype("float64")
    matrix[rng.random(matrix.shape) < MISSING_SHARE] = np.nan
    return matrix, outcome


def grow_trees(size: Size, trees: int, rows: int) -> lgb.Booster:
    """Train a model of so many trees."""
    matrix, outcome = invent_rows(rows)
    categories = list(range(NUMBERS, FEATURES))
    params = {
        **REPEATABLE,
        "objective": "binary",
        "num_leaves": size.leaves,
        "max_depth": size.depth,
        "learning_rate": 0.05,
        "min_data_in_leaf": 20,
    }
    return lgb.train(params, lgb.Dataset(matrix, outcome, categorical_feature=categories), num_boost_round=trees)
