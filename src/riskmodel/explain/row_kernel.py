"""Exact contributions of one row; lanes are quadrature points. See :mod:`riskmodel.explain.block_kernel` for the method.

Where a single row turns is known, so a split has a near child, that it goes to, and a far one.
"""

from __future__ import annotations

import numpy as np

from riskmodel.explain.compiling import compiled, part
from riskmodel.explain.deciding import turn_all, value_at
from riskmodel.explain.forest import (
    ABOVE,
    CHILD,
    COLUMN,
    COVER,
    LEFT,
    LOST,
    REPEATED,
    RIGHT,
    SHARE,
    VALUE,
    Floats,
    Integers,
    Trees,
)
from riskmodel.explain.quadrature import Rule

LANES = 4
"""Points in a register. Lanes are tuples: loops so short would be left as they are, tuples become one register."""
WIDTH = 2 * LANES
"""Points worked on in one walk: trees with more than four take two registers, and the second costs less than a walk."""
Lanes = tuple[float, float, float, float]


@part
def lanes_at(table: Floats, row: int, first: int) -> Lanes:
    """Read lanes from a table."""
    return table[row, first], table[row, first + 1], table[row, first + 2], table[row, first + 3]


@part
def put(table: Floats, row: int, first: int, lanes: Lanes) -> None:
    """Write lanes into a table's row."""
    table[row, first], table[row, first + 1], table[row, first + 2], table[row, first + 3] = lanes


@part
def all_lanes(value: float) -> Lanes:
    """Return the same number in every lane."""
    return value, value, value, value


@part
def plus(one: Lanes, other: Lanes) -> Lanes:
    """Add lane by lane."""
    return one[0] + other[0], one[1] + other[1], one[2] + other[2], one[3] + other[3]


@part
def minus(one: Lanes, other: Lanes) -> Lanes:
    """Subtract lane by lane."""
    return one[0] - other[0], one[1] - other[1], one[2] - other[2], one[3] - other[3]


@part
def times(one: Lanes, other: Lanes) -> Lanes:
    """Multiply lane by lane."""
    return one[0] * other[0], one[1] * other[1], one[2] * other[2], one[3] * other[3]


@part
def over(one: Lanes, other: Lanes) -> Lanes:
    """Divide lane by lane."""
    return one[0] / other[0], one[1] / other[1], one[2] / other[2], one[3] / other[3]


@part
def factor(at: Lanes, rest: Lanes, share: float) -> Lanes:
    """Return what a column puts into the product where the row satisfies its tests."""
    return plus(at, times(rest, all_lanes(share)))


@part
def points_at(rule: Rule, points: int, first: int) -> tuple[Lanes, Lanes, Lanes]:
    """Return points, weights and what a missed turn is weighed by."""
    return (
        lanes_at(rule.at, points, first),
        lanes_at(rule.weight, points, first),
        lanes_at(rule.per_rest, points, first),
    )


@part
def descend(trees: Trees, start: int, turns: Integers, at: Lanes, rest: Lanes, slots: Floats) -> None:
    """Carry products down: a split's slot is its place in the tree, leaves follow; a leaf's product is times its value.

    Tables are read and written outside of branches: numba would count references to them at every turn otherwise.
    """
    put(slots, 0, 0, all_lanes(1.0))
    for place in range(len(turns)):
        split, turn = start + place, turns[place]
        side = LEFT if turn == LOST else turn
        value, other = trees.numbers[split, VALUE + side], trees.numbers[split, VALUE + 1 - side]
        share, other_share = trees.numbers[split, SHARE + side], trees.numbers[split, SHARE + 1 - side]
        near, far = factor(at, rest, share), times(rest, all_lanes(other_share))
        if trees.places[split, REPEATED] != 0:
            if turn == LOST:
                near = all_lanes(trees.numbers[split, COVER + LEFT])
                far = all_lanes(trees.numbers[split, COVER + RIGHT])
            else:
                before = over(all_lanes(1.0), factor(at, rest, trees.numbers[split, ABOVE]))
                near, far = times(near, before), times(far, before)
        product = lanes_at(slots, place, 0)
        put(slots, trees.places[split, CHILD + side], 0, times(product, times(near, all_lanes(value))))
        put(slots, trees.places[split, CHILD + 1 - side], 0, times(product, times(far, all_lanes(other))))


