"""Exact contributions of every column to a booster's log-odds (path-dependent TreeSHAP)."""

from __future__ import annotations

import lightgbm as lgb
import numpy as np
import numpy.typing as npt


def contributions(booster: lgb.Booster, matrix: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Split each row's log-odds exactly over the columns.

    Parameters
    ----------
    booster : Booster
        A binary model.
    matrix : ndarray of float, shape (n, k)
        Rows to explain.

    Returns
    -------
    ndarray of float, shape (n, k + 1)
        Signed contributions in log-odds; the last column is the base, the same for every row. A row sums to
        ``booster.predict(row, raw_score=True)`` up to rounding.

    Notes
    -----
    Lundberg et al. (2020), "From local explanations to global understanding with explainable AI for trees", Nature
    Machine Intelligence 2, as LightGBM computes it. O(trees x leaves x depth^2) a row.
    """
    if not len(matrix):
        return np.empty((0, matrix.shape[1] + 1))
    return np.asarray(booster.predict(matrix, pred_contrib=True), dtype="float64")


def log_odds(booster: lgb.Booster, matrix: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the booster's raw score of each row, the same to the bit whatever rows stand beside it."""
    if not len(matrix):
        return np.empty(0)
    return np.asarray(booster.predict(matrix, raw_score=True), dtype="float64")
