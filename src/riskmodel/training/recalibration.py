"""What was known on a date about how rates are moving: the latest matured period, and transitions of shorter horizons."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from riskmodel.evaluation.calibration import Calibration, shift
from riskmodel.evaluation.reliability import reliability
from riskmodel.training.examples import Examples

Values = npt.NDArray[np.float64]
MINIMUM_EVENTS = 50
"""Fewer transitions than this tell more about chance than about the rate."""


def transition_shift(
    calibrated: Callable[[Examples], Values], calibration: Calibration, older: Examples, newer: Examples
) -> float | None:
    """Return by how much short transitions have moved since the calibration slice, in log-odds.

    Parameters
    ----------
    calibrated : callable
        Log-odds by the trees that the map was fitted for; they saw neither slice.
    calibration : Calibration
        The map.
    older, newer : Examples
        Rows at risk of shorter horizons than the main one: those of the calibration slice, and those since.

    Returns
    -------
    float or None
        None where one of the two has fewer than 50 events.

    Notes
    -----
    The map is for the main horizon; at a shorter one it may be off by a constant. That constant is in both slices and
    drops out of the difference.
    """
    if min(older.events, newer.events) < MINIMUM_EVENTS:
        return None
    moves = [
        shift(calibration.probability(calibrated(rows)), rows.outcome, np.ones(len(rows.outcome)))
        for rows in (older, newer)
    ]
    return moves[1] - moves[0]


def agreement(probability: Values, rows: Examples) -> dict[str, float]:
    """Return predicted, observed and calibration error of rows with a known outcome, each counted once."""
    found = reliability(
        probability, rows.outcome, np.ones(len(rows.outcome)), rows.household, np.random.default_rng(0), draws=0
    )
    if found.figures is None:
        return {}
    names = ("predicted", "observed", "calibration_error", "slope")
    return {name: found.figures[name].value for name in names}