@part
def descend_wide(
    trees: Trees, start: int, turns: Integers, at: Lanes, rest: Lanes, more_at: Lanes, more_rest: Lanes, slots: Floats
) -> None:
    """Do what :func:`descend` does for two registers in one walk."""
    put(slots, 0, 0, all_lanes(1.0))
    put(slots, 0, LANES, all_lanes(1.0))
    for place in range(len(turns)):
        split, turn = start + place, turns[place]
        side = LEFT if turn == LOST else turn
        value, other = trees.numbers[split, VALUE + side], trees.numbers[split, VALUE + 1 - side]
        share, other_share = trees.numbers[split, SHARE + side], trees.numbers[split, SHARE + 1 - side]
        near, far = factor(at, rest, share), times(rest, all_lanes(other_share))
        more_near, more_far = factor(more_at, more_rest, share), times(more_rest, all_lanes(other_share))
        if trees.places[split, REPEATED] != 0:
            if turn == LOST:
                near = more_near = all_lanes(trees.numbers[split, COVER + LEFT])
                far = more_far = all_lanes(trees.numbers[split, COVER + RIGHT])
            else:
                before = over(all_lanes(1.0), factor(at, rest, trees.numbers[split, ABOVE]))
                more_before = over(all_lanes(1.0), factor(more_at, more_rest, trees.numbers[split, ABOVE]))
                near, far = times(near, before), times(far, before)
                more_near, more_far = times(more_near, more_before), times(more_far, more_before)
        product, more = lanes_at(slots, place, 0), lanes_at(slots, place, LANES)
        near_slot, far_slot = trees.places[split, CHILD + side], trees.places[split, CHILD + 1 - side]
        put(slots, near_slot, 0, times(product, times(near, all_lanes(value))))
        put(slots, near_slot, LANES, times(more, times(more_near, all_lanes(value))))
        put(slots, far_slot, 0, times(product, times(far, all_lanes(other))))
        put(slots, far_slot, LANES, times(more, times(more_far, all_lanes(other))))


@part
def gain_of(
    turn: int, repeated: bool, share: float, above: float, near: Lanes, far: Lanes, points: tuple[Lanes, Lanes, Lanes]
) -> Lanes:
    """Return what a split's column gains from the sums of its children."""
    at, rest, per_rest = points
    gain = minus(over(times(near, all_lanes(1.0 - share)), factor(at, rest, share)), times(far, per_rest))
    if repeated:
        gain = minus(gain, over(times(plus(near, far), all_lanes(1.0 - above)), factor(at, rest, above)))
        if turn == LOST:
            gain = all_lanes(0.0)
    return gain


@part
def ascend(
    trees: Trees,
    start: int,
    turns: Integers,
    points: tuple[Lanes, Lanes, Lanes],
    weight: Lanes,
    slots: Floats,
    given: Floats,
) -> None:
    """Replace each split's products by its sums, and give its column what it contributes, lane by lane."""
    for place in range(len(turns) - 1, -1, -1):
        split, turn = start + place, turns[place]
        side = LEFT if turn == LOST else turn
        share, above = trees.numbers[split, SHARE + side], trees.numbers[split, ABOVE]
        near = lanes_at(slots, trees.places[split, CHILD + side], 0)
        far = lanes_at(slots, trees.places[split, CHILD + 1 - side], 0)
        column, repeated = trees.places[split, COLUMN], trees.places[split, REPEATED] != 0
        gain = gain_of(turn, repeated, share, above, near, far, points)
        put(slots, place, 0, plus(near, far))
        put(given, column, 0, plus(lanes_at(given, column, 0), times(weight, gain)))


