"""Exact contributions of many rows: one pass down and up each tree for a block of rows at once, rows innermost.

For a leaf with value ``v``, let ``o`` of a column be 1 if the row satisfies every test of it along the path, else 0, and
``z`` the product of the shares of training rows that took those turns. The column's contribution from the leaf is
``v (o - z)`` times the integral over ``t`` from 0 to 1 of the product of ``t o + (1 - t) z`` over the path's *other* columns.
The integrand is a polynomial, so a Gauss-Legendre rule with half as many points as columns is exact.

On the way down a split's slot holds, at each point, the product of ``t o + (1 - t) z`` over the columns tested above it. A
turn on a column that the path has tested before replaces that column's factor. On the way up the slot holds the sum of
value times product over the leaves below. Weighed by ``(o - z) / (t o + (1 - t) z)`` of a turn, a child's sum is what the
turn's column gets from the leaves below; a repeated column's earlier turn has counted them too, and is taken off.

See Also
--------
riskmodel.explain.treeshap : Where this comes from.
"""

from __future__ import annotations

import numpy as np

from riskmodel.explain.compiling import compiled, part
from riskmodel.explain.deciding import decide, load, narrow
from riskmodel.explain.forest import ABOVE, COVER, LEFT, LOST, RIGHT, SHARE, VALUE, Floats, Integers, Trees
from riskmodel.explain.quadrature import Rule

# A child's slot is 2 (level + 1) + side: the left child's sum outlives the walk through the right one.


@part
def lose(trees: Trees, split: int, turns: Integers) -> None:
    """Mark rows that failed an earlier test of the split's column."""
    level, earlier, side = trees.slot[split] // 2, trees.earlier_level[split], trees.earlier_side[split]
    if earlier >= 0:
        for row in range(turns.shape[1]):
            turns[level, row] = turns[level, row] if turns[earlier, row] == side else LOST


@part
def descend(trees: Trees, split: int, rule: Rule, points: int, turns: Integers, slots: Floats) -> None:
    """Carry the products of a split to its children that are splits."""
    slot, level, repeated = trees.slot[split], trees.slot[split] // 2, trees.earlier_level[split] >= 0
    above, left, right = (
        trees.numbers[split, ABOVE],
        trees.numbers[split, SHARE + LEFT],
        trees.numbers[split, SHARE + RIGHT],
    )
    cover_left, cover_right = trees.numbers[split, COVER + LEFT], trees.numbers[split, COVER + RIGHT]
    to_left, to_right = trees.child[split, LEFT] >= 0, trees.child[split, RIGHT] >= 0
    child = 2 * level + 2
    for point in range(points):
        at, rest = rule.at[points, point], 1.0 - rule.at[points, point]
        before = 1.0 / (at + rest * above) if repeated else 1.0
        left_kept, left_lost = (at + rest * left) * before, rest * left * before
        right_kept, right_lost = (at + rest * right) * before, rest * right * before
        if to_left and to_right:
            for row in range(slots.shape[2]):
                turn, product = turns[level, row], slots[slot, point, row]
                slots[child, point, row] = product * (
                    (left_kept) if turn == LEFT else ((left_lost) if turn == RIGHT else (cover_left))
                )
                slots[child + 1, point, row] = product * (
                    (right_lost) if turn == LEFT else ((right_kept) if turn == RIGHT else (cover_right))
                )
        elif to_left:
            for row in range(slots.shape[2]):
                turn, product = turns[level, row], slots[slot, point, row]
                slots[child, point, row] = product * (
                    (left_kept) if turn == LEFT else ((left_lost) if turn == RIGHT else (cover_left))
                )
        elif to_right:
            for row in range(slots.shape[2]):
                turn, product = turns[level, row], slots[slot, point, row]
                slots[child + 1, point, row] = product * (
                    (right_lost) if turn == LEFT else ((right_kept) if turn == RIGHT else (cover_right))
                )


