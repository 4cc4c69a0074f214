"""Households of an earlier period that a model treats like one of today. Pure.

Two households are alike as far as the trees put them into the same leaf: the proximity of random forests (Breiman 2001,
"Random forests", Machine Learning 45), which is defined for the trees of gradient boosting (Friedman 2001, "Greedy
function approximation", Annals of Statistics 29) just as well. Every tree counts the same here, however much it adds to
the score.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Days = npt.NDArray[np.datetime64]
Flags = npt.NDArray[np.bool_]
Values = npt.NDArray[np.float64]
Leaves = npt.NDArray[np.integer]


@dataclass(frozen=True, slots=True, eq=False)
class Neighbours:
    """Earlier households that a bundle remembers, without ids.

    Attributes
    ----------
    as_of : ndarray of datetime64[D], shape (n,)
        Date as of which each one was looked at.
    fell : ndarray of bool, shape (n,)
        Whether it fell within the main horizon.
    leaves : ndarray of uint16, shape (n, trees)
        The leaf of each tree that it came to, as LightGBM numbers leaves.
    """

    as_of: Days
    fell: Flags
    leaves: Leaves


@dataclass(frozen=True, slots=True, eq=False)
class Alike:
    """The earlier households that are most like one, the most similar first.

    Attributes
    ----------
    similarity : ndarray of float, shape (k,)
        Share of the trees in which both end in the same leaf.
    fell : ndarray of bool, shape (k,)
        Whether each one fell.
    as_of : ndarray of datetime64[D], shape (k,)
        Date as of which it was looked at.
    """

    similarity: Values
    fell: Flags
    as_of: Days


def most_alike(neighbours: Neighbours, leaves: Leaves, count: int) -> Alike:
    """Return the earlier households that are most like one.

    Parameters
    ----------
    neighbours : Neighbours
        Those that are remembered.
    leaves : ndarray of int, shape (trees,)
        The leaf of each tree that the household comes to.
    count : int
        How many to return at most; of those that are equally similar, the ones that are remembered first.
    """
    similarity = (neighbours.leaves == leaves).mean(axis=1)
    chosen = np.argsort(-similarity, kind="stable")[:count]
    return Alike(similarity[chosen], neighbours.fell[chosen], neighbours.as_of[chosen])
