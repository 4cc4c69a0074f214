"""How much households whose outcome is unknown may move the figures: each known one stands for those like it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold

from riskmodel.errors import TooFewRows
from riskmodel.evaluation.intervals import middle
from riskmodel.evaluation.ranking import WEIGHTED, Interval, Outcomes, Ranking, household_draws

Values = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
PARTS = 5
MOST_OFTEN = 0.99
"""Weights above this share of all are cut there: a few rows must not speak for everybody."""
MOVED = ("roc_auc", "average_precision", "recall_at_capacity")


def chance_known(traits: Values, known: Flags, household: npt.NDArray[np.int64], seed: int) -> Values:
    """Return each row's chance that its outcome is known, by a model that was fitted on other households.

    Parameters
    ----------
    traits : ndarray, shape (n, k)
        What was known on the date, the date itself too; gaps are NaN.
    known : ndarray of bool, shape (n,)
        Whether the outcome is known.
    household : ndarray of int, shape (n,)
        Who each row is of; all rows of one are on the same side.
    seed : int
        Seed of the trees.

    Raises
    ------
    TooFewRows
        If there are fewer households than parts, or all or none are known.
    """
    if known.all() or not known.any() or len(np.unique(household)) < PARTS:
        raise TooFewRows(f"{int(known.sum())} of {len(known)} outcomes are known: nothing to weigh by")
    chance = np.full(len(known), known.mean())
    for train, test in GroupKFold(PARTS).split(traits, groups=household):
        if known[train].all() or not known[train].any():
            continue
        trees = HistGradientBoostingClassifier(
            max_iter=80, max_leaf_nodes=8, min_samples_leaf=50, early_stopping=False, random_state=seed
        )
        chance[test] = trees.fit(traits[train], known[train]).predict_proba(traits[test])[:, 1]
    return chance


def inverse_weights(chance: Values, known: Flags) -> Values:
    """Return the weights of the known rows, shape (known,): inverse to their chance, mean 1, the largest cut.

    Source: Robins, Rotnitzky and Zhao (1994), "Estimation of regression coefficients when some regressors are not
    always observed"; cutting: Cole and Hernán (2008), "Constructing inverse probability weights".
    """
    weight = 1 / np.clip(chance[known], 1e-3, None)
    weight = np.minimum(weight, np.quantile(weight, MOST_OFTEN))
    return np.asarray(weight / weight.mean())


@dataclass(frozen=True, slots=True)
class Moved:
    """Figures of the known rows, of all rows as those known stand for them, and how far apart the two are.

    Attributes
    ----------
    selectivity_auc : float
        How well the date's traits tell whose outcome will be known; 0.5 means that they don't.
    effective_n : float
        As many rows as weigh as much alike (Kish).
    known, weighed, moved : mapping of str to Interval
        ``roc_auc``, ``average_precision``, ``recall_at_capacity``, ``rate``; ``moved`` is weighed minus known.
    """

    selectivity_auc: float
    effective_n: float
    known: dict[str, Interval]
    weighed: dict[str, Interval]
    moved: dict[str, Interval]


def how_far_moved(
    score: Values,
    outcome: Values,
    chance: Values,
    household: npt.NDArray[np.int64],
    capacity_share: float,
    rng: np.random.Generator,
    draws: int = 200,
) -> Moved:
    """Measure the known rows once as they are and once weighed for the unknown ones, on the same draws of households.

    Parameters
    ----------
    score, outcome, chance, household : ndarray, shape (n,)
        All rows, known or not (NaN outcome); ``chance`` as :func:`chance_known` gives it.
    capacity_share : float
        Share of rows that can be visited.
    rng : Generator
        Source of the draws. The chances stay as they are, so intervals hold no error of theirs.
    draws : int
        Number of draws.
    """
    known = ~np.isnan(outcome)
    weight, fell = inverse_weights(chance, known), outcome[known]
    ranking = Ranking(score[known], Outcomes(fell, weight, household[known], capacity_share))

    def measure(times: Values | None) -> tuple[list[float], list[float]]:
        counted = np.ones(len(fell)) if times is None else times
        table = ranking.measure(times)
        rates = [float(np.average(fell, weights=each)) for each in (counted, counted * weight)]
        return (
            [*(table[name] for name in MOVED), rates[0]],
            [*(table[f"{name}{WEIGHTED}"] for name in MOVED), rates[1]],
        )

    point = np.array(measure(None))
    drawn = np.array([measure(times) for times in household_draws(household[known], draws, rng)])
    names = (*MOVED, "rate")

    def told(values: Values, draws_of: Values) -> dict[str, Interval]:
        return {name: middle(float(values[at]), draws_of[:, at]) for at, name in enumerate(names)}

    return Moved(
        float(roc_auc_score(known, chance)),
        float(weight.sum() ** 2 / (weight @ weight)),
        told(point[0], drawn[:, 0]),
        told(point[1], drawn[:, 1]),
        told(point[1] - point[0], drawn[:, 1] - drawn[:, 0]),
    )
