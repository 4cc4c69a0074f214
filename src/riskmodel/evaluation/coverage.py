"""Do stated ranges hold what was observed? Counted over cells: tenths of a period, or its areas."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from riskmodel.evaluation.calibration import HALF_WIDTH
from riskmodel.evaluation.intervals import number_json
from riskmodel.evaluation.reliability import DECILES, MINIMUM_ROWS, equal_bins

Values = npt.NDArray[np.float64]
Keys = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Cell:
    """A part of a period, with what was observed there and the range that was stated.

    Attributes
    ----------
    period, part : str
        Which cell.
    n, events : int
        Rows, and how many of them fell; unweighted.
    observed, low, high : float
        Weighted share that fell, and the stated range of 80 %.
    chance : float
        Standard deviation of the share that falls, by chance alone, were the middle of the range the truth.
    """

    period: str
    part: str
    n: int
    events: int
    observed: float
    low: float
    high: float
    chance: float

    @property
    def inside(self) -> bool:
        """Whether the range holds what was observed."""
        return self.low <= self.observed <= self.high

    @property
    def inside_with_chance(self) -> bool:
        """Whether the range, widened by chance (80 % too, both as independent spreads), holds what was observed."""
        centre = (self.low + self.high) / 2
        return abs(self.observed - centre) <= math.hypot(centre - self.low, HALF_WIDTH * self.chance)


@dataclass(frozen=True, slots=True)
class Coverage:
    """How often stated ranges held what was observed; ``left_out`` cells had too few rows to tell."""

    cells: tuple[Cell, ...]
    left_out: int

    @property
    def share(self) -> float:
        """Share of cells whose range holds what was observed; NaN where there is no cell."""
        return sum(cell.inside for cell in self.cells) / len(self.cells) if self.cells else float("nan")

    @property
    def share_with_chance(self) -> float:
        """Share of cells whose range holds it once chance is allowed for; about 0.8 where ranges are honest."""
        return sum(cell.inside_with_chance for cell in self.cells) / len(self.cells) if self.cells else float("nan")

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON."""
        return {
            "share": number_json(self.share),
            "share_with_chance": number_json(self.share_with_chance),
            "n_cells": len(self.cells),
            "left_out": self.left_out,
            "cells": [
                asdict(cell) | {"inside": cell.inside, "inside_with_chance": cell.inside_with_chance}
                for cell in self.cells
            ],
        }


def coverage(probability: Values, low: Values, high: Values, outcome: Values, weight: Values, period: Keys) -> Coverage:
    """Return how often the mean range of a tenth of a period's rows held the share of them that fell.

    Parameters
    ----------
    probability, low, high : ndarray, shape (n,)
        Predicted, and the ends of each row's range.
    outcome, weight : ndarray, shape (n,)
        1 or 0, and survey weight.
    period : ndarray, shape (n,)
        Period of each row; each is cut into tenths of its own, 1 the riskiest.

    Notes
    -----
    A row's range is about its probability, not about its outcome. The share that fell also scatters by chance, most in
    small cells and where few fall, so ``share`` lies below the stated 80 % even where ranges are honest;
    ``share_with_chance`` does not. Cells below 50 rows are left out.
    """
    cells = []
    for one in np.unique(period):
        rows = np.flatnonzero(period == one)
        tenth = DECILES - equal_bins(probability[rows], DECILES)
        for number in np.unique(tenth):
            inside = rows[tenth == number]
            ends = [float(np.average(end[inside], weights=weight[inside])) for end in (low, high)]
            cells.append(_cell(str(one), str(number), outcome[inside], weight[inside], (ends[0], ends[1])))
    return _coverage(cells)


def rate_coverage(
    outcome: Values,
    weight: Values,
    period: Keys,
    area: Keys,
    ranges: Mapping[tuple[str, str], tuple[float, float]],
) -> Coverage:
    """Return how often ranges that were stated for areas' rates held the rates.

    Parameters
    ----------
    outcome, weight : ndarray, shape (n,)
        1 or 0, and survey weight.
    period, area : ndarray, shape (n,)
        Cell of each row.
    ranges : mapping of (period, area) to (low, high)
        Stated ranges, keys as text. Cells below 50 rows are left out, and so are rows outside these cells.
    """
    periods, areas = period.astype(str), area.astype(str)
    cells = []
    for (one, part), ends in sorted(ranges.items()):
        rows = (periods == one) & (areas == part)
        cells.append(_cell(one, part, outcome[rows], weight[rows], ends))
    return _coverage(cells)


def _coverage(cells: Sequence[Cell | None]) -> Coverage:
    return Coverage(tuple(cell for cell in cells if cell is not None), sum(cell is None for cell in cells))


def _cell(period: str, part: str, outcome: Values, weight: Values, ends: tuple[float, float]) -> Cell | None:
    if len(outcome) < MINIMUM_ROWS:
        return None
    observed = float(np.average(outcome, weights=weight))
    centre = float(np.clip((ends[0] + ends[1]) / 2, 0.0, 1.0))
    chance = math.sqrt(centre * (1 - centre) * float(weight @ weight)) / float(weight.sum())
    return Cell(period, part, len(outcome), int(outcome.sum()), observed, *ends, chance)
