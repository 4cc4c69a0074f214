"""A model laid out for the kernels: all trees' splits in flat arrays, each tree in preorder, its leaves left to right."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from riskmodel.explain.model_text import (
    CATEGORICAL,
    DEFAULT_LEFT,
    MISSING_NAN,
    MISSING_SHIFT,
    MISSING_ZERO,
    TextModel,
    TextTree,
)

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[Any]
Words = npt.NDArray[np.uint32]
SHARE, ABOVE, COVER, VALUE = 0, 2, 3, 5
"""Where a split's numbers are: see :attr:`Trees.numbers`."""
CHILD, COLUMN, REPEATED = 0, 2, 3
"""Where a split's places are: see :attr:`Trees.places`."""
CATEGORIES = 3
"""How a split decides: LightGBM's missing type 0 (none), 1 (zero) or 2 (NaN) of a threshold, or this."""
LEFT, RIGHT, LOST = 0, 1, 2
"""Where a row turns at a split; lost if it failed an earlier test of the same column on the way here."""


class Trees(NamedTuple):
    """What the kernels read. Splits of tree ``i`` are at ``split_start[i]:split_start[i + 1]``, its leaves likewise.

    Attributes
    ----------
    split_start, leaf_start : ndarray of int, shape (trees + 1,)
        Where each tree begins.
    points : ndarray of int, shape (trees,)
        Quadrature points that are exact for the tree: half the most features that a path tests, rounded up.
    feature, way : ndarray of int, shape (splits,)
        Which column is tested, and how: missing type 0, 1 or 2 of a threshold, or :data:`CATEGORIES`.
    default_side : ndarray of int, shape (splits,)
        Where missing values turn.
    threshold : ndarray of float, shape (splits,)
        Values up to it go left.
    first_word, words : ndarray of int, shape (splits,)
        Where in ``bits`` the categories that go left are, and how many words they fill.
    bits : ndarray of uint32
        Bitsets of categories, each followed by a word of zeros.
    child : ndarray of int, shape (splits, 2)
        Left and right: a split of the same tree counted from its first, or ``-1 - i`` for its leaf ``i``.
    first_leaf, right_leaf : ndarray of int, shape (splits,)
        First leaf below the split, and below its right child.
    slot : ndarray of int, shape (splits,)
        Twice the level (how many splits lie above), plus 1 if the split is a right child.
    numbers : ndarray of float, shape (splits, 7)
        From ``SHARE``: over the splits of the same column on the path, the product of the shares of training rows that took
        the path's turns, with a turn left here, with a turn right, and (``ABOVE``) without this split. From ``COVER``: the
        share of this split's training rows that went left, and right. From ``VALUE``: the values of the left and the right
        child if they are leaves, else 1.
    places : ndarray of int, shape (splits, 4)
        From ``CHILD``: the children as in ``child``, but leaves counted on after the tree's splits; ``COLUMN``: the column;
        ``REPEATED``: whether a split above tests it too.
    earlier_level, earlier_side : ndarray of int, shape (splits,)
        Level of the nearest split above that tests the same column (-1 if there is none), and whether the path leaves it
        left (0) or right (1).
    earlier : ndarray of int, shape (splits,)
        Where that split is in these arrays; -1 if there is none.
    source, side_passed : ndarray of int, shape (splits,)
    sign, limit : ndarray of float, shape (splits,)
        A threshold as one comparison: a row turns to ``side_passed`` exactly if ``sign * value <= limit``, which is false
        for NaN. The value is the column's, or, ``features`` further on, the column's with 0 for NaN.
    uncommon : ndarray of int
        Where thresholds are that no such comparison decides.
    categorical : ndarray of int, shape (n, 4)
        Where splits by categories are, with their column, first word and words.
    repeated : ndarray of int
        Where splits with an earlier one of the same column are.
    leaf_value : ndarray of float, shape (leaves,)
        What a leaf adds to the raw score.
    """

    split_start: Integers
    leaf_start: Integers
    points: Integers
    feature: Integers
    way: Integers
    default_side: Integers
    threshold: Floats
    first_word: Integers
    words: Integers
    bits: Words
    child: Integers
    first_leaf: Integers
    right_leaf: Integers
    slot: Integers
    numbers: Floats
    places: Integers
    earlier_level: Integers
    earlier_side: Integers
    earlier: Integers
    source: Integers
    side_passed: Integers
    sign: Floats
    limit: Floats
    uncommon: Integers
    categorical: Integers
    repeated: Integers
    leaf_value: Floats


