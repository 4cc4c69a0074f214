"""What moves scores over a whole cohort: mean size of contributions, and whether they go where the dictionary says."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.stats import spearmanr

from riskmodel.evaluation.intervals import middle
from riskmodel.evaluation.ranking import Interval, household_draws

Values = npt.NDArray[np.float64]
FLAT = 0.02
"""Contributions that differ by less than this (standard deviation, log-odds) say nothing about a direction."""
NO_ORDER = 0.05
"""A rank correlation nearer to 0 than this tells no direction either: the contributions go both ways."""
MOST_ROWS = 20_000
"""Rows that a rank correlation is taken over; more would change no verdict."""
AGREES, AGAINST, SLIGHT = "agrees", "against", "flat"


def mean_sizes(
    contributions: Values,
    groups: Sequence[str],
    household: npt.NDArray[np.int64],
    rng: np.random.Generator,
    draws: int = 200,
) -> dict[str, Interval]:
    """Return each group's mean absolute contribution with its interval, the largest first.

    Parameters
    ----------
    contributions : ndarray, shape (n, k)
        Signed contributions in log-odds, without the base.
    groups : sequence of str, length k
        Group of each column. Columns of a group are summed before sizes are taken, so that what cancels counts as none.
    household : ndarray of int, shape (n,)
        Who each row is of.
    rng : Generator
        Source of the draws of households.
    draws : int
        Number of draws.
    """
    names = list(dict.fromkeys(groups))
    places = [[at for at, own in enumerate(groups) if own == name] for name in names]
    sizes = np.column_stack([np.abs(contributions[:, at].sum(axis=1)) for at in places])
    times = household_draws(household, draws, rng)
    drawn = times @ sizes / times.sum(axis=1, keepdims=True)
    found = {name: middle(float(sizes[:, at].mean()), drawn[:, at]) for at, name in enumerate(names)}
    return dict(sorted(found.items(), key=lambda item: -item[1].value))


def directions(
    contributions: Values, values: Values, names: Sequence[str], signs: Sequence[int]
) -> dict[str, tuple[str, float]]:
    """Tell for each column with a known direction whether its contributions follow it.

    Parameters
    ----------
    contributions, values : ndarray, shape (n, k)
        Signed contributions, and the values that they belong to (NaN missing, left out).
    names : sequence of str, length k
        Columns.
    signs : sequence of int, length k
        1 where more is more risk, -1 where it is less, 0 where the dictionary leaves it free (left out here).

    Returns
    -------
    dict of str to (str, float)
        ``agrees``, ``against`` or ``flat``, and the rank correlation of value and contribution.
    """
    step = max(1, len(values) // MOST_ROWS)
    found: dict[str, tuple[str, float]] = {}
    for place, (name, sign) in enumerate(zip(names, signs, strict=True)):
        value, own = values[::step, place], contributions[::step, place]
        known = ~np.isnan(value)
        if not sign:
            continue
        if known.sum() < 3 or own[known].std() < FLAT or value[known].std() == 0:
            found[name] = (SLIGHT, 0.0)
            continue
        rank = float(spearmanr(value[known], own[known]).statistic)
        followed = AGREES if rank * sign > 0 else AGAINST
        found[name] = (SLIGHT if abs(rank) < NO_ORDER else followed, rank)
    return found
