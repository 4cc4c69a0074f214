"""Which leaf of each tree a row comes to, as LightGBM numbers leaves."""

from __future__ import annotations

import numpy as np

from riskmodel.explain.compiling import compiled
from riskmodel.explain.deciding import turn_all
from riskmodel.explain.forest import Floats, Forest, Integers, Trees


def leaves_of(forest: Forest, rows: Floats) -> Integers:
    """Return the leaf of each tree that each row comes to: what LightGBM gives as ``pred_leaf``, shape (n, trees).

    Parameters
    ----------
    forest : Forest
        The model.
    rows : ndarray of float, shape (n, features)
        Contiguous rows.
    """
    found = np.empty((len(rows), len(forest.trees.points)), dtype="int64")
    for row, own in zip(rows, found, strict=True):
        leaves_of_row(forest.trees, row, own)
    return np.asarray(forest.leaf_number[found])


@compiled
def leaves_of_row(trees: Trees, values: Floats, out: Integers) -> None:
    """Write where in the forest's flat arrays the leaves are that a row comes to.

    Parameters
    ----------
    trees : Trees
        Model.
    values : ndarray of float, shape (features,)
        The row.
    out : ndarray of int, shape (trees,)
        Places of leaves.
    """
    turns = np.empty(len(trees.feature), dtype=np.int64)
    turn_all(trees, values, turns)
    for tree in range(len(trees.points)):
        start, node = trees.split_start[tree], 0
        if start == trees.split_start[tree + 1]:
            node = -1
        while node >= 0:
            node = trees.child[start + node, turns[start + node]]
        out[tree] = trees.leaf_start[tree] + ~node