@dataclass(frozen=True, slots=True)
class Forest:
    """A model ready to score and to explain.

    Attributes
    ----------
    feature_names : tuple of str
        Columns, in the order of the matrix.
    trees : Trees
        Flat arrays.
    levels : int
        Most splits on a path of any tree.
    base : float
        Expected raw score over the training rows: what contributions are counted from.
    leaf_number : ndarray of int, shape (leaves,)
        Which of its tree's leaves each one is as LightGBM counts them, not from left to right.
    """

    feature_names: tuple[str, ...]
    trees: Trees
    levels: int
    base: float
    leaf_number: Integers

    @property
    def features(self) -> int:
        """Number of columns."""
        return len(self.feature_names)

    @property
    def most_points(self) -> int:
        """Most quadrature points that a tree needs; at least 1."""
        return max(1, int(self.trees.points.max(initial=0)))


@dataclass(slots=True)
class Split:
    """One split while a tree is laid out; see :class:`Trees` for the fields."""

    feature: int
    way: int
    default_side: int
    threshold: float
    first_word: int
    words: int
    child: list[int]
    child_slot: list[int]
    child_value: list[float]
    first_leaf: int
    right_leaf: int
    slot: int
    cover: tuple[float, float]
    share: tuple[float, float, float]
    earlier_level: int
    earlier_side: int
    earlier: int


