"""Rows of a run that are made up, where only some of what they carry matters."""

from __future__ import annotations

import numpy as np

from riskmodel.training.examples import Examples


def made_rows(
    matrix: np.ndarray,
    outcome: np.ndarray,
    day: str = "2018-01-01",
    months: int = 12,
    household: np.ndarray | None = None,
) -> Examples:
    """Return rows at risk of one date and horizon, each of weight 1, that trees learn from as they are."""
    n = len(matrix)
    who = np.arange(n) if household is None else household
    on = np.full(n, np.datetime64(day, "D"))
    return Examples(matrix, outcome, np.ones(n), who, on, np.full(n, months), np.ones(n, bool), outcome)
