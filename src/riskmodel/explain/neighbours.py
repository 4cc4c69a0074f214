"""Households of an earlier period that a model treats like one of today. Pure.

Two households are alike as far as the trees put them into the same leaf: the proximity of random forests (Breiman 2001,
"Random forests", Machine Learning 45), which is defined for the trees of gradient boosting (Friedman 2001, "Greedy
function approximation", Annals of Statistics 29) just as well. Every tree counts the same here, however much it adds to
the score.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

Days = npt.NDArray[np.datetime64]
Flags = npt.NDArray[np.bool_]
Marks = npt.NDArray[np.uint8]
Values = npt.NDArray[np.float64]
Leaves = npt.NDArray[np.integer]
MOST_SALT_BYTES = 64
"""The longest key that the hash takes."""


@dataclass(frozen=True, slots=True, eq=False)
class Neighbours:
    """Earlier households that a bundle remembers, each once and without its id.

    Attributes
    ----------
    as_of : ndarray of datetime64[D], shape (n,)
        Date as of which each one was looked at.
    fell : ndarray of bool, shape (n,)
        Whether it fell within the main horizon.
    cause : ndarray of str, shape (n,)
        Factor group that stands for the recorded cause; empty where none was recorded, or it did not fall.
    groups : tuple of str
        Factor groups.
    leading : ndarray of bool, shape (n, groups)
        Which of them led in its score.
    marks : ndarray of uint8, shape (n,)
        :func:`mark_of` its id.
    salt : bytes
        What the marks are made with.
    leaves : ndarray of uint16, shape (n, trees)
        The leaf of each tree that it came to, as LightGBM numbers leaves.
    """

    as_of: Days
    fell: Flags
    cause: np.ndarray
    groups: tuple[str, ...]
    leading: Flags
    marks: Marks
    salt: bytes
    leaves: Leaves


@dataclass(frozen=True, slots=True, eq=False)
class Alike:
    """The earlier households that are most like one, the most similar first.

    Attributes
    ----------
    similarity : ndarray of float, shape (k,)
        Share of the trees in which both end in the same leaf.
    as_of, fell, cause, groups, leading
        What is remembered of each one, as in :class:`Neighbours`.
    """

    similarity: Values
    as_of: Days
    fell: Flags
    cause: np.ndarray
    groups: tuple[str, ...]
    leading: Flags


def mark_of(household_id: str, salt: bytes) -> int:
    """Return which of 256 marks a household has: enough to leave it out, and too few to tell who it is.

    Parameters
    ----------
    household_id : str
        Its id.
    salt : bytes
        Another one for each bundle, so that marks of two bundles can't be joined; at most :data:`MOST_SALT_BYTES` long.
    """
    return blake2b(household_id.encode(), digest_size=1, key=salt).digest()[0]


def most_alike(neighbours: Neighbours, leaves: Leaves, count: int, household_id: str) -> Alike:
    """Return the earlier households that are most like one, which is never among them itself.

    Whoever shares its mark is left out with it: one in 256 of the others, whatever became of them.

    Parameters
    ----------
    neighbours : Neighbours
        Those that are remembered.
    leaves : ndarray of int, shape (trees,)
        The leaf of each tree that the household comes to.
    count : int
        How many to return at most; of those that are equally similar, the ones that are remembered first.
    household_id : str
        The household's own id.
    """
    others = np.flatnonzero(neighbours.marks != mark_of(household_id, neighbours.salt))
    similarity = (neighbours.leaves[others] == leaves).mean(axis=1)
    order = np.argsort(-similarity, kind="stable")[:count]
    chosen = others[order]
    return Alike(
        similarity[order],
        neighbours.as_of[chosen],
        neighbours.fell[chosen],
        neighbours.cause[chosen],
        neighbours.groups,
        neighbours.leading[chosen],
    )
