"""Whether probabilities mean what they say, and whether their ranges hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from riskmodel.evaluation.coverage import coverage
from riskmodel.evaluation.reliability import reliability, reliability_by, ventiles
from riskmodel.features.timeline import Positions, Timeline
from riskmodel.training.parts.pooled import Flags, Pooled

RELIABILITY_SEED = 10
"""Added to the run's seed, so that no two uses share a stream."""


def tell_calibration(line: Timeline, pooled: Pooled, known: Flags, seed: int) -> dict[str, Any]:
    """Hold predicted against observed: all rows, by period, by area, and at the top."""
    rows = pooled.rows.where(known)
    whole = (pooled.probability[known], rows.outcome, rows.weight, rows.household)
    alike = (*whole[:2], np.ones(len(rows.outcome)), rows.household)
    areas = area_labels(line, rows.household)
    rng = [np.random.default_rng([seed, RELIABILITY_SEED, place]) for place in range(4)]
    return {
        "weighted": reliability(*whole, rng[0]).to_json(),
        "each_row_once": reliability(*alike, rng[1]).to_json(),
        "by_period": _by(reliability_by(rows.as_of.astype(str), *alike, rng[2])),
        "by_area": _by(reliability_by(areas, *whole, rng[3])),
        "top_ventiles": [asdict(one) for one in ventiles(*alike[:3])],
    }


def _by(found: Mapping[str, Any]) -> dict[str, Any]:
    return {str(name): one.to_json() for name, one in found.items()}


def area_labels(line: Timeline, household: Positions) -> np.ndarray:
    """Name each row's area at the widest level that tells more than one apart."""
    for level, codes in line.area_codes.items():
        if len({code for code in codes.tolist() if code is not None}) > 1:
            return np.array([f"{level} {code or 'unknown'}" for code in codes[household]], dtype=object)
    return np.full(len(household), "all", dtype=object)


def tell_ranges(pooled: Pooled, known: Flags) -> dict[str, Any]:
    """Count the tenths of a period whose stated range holds what was observed."""
    rows = pooled.rows.where(known)
    ends = (pooled.low[known], pooled.high[known])
    found = coverage(pooled.probability[known], *ends, rows.outcome, rows.weight, rows.as_of.astype(str))
    return found.to_json()