@part
def ascend(trees: Trees, split: int, rule: Rule, points: int, turns: Integers, slots: Floats, given: Floats) -> None:
    """Replace a split's products by its sums, and give its column what it contributes."""
    slot, level, column = trees.slot[split], trees.slot[split] // 2, trees.feature[split]
    repeated = trees.earlier_level[split] >= 0
    above, left, right = (
        trees.numbers[split, ABOVE],
        trees.numbers[split, SHARE + LEFT],
        trees.numbers[split, SHARE + RIGHT],
    )
    leaf_left, leaf_right = trees.child[split, LEFT] < 0, trees.child[split, RIGHT] < 0
    value_left, value_right = trees.numbers[split, VALUE + LEFT], trees.numbers[split, VALUE + RIGHT]
    lost_left, lost_right = (
        value_left * trees.numbers[split, COVER + LEFT],
        value_right * trees.numbers[split, COVER + RIGHT],
    )
    child = 2 * level + 2
    for point in range(points):
        at, rest, weight = rule.at[points, point], 1.0 - rule.at[points, point], rule.weight[points, point]
        before = 1.0 / (at + rest * above) if repeated else 1.0
        earlier = (1.0 - above) * before
        left_kept, left_lost = (at + rest * left) * before, rest * left * before
        right_kept, right_lost = (at + rest * right) * before, rest * right * before
        # what a child's sum is weighed by where the row does not take that turn, does, and does times the factor
        against = -weight * (rule.per_rest[points, point] + earlier)
        for_left = weight * ((1.0 - left) * before - left_kept * earlier)
        for_right = weight * ((1.0 - right) * before - right_kept * earlier)
        if leaf_left and leaf_right:
            sum_left = value_left * left_kept + value_right * right_lost
            sum_right = value_left * left_lost + value_right * right_kept
            give_left = value_left * for_left + value_right * right_lost * against
            give_right = value_left * left_lost * against + value_right * for_right
            for row in range(slots.shape[2]):
                turn, product = turns[level, row], slots[slot, point, row]
                given[column, row] += product * (
                    (give_left) if turn == LEFT else ((give_right) if turn == RIGHT else (0.0))
                )
                slots[slot, point, row] = product * (
                    (sum_left) if turn == LEFT else ((sum_right) if turn == RIGHT else (lost_left + lost_right))
                )
        elif leaf_left or leaf_right:
            # one child is a leaf, a number; the other's sums are in its slot
            if leaf_left:
                other, pro_left, pro_right = child + 1, against, for_right / right_kept
                give_left, give_right = value_left * for_left, value_left * left_lost * against
                sum_left, sum_right, sum_lost = value_left * left_kept, value_left * left_lost, lost_left
            else:
                other, pro_left, pro_right = child, for_left / left_kept, against
                give_left, give_right = value_right * right_lost * against, value_right * for_right
                sum_left, sum_right, sum_lost = value_right * right_lost, value_right * right_kept, lost_right
            for row in range(slots.shape[2]):
                turn, product, below = turns[level, row], slots[slot, point, row], slots[other, point, row]
                given[column, row] += product * (
                    give_left if turn == LEFT else (give_right if turn == RIGHT else 0.0)
                ) + below * (pro_left if turn == LEFT else (pro_right if turn == RIGHT else 0.0))
                slots[slot, point, row] = (
                    product * (sum_left if turn == LEFT else (sum_right if turn == RIGHT else sum_lost)) + below
                )
        else:
            pro_left, pro_right = for_left / left_kept, for_right / right_kept
            for row in range(slots.shape[2]):
                turn, one, other = turns[level, row], slots[child, point, row], slots[child + 1, point, row]
                given[column, row] += one * (
                    (pro_left) if turn == LEFT else ((against) if turn == RIGHT else (0.0))
                ) + other * ((against) if turn == LEFT else ((pro_right) if turn == RIGHT else (0.0)))
                slots[slot, point, row] = one + other


@part
def explain_tree(
    trees: Trees,
    tree: int,
    rule: Rule,
    block: Floats,
    turns: Integers,
    slots: Floats,
    path: Integers,
    leaf: Integers,
    given: Floats,
) -> None:
    """Add one tree's contributions, and find the leaf of each row."""
    start, end, points = trees.split_start[tree], trees.split_start[tree + 1], trees.points[tree]
    leaf[:] = 0
    slots[0, :points, :] = 1.0
    for split in range(start, end):
        level = trees.slot[split] // 2
        path[level] = split
        decide(trees, split, block, turns, level)
        narrow(trees, split, turns, level, leaf)
        lose(trees, split, turns)
        descend(trees, split, rule, points, turns, slots)
        # the splits below which this one was the last
        following = trees.slot[split + 1] // 2 if split + 1 < end else 0
        for ended in range(level, following - 1, -1):
            ascend(trees, path[ended], rule, points, turns, slots, given)


