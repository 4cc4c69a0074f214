"""Which way rows go at a split, and which leaf they come to. Rows stand innermost, so that the compiler vectorises.

The rules are those of LightGBM 4 (``Tree::NumericalDecision`` and ``Tree::CategoricalDecision`` in its ``tree.h``).
"""

from __future__ import annotations

import numpy as np

from riskmodel.explain.compiling import compiled, part
from riskmodel.explain.forest import CATEGORIES, LEFT, RIGHT, Floats, Integers, Trees, Words
from riskmodel.explain.model_text import MISSING_NAN, MISSING_NONE, MISSING_ZERO

ZERO = float(np.float32(1e-35))
"""LightGBM takes values up to this for zero; it writes ``1e-35f``, which is a little more than 1e-35."""


@part
def load(rows: Floats, first: int, block: Floats) -> None:
    """Copy rows into a block, columns outermost; values that LightGBM takes for zero become zero. The rest is padding."""
    columns, size = block.shape
    known = min(size, len(rows) - first)
    for row in range(known):
        for column in range(columns):
            value = rows[first + row, column]
            block[column, row] = 0.0 if abs(value) <= ZERO else value
    for column in range(columns):
        for row in range(known, size):
            block[column, row] = 0.0


@part
def side_of_category(bits: Words, first: int, words: int, value: float) -> int:
    """Return where a category turns: left if its bit is set. What no bit stands for is looked up in the word of zeros."""
    beyond = 32 * words
    # truncated towards zero, as a cast does; NaN fails both comparisons
    category = np.int64(value if (value > -1.0) & (value < beyond) else beyond)
    bit = (bits[first + (category >> 5)] >> np.uint32(category & 31)) & np.uint32(1)
    return LEFT if bit != 0 else RIGHT


@part
def turn_of(trees: Trees, split: int, value: float) -> int:
    """Return where one value turns."""
    way = trees.way[split]
    if way == CATEGORIES:
        return side_of_category(trees.bits, trees.first_word[split], trees.words[split], value)
    if way == MISSING_NAN:
        if value != value:
            return int(trees.default_side[split])
    else:
        if value != value:
            value = 0.0
        if way == MISSING_ZERO and abs(value) <= ZERO:
            return int(trees.default_side[split])
    return LEFT if value <= trees.threshold[split] else RIGHT


@part
def decide(trees: Trees, split: int, block: Floats, turns: Integers, level: int) -> None:
    """Write into ``turns[level]`` where each row turns; tests of the split are taken out of the loop over rows."""
    size, column, threshold = block.shape[1], trees.feature[split], trees.threshold[split]
    way, default = trees.way[split], trees.default_side[split]
    if way == MISSING_NAN and default == LEFT:
        # a comparison with NaN is false
        for row in range(size):
            turns[level, row] = RIGHT if block[column, row] > threshold else LEFT
    elif way == MISSING_NAN:
        for row in range(size):
            turns[level, row] = LEFT if block[column, row] <= threshold else RIGHT
    elif way == MISSING_NONE:
        zero = LEFT if threshold >= 0.0 else RIGHT
        for row in range(size):
            value = block[column, row]
            turns[level, row] = zero if value != value else (LEFT if value <= threshold else RIGHT)
    elif way == MISSING_ZERO:
        zero = LEFT if threshold >= 0.0 else RIGHT
        for row in range(size):
            value = block[column, row]
            missing = value != value or value == 0.0
            turns[level, row] = default if missing else (LEFT if value <= threshold else RIGHT)
    else:
        first, words = trees.first_word[split], trees.words[split]
        for row in range(size):
            turns[level, row] = side_of_category(trees.bits, first, words, block[column, row])


@part
def narrow(trees: Trees, split: int, turns: Integers, level: int, leaf: Integers) -> None:
    """Move rows that turn right at the split to the first leaf there.

    ``leaf`` begins at the tree's first leaf. A row has come to this split exactly if it stands at the split's first
    leaf: it has not yet been sent past it, and the splits before this one that lie elsewhere have not moved it.
    """
    here, right = trees.first_leaf[split], trees.right_leaf[split]
    for row in range(len(leaf)):
        leaf[row] = right if leaf[row] == here and turns[level, row] == RIGHT else leaf[row]


@compiled
def score_rows(trees: Trees, rows: Floats, size: int, out: Floats) -> None:
    """Write the raw score of each row: leaf values added in the order of the trees, as LightGBM adds them.

    Parameters
    ----------
    trees : Trees
        Model.
    rows : ndarray of float, shape (n, features)
        Rows.
    size : int
        Rows a block.
    out : ndarray of float, shape (n,)
        Raw scores.
    """
    block = np.empty((rows.shape[1], size))
    turns = np.empty((1, size), dtype=np.int64)
    leaf = np.empty(size, dtype=np.int64)
    score = np.empty(size)
    for first in range(0, len(rows), size):
        load(rows, first, block)
        score[:] = 0.0
        for tree in range(len(trees.points)):
            leaf[:] = 0
            for split in range(trees.split_start[tree], trees.split_start[tree + 1]):
                decide(trees, split, block, turns, 0)
                narrow(trees, split, turns, 0, leaf)
            for row in range(size):
                score[row] += trees.leaf_value[trees.leaf_start[tree] + leaf[row]]
        for row in range(min(size, len(rows) - first)):
            out[first + row] = score[row]


@part
def turn_all(trees: Trees, values: Floats, turns: Integers) -> None:
    """Write where one row turns at every split of every tree; see :attr:`Trees.limit` for how a threshold is one comparison."""
    columns = len(values)
    told = np.empty(2 * columns)
    for column in range(columns):
        value = values[column]
        told[column] = 0.0 if abs(value) <= ZERO else value
        told[columns + column] = 0.0 if value != value else told[column]
    for split in range(len(turns)):
        passed = trees.sign[split] * told[trees.source[split]] <= trees.limit[split]
        turns[split] = trees.side_passed[split] if passed else 1 - trees.side_passed[split]
    for place in range(len(trees.categorical)):
        # side by side in memory: what a split needs here lies far apart otherwise
        first, words = trees.categorical[place, 2], trees.categorical[place, 3]
        turns[trees.categorical[place, 0]] = side_of_category(
            trees.bits, first, words, told[trees.categorical[place, 1]]
        )
    for place in range(len(trees.uncommon)):
        split = trees.uncommon[place]
        turns[split] = turn_of(trees, split, told[trees.feature[split]])


@part
def value_at(trees: Trees, tree: int, turns: Integers) -> float:
    """Return the value of the leaf that turns lead to."""
    start, node = trees.split_start[tree], 0
    if start == trees.split_start[tree + 1]:
        node = -1
    while node >= 0:
        node = trees.child[start + node, turns[start + node]]
    return float(trees.leaf_value[trees.leaf_start[tree] + ~node])


@compiled
def score_row(trees: Trees, values: Floats) -> float:
    """Return one row's raw score, the same to the bit as :func:`score_rows`."""
    turns = np.empty(len(trees.feature), dtype=np.int64)
    turn_all(trees, values, turns)
    score = 0.0
    for tree in range(len(trees.points)):
        score += value_at(trees, tree, turns)
    return score