@part
def ascend_wide(
    trees: Trees,
    start: int,
    turns: Integers,
    points: tuple[Lanes, Lanes, Lanes],
    weight: Lanes,
    more_points: tuple[Lanes, Lanes, Lanes],
    more_weight: Lanes,
    slots: Floats,
    given: Floats,
) -> None:
    """Do what :func:`ascend` does for two registers."""
    for place in range(len(turns) - 1, -1, -1):
        split, turn = start + place, turns[place]
        side = LEFT if turn == LOST else turn
        share, above = trees.numbers[split, SHARE + side], trees.numbers[split, ABOVE]
        near_slot, far_slot = trees.places[split, CHILD + side], trees.places[split, CHILD + 1 - side]
        near, more_near = lanes_at(slots, near_slot, 0), lanes_at(slots, near_slot, LANES)
        far, more_far = lanes_at(slots, far_slot, 0), lanes_at(slots, far_slot, LANES)
        column, repeated = trees.places[split, COLUMN], trees.places[split, REPEATED] != 0
        gain = gain_of(turn, repeated, share, above, near, far, points)
        more = gain_of(turn, repeated, share, above, more_near, more_far, more_points)
        put(slots, place, 0, plus(near, far))
        put(slots, place, LANES, plus(more_near, more_far))
        own = plus(lanes_at(given, column, 0), plus(times(weight, gain), times(more_weight, more)))
        put(given, column, 0, own)


@part
def start_row(trees: Trees, values: Floats, turns: Integers) -> float:
    """Write where the row turns at every split, lost turns too, and return its raw score."""
    turn_all(trees, values, turns)
    for place in range(len(trees.repeated)):
        # in preorder, so that a lost turn loses those below it too
        split = trees.repeated[place]
        if turns[trees.earlier[split]] != trees.earlier_side[split]:
            turns[split] = LOST
    score = 0.0
    for tree in range(len(trees.points)):
        score += value_at(trees, tree, turns)
    return score


@compiled
def explain_row(trees: Trees, rule: Rule, most_splits: int, values: Floats, contributions: Floats) -> float:
    """Write one row's contributions and return its raw score, the same to the bit as LightGBM's.

    Parameters
    ----------
    trees, rule
        As in :func:`riskmodel.explain.block_kernel.explain_rows`; the rule's width is a multiple of :data:`WIDTH`.
    most_splits : int
        Most splits of a tree.
    values, contributions : ndarray of float, shape (features,)
        The row, and its contributions, to be filled.
    """
    slots, given = np.empty((2 * most_splits + 1, LANES)), np.zeros((len(values), LANES))
    turns = np.empty(len(trees.feature), dtype=np.int64)
    score = start_row(trees, values, turns)
    for tree in range(len(trees.points)):
        start, own = trees.split_start[tree], turns[trees.split_start[tree] : trees.split_start[tree + 1]]
        points = trees.points[tree]
        for first in range(0, points, LANES):
            at, weight, per_rest = points_at(rule, points, first)
            rest = minus(all_lanes(1.0), at)
            descend(trees, start, own, at, rest, slots)
            ascend(trees, start, own, (at, rest, per_rest), weight, slots, given)
    for column in range(len(values)):
        contributions[column] = given[column, 0] + given[column, 1] + given[column, 2] + given[column, 3]
    return score


@compiled
def explain_row_wide(trees: Trees, rule: Rule, most_splits: int, values: Floats, contributions: Floats) -> float:
    """Do what :func:`explain_row` does, for models most of whose trees have more than :data:`LANES` points."""
    slots, given = np.empty((2 * most_splits + 1, WIDTH)), np.zeros((len(values), LANES))
    turns = np.empty(len(trees.feature), dtype=np.int64)
    score = start_row(trees, values, turns)
    for tree in range(len(trees.points)):
        start, own = trees.split_start[tree], turns[trees.split_start[tree] : trees.split_start[tree + 1]]
        points = trees.points[tree]
        for first in range(0, points, WIDTH):
            at, weight, per_rest = points_at(rule, points, first)
            more_at, more_weight, more_per_rest = points_at(rule, points, first + LANES)
            rest, more_rest = minus(all_lanes(1.0), at), minus(all_lanes(1.0), more_at)
            descend_wide(trees, start, own, at, rest, more_at, more_rest, slots)
            told, more_told = (at, rest, per_rest), (more_at, more_rest, more_per_rest)
            ascend_wide(trees, start, own, told, weight, more_told, more_weight, slots, given)
    for column in range(len(values)):
        contributions[column] = given[column, 0] + given[column, 1] + given[column, 2] + given[column, 3]
    return score