def lay_out(model: TextModel) -> Forest:
    """Lay a model out.

    Parameters
    ----------
    model : TextModel
        As :func:`riskmodel.explain.model_text.read_model` gives it, checked.
    """
    splits: list[Split] = []
    values: list[float] = []
    numbers: list[int] = []
    bits: list[int] = []
    split_start, leaf_start, points = [0], [0], []
    base, levels = 0.0, 0
    for tree in model.trees:
        laid = _Layout(tree, bits, len(splits))
        splits += laid.splits
        values += [tree.leaf_value[leaf] for leaf in laid.leaves]
        numbers += laid.leaves
        split_start.append(len(splits))
        leaf_start.append(len(values))
        points.append((laid.most_features + 1) // 2)
        levels = max(levels, laid.levels)
        base += _expected(tree)
    columns = {name: _column(splits, name) for name in Split.__slots__}
    trees = Trees(
        split_start=np.array(split_start),
        leaf_start=np.array(leaf_start),
        points=np.array(points, dtype="int64"),
        bits=np.array(bits, dtype="uint32"),
        **_comparisons(columns, len(model.feature_names)),
        repeated=np.flatnonzero(columns["earlier"] >= 0).astype("int32"),
        numbers=np.column_stack([columns.pop("share"), columns.pop("cover"), columns.pop("child_value")]),
        # unsigned where a kernel indexes by it: numba looks for no negative place then
        places=np.column_stack([columns.pop("child_slot"), columns["feature"], columns["earlier"] >= 0]).astype(
            "uint32"
        ),
        leaf_value=np.array(values, dtype="float64"),
        **columns,
    )
    return Forest(model.feature_names, trees, levels, base, np.array(numbers, dtype="int64"))


def _comparisons(columns: dict[str, Any], features: int) -> dict[str, Any]:
    """Tell each threshold as one comparison that NaN fails, so that a row's turns need no branch.

    To turn left by default means to turn right only above the threshold: if ``-value <= -t`` for the next number ``t``.
    """
    way, threshold = columns["way"], columns["threshold"]
    above = (way == MISSING_NAN) & (columns["default_side"] == LEFT)
    with np.errstate(over="ignore"):
        beyond = np.nextafter(threshold, np.inf)
    # nothing lies above infinity
    limit = np.where(above, np.where(np.isinf(threshold) & (threshold > 0), np.nan, -beyond), threshold)
    odd_zero = (way == MISSING_ZERO) & ((columns["default_side"] == LEFT) != (threshold >= 0))
    return {
        "source": (columns["feature"] + np.where(way == MISSING_NAN, 0, features)).astype("uint32"),
        "side_passed": np.where(above, RIGHT, LEFT).astype("int32"),
        "sign": np.where(above, -1.0, 1.0),
        "limit": limit,
        "uncommon": np.flatnonzero(odd_zero).astype("uint32"),
        "categorical": _categorical(columns),
    }


def _categorical(columns: dict[str, Any]) -> Integers:
    splits = np.flatnonzero(columns["way"] == CATEGORIES)
    told = [splits, *(columns[name][splits] for name in ("feature", "first_word", "words"))]
    return np.column_stack(told).astype("uint32")


def _column(splits: list[Split], name: str) -> Any:
    several = {"child": 2, "child_slot": 2, "child_value": 2, "cover": 2, "share": 3}
    kind = "float64" if name in {"threshold", "cover", "share", "child_value"} else "int32"
    found = np.array([getattr(split, name) for split in splits], dtype=kind)
    return found.reshape(-1, several[name]) if name in several else found


def _expected(tree: TextTree) -> float:
    """Return the mean value over the training rows, in LightGBM's order of sums."""
    if len(tree.leaf_value) == 1:
        return tree.leaf_value[0]
    total = tree.node_count[0]
    return sum(count / total * value for count, value in zip(tree.leaf_count, tree.leaf_value, strict=True))


class _Layout:
    """Walks one tree in preorder, left before right, without recursion: a tree may be one long chain."""

    def __init__(self, tree: TextTree, bits: list[int], start: int) -> None:
        self.splits: list[Split] = []
        self.leaves: list[int] = []
        self.levels = self.most_features = 0
        self._tree, self._bits, self._start = tree, bits, start
        # splits above the current one: its place here and the side that the path leaves it by
        self._path: list[tuple[int, int]] = []
        if len(tree.leaf_value) == 1:
            self.leaves.append(0)
            return
        for node, parent, side in self._nodes():
            self._enter(node, parent, side)

    def _nodes(self) -> Iterator[tuple[int, int, int]]:
        """Give each child in preorder with its parent's place and side; the first node has the parent -1."""
        todo = [(0, -1, LEFT)]
        while todo:
            node, parent, side = todo.pop()
            place = len(self.splits)
            yield node, parent, side
            if node >= 0:
                todo += [(self._tree.right[node], place, RIGHT), (self._tree.left[node], place, LEFT)]

    def _enter(self, node: int, parent: int, side: int) -> None:
        place = len(self.splits) if node >= 0 else ~len(self.leaves)
        if parent >= 0:
            above = self.splits[parent]
            del self._path[above.slot // 2 :]
            self._path.append((parent, side))
            above.child[side] = above.child_slot[side] = place
            if node < 0:
                above.child_slot[side] = len(self._tree.feature) + len(self.leaves)
                above.child_value[side] = self._tree.leaf_value[~node]
            if side == RIGHT:
                above.right_leaf = len(self.leaves)
        if node < 0:
            self.leaves.append(~node)
        else:
            self._add(node)

    def _add(self, node: int) -> None:
        tree, decision = self._tree, self._tree.decision[node]
        categorical = bool(decision & CATEGORICAL)
        first_word, words = len(self._bits), 0
        if categorical:
            own = int(tree.threshold[node])
            bitset = tree.category_bits[tree.category_bounds[own] : tree.category_bounds[own + 1]]
            self._bits += [*bitset, 0]
            words = len(bitset)
        left, right = (self._rows(child) / tree.node_count[node] for child in (tree.left[node], tree.right[node]))
        earlier, earlier_side, share = self._earlier(tree.feature[node])
        self.splits.append(
            Split(
                feature=tree.feature[node],
                way=CATEGORIES if categorical else decision >> MISSING_SHIFT,
                default_side=LEFT if decision & DEFAULT_LEFT else RIGHT,
                threshold=tree.threshold[node],
                first_word=first_word,
                words=words,
                child=[0, 0],
                child_slot=[0, 0],
                child_value=[1.0, 1.0],
                first_leaf=len(self.leaves),
                right_leaf=0,
                slot=2 * len(self._path) + (self._path[-1][1] if self._path else LEFT),
                cover=(left, right),
                share=(share * left, share * right, share),
                earlier_level=self.splits[earlier].slot // 2 if earlier >= 0 else -1,
                earlier_side=earlier_side,
                earlier=self._start + earlier if earlier >= 0 else -1,
            )
        )
        features = {self.splits[place].feature for place, _ in self._path} | {tree.feature[node]}
        self.levels = max(self.levels, len(self._path) + 1)
        self.most_features = max(self.most_features, len(features))

    def _rows(self, child: int) -> int:
        return self._tree.node_count[child] if child >= 0 else self._tree.leaf_count[~child]

    def _earlier(self, feature: int) -> tuple[int, int, float]:
        """Find the nearest split above of the same column: its place, the side taken, and the product of shares."""
        for place, side in reversed(self._path):
            split = self.splits[place]
            if split.feature == feature:
                return place, side, split.share[side]
        return -1, LEFT, 1.0
