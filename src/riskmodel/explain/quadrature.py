"""Points and weights of Gauss-Legendre rules on [0, 1]."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

import numpy as np

from riskmodel.explain.forest import Floats


class Rule(NamedTuple):
    """Rules; row ``n`` holds the rule of ``n`` points, the rest is padding with weight 0.

    Attributes
    ----------
    at, weight : ndarray of float, shape (most + 1, width)
        Points and weights.
    per_rest : ndarray of float, shape (most + 1, width)
        ``1 / (1 - at)``.
    """

    at: Floats
    weight: Floats
    per_rest: Floats


def rule_of(counts: Collection[int], width: int) -> Rule:
    """Return the rules of the given numbers of points; rows of other numbers are padding.

    Notes
    -----
    A rule of ``n`` points integrates polynomials of degree ``2 n - 1`` exactly (Golub and Welsch 1969, "Calculation of
    Gauss quadrature rules"). No point is 0 or 1, so that nothing is divided by zero.
    """
    most = max(counts)
    at, weight = np.full((most + 1, width), 0.5), np.zeros((most + 1, width))
    for points in set(counts) - {0}:
        symmetric, weights = np.polynomial.legendre.leggauss(points)
        at[points, :points], weight[points, :points] = (symmetric + 1) / 2, weights / 2
    return Rule(at, weight, 1 / (1 - at))
