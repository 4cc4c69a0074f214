"""What chance alone does to a count, and to a share that was counted. Pure."""

from __future__ import annotations

import math

Z = 1.96
"""What is drawn lies within so many standard deviations 19 times out of 20."""


def chance_range(expected: float, variance: float, most: int) -> tuple[float, float]:
    """Return between which numbers a count lies 19 times out of 20.

    >>> low, high = chance_range(100.0, 100.0, 1000)
    >>> round(low, 1), round(high, 1)
    (80.4, 119.6)
    """
    spread = Z * math.sqrt(variance)
    return max(0.0, expected - spread), min(float(most), expected + spread)


def share_range(count: int, of: int) -> tuple[float, float]:
    """Return Wilson's interval of a share, which stays within 0 and 1 however few were counted.

    >>> low, high = share_range(5, 50)
    >>> round(low, 3), round(high, 3)
    (0.043, 0.214)
    """
    share, weight = count / of, Z**2 / of
    middle = (share + weight / 2) / (1 + weight)
    spread = Z * math.sqrt(share * (1 - share) / of + weight / (4 * of)) / (1 + weight)
    return max(0.0, middle - spread), min(1.0, middle + spread)


def after_shock(share: float, log_odds: float) -> float:
    """Return a share that a shock has raised.

    >>> round(after_shock(0.01, 0.5), 4)
    0.0164
    """
    if share in (0.0, 1.0):
        return share
    return 1 / (1 + math.exp(-(math.log(share / (1 - share)) + log_odds)))