@part
def explain_block(
    trees: Trees,
    rule: Rule,
    block: Floats,
    turns: Integers,
    slots: Floats,
    path: Integers,
    leaf: Integers,
    given: Floats,
    score: Floats,
) -> None:
    """Fill contributions, shape (features, size), and raw scores, shape (size,), of a block's rows."""
    given[:] = 0.0
    score[:] = 0.0
    for tree in range(len(trees.points)):
        explain_tree(trees, tree, rule, block, turns, slots, path, leaf, given)
        for row in range(len(score)):
            score[row] += trees.leaf_value[trees.leaf_start[tree] + leaf[row]]


@part
def workspace(
    features: int, levels: int, points: int, size: int
) -> tuple[Floats, Floats, Floats, Integers, Integers, Floats, Integers]:
    """Return what a block is worked in: values, contributions, scores, turns, leaves, slots and path."""
    block, given, score = np.empty((features, size)), np.empty((features, size)), np.empty(size)
    turns, leaf = np.empty((levels + 1, size), dtype=np.int64), np.empty(size, dtype=np.int64)
    slots, path = np.empty((2 * levels + 2, points, size)), np.empty(levels + 1, dtype=np.int64)
    return block, given, score, turns, leaf, slots, path


@compiled
def explain_rows(
    trees: Trees, rule: Rule, levels: int, rows: Floats, size: int, contributions: Floats, scores: Floats
) -> None:
    """Write every contribution of each row.

    Parameters
    ----------
    trees : Trees
        Model.
    rule : Rule
        Rules for all its trees.
    levels : int
        Most splits on a path.
    rows : ndarray of float, shape (n, features)
        Rows.
    size : int
        Rows a block.
    contributions : ndarray of float, shape (n, features)
        Contributions, to be filled.
    scores : ndarray of float, shape (n,)
        Raw scores, to be filled.
    """
    features = rows.shape[1]
    block, given, score, turns, leaf, slots, path = workspace(features, levels, rule.at.shape[1], size)
    for first in range(0, len(rows), size):
        load(rows, first, block)
        explain_block(trees, rule, block, turns, slots, path, leaf, given, score)
        for row in range(min(size, len(rows) - first)):
            scores[first + row] = score[row]
            for column in range(features):
                contributions[first + row, column] = given[column, row]


@compiled
def summarise_rows(
    trees: Trees,
    rule: Rule,
    levels: int,
    rows: Floats,
    size: int,
    group: Integers,
    eligible: int,
    scores: Floats,
    group_sums: Floats,
    strongest: Integers,
    strongest_value: Floats,
) -> None:
    """Write each row's raw score, sums by group and strongest contributions; the others are never kept.

    Parameters
    ----------
    trees, rule, levels, rows, size
        As in :func:`explain_rows`.
    group : ndarray of int, shape (features,)
        Which group each column belongs to.
    eligible : int
        Only the first so many columns may be named among the strongest.
    scores : ndarray of float, shape (n,)
        Raw scores, to be filled.
    group_sums : ndarray of float, shape (n, groups)
        Sums of contributions, to be filled.
    strongest : ndarray of int, shape (n, top)
        Columns by falling size of their contribution, the first column first among equals; to be filled.
    strongest_value : ndarray of float, shape (n, top)
        Their contributions, to be filled.
    """
    features, top = rows.shape[1], strongest.shape[1]
    block, given, score, turns, leaf, slots, path = workspace(features, levels, rule.at.shape[1], size)
    for first in range(0, len(rows), size):
        load(rows, first, block)
        explain_block(trees, rule, block, turns, slots, path, leaf, given, score)
        for row in range(min(size, len(rows) - first)):
            scores[first + row] = score[row]
            group_sums[first + row, :] = 0.0
            found = 0
            for column in range(features):
                value = given[column, row]
                group_sums[first + row, group[column]] += value
                if column >= eligible or top == 0:
                    continue
                place = min(found, top - 1)
                if found == top and abs(value) <= abs(strongest_value[first + row, place]):
                    continue
                # an insertion sort; the place of a column that drops out is taken over
                while place > 0 and abs(value) > abs(strongest_value[first + row, place - 1]):
                    strongest[first + row, place] = strongest[first + row, place - 1]
                    strongest_value[first + row, place] = strongest_value[first + row, place - 1]
                    place -= 1
                strongest[first + row, place], strongest_value[first + row, place] = column, value
                found = min(found + 1, top)
