"""Figures with the middle 95 % of their bootstrap draws, and how they are written."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from riskmodel.evaluation.ranking import Interval

LOW, HIGH = 0.025, 0.975


def middle(value: float, drawn: npt.NDArray[np.float64]) -> Interval:
    """Return a figure with the middle 95 % of its draws; draws in which it is undefined (NaN) do not count."""
    known = drawn[~np.isnan(drawn)]
    if not len(known):
        return Interval(value, float("nan"), float("nan"))
    low, high = np.quantile(known, [LOW, HIGH])
    return Interval(value, float(low), float(high))


def number_json(value: float) -> float | None:
    """Return the number; null where it is undefined."""
    return value if math.isfinite(value) else None


def figures_json(figures: Mapping[str, Interval | None]) -> dict[str, Any]:
    """Return each figure under its name and its range under ``<name>_interval``, as ``evaluation.json`` has them."""
    out: dict[str, Any] = {}
    for name, figure in figures.items():
        out[name] = None if figure is None else number_json(figure.value)
        out[f"{name}_interval"] = None if figure is None else [number_json(figure.low), number_json(figure.high)]
    return out
