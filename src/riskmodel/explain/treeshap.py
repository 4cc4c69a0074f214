"""Exact contributions of every column to a LightGBM model's raw score (path-dependent TreeSHAP), at the price of a score."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

import numpy as np
import numpy.typing as npt

from riskmodel.errors import ColumnsMismatch, Fault
from riskmodel.explain.block_kernel import explain_rows, summarise_rows
from riskmodel.explain.deciding import score_row, score_rows
from riskmodel.explain.forest import Floats, Forest, Integers, lay_out
from riskmodel.explain.leaves import leaves_of
from riskmodel.explain.model_text import read_model
from riskmodel.explain.quadrature import rule_of
from riskmodel.explain.row_kernel import LANES, WIDTH, explain_row, explain_row_wide

SMALLEST_BLOCK, LARGEST_BLOCK = 32, 512
FEW_ROWS = 8
"""Up to so many rows are explained one by one; a block of rows costs more than that."""
ROWS_A_TASK = 4096
DEFAULT_CACHE_BYTES = 1 << 19


class TextModelHolder(Protocol):
    """A ``lightgbm.Booster``, or whatever else writes LightGBM's text."""

    def model_to_string(self) -> str:
        """Return the model as text."""
        ...


@dataclass(frozen=True, slots=True)
class Summary:
    """Explanations without the matrix of contributions.

    Attributes
    ----------
    log_odds : ndarray of float, shape (n,)
        Raw scores.
    groups : ndarray of float, shape (n, groups)
        Sums of contributions by group of columns.
    strongest : ndarray of int, shape (n, top)
        Columns with the largest contributions either way, the largest first.
    contribution : ndarray of float, shape (n, top)
        Their contributions.
    """

    log_odds: Floats
    groups: Floats
    strongest: Integers
    contribution: Floats


class TreeExplainer:
    """Scores and explains the rows of a matrix with a LightGBM model, without LightGBM.

    ``TreeExplainer(booster)(X)`` gives what ``booster.predict(X, pred_contrib=True)`` gives, many times faster and to
    about 1e-14; :meth:`log_odds` gives what ``booster.predict(X, raw_score=True)`` gives, to the bit. Binary models,
    regressions and rankings with constant leaves are read: thresholds and categories of any number, every missing type,
    forests, early-stopped models. What comes out is in the unit of the raw score, log-odds for a binary model.

    An explainer holds nothing that changes: any number of threads may share it. The first call in a process loads the
    compiled kernels, or compiles them where none are cached; :meth:`warm` does so beforehand.

    Parameters
    ----------
    model : Booster, str or bytes
        A model, or its text. Of a model with a best iteration the trees up to that one count, as in its ``predict``.
    threads : int
        Threads that share the rows of a call; each row comes out the same for any number.

    Raises
    ------
    ModelUnreadable
        If the text is not LightGBM's or was damaged.
    ModelUnsupported
        If the model has linear leaves or several outputs.

    Notes
    -----
    Path-dependent Shapley values (Lundberg et al. 2020, "From local explanations to global understanding with explainable
    AI for trees", Nature Machine Intelligence 2) through the multilinear extension of the game (Owen 1972), whose integral a
    Gauss-Legendre rule gives exactly. The method is known: Quadrature-TreeSHAP (arXiv 2605.04497), and work in XGBoost and
    shapiq. Time per row is O(leaves x points) a tree, where points is half the number of different columns on a path,
    against O(leaves x depth^2) of the polynomial method; memory is O(depth x points) a row of a block.

    Examples
    --------
    >>> contributions = TreeExplainer(booster)(X)  # doctest: +SKIP
    >>> contributions.sum(axis=1) - booster.predict(X, raw_score=True)  # doctest: +SKIP
    """

    def __init__(self, model: TextModelHolder | str | bytes, threads: int = 1) -> None:
        text = model if isinstance(model, str | bytes) else model.model_to_string()
        self.forest: Forest = lay_out(read_model(text))
        self.threads = threads
        points = self.forest.most_points
        self._rule = rule_of({1, *self.forest.trees.points.tolist()}, -(-points // WIDTH) * WIDTH)
        self._most_splits = int(np.diff(self.forest.trees.split_start).max(initial=0))
        self._wide = float(np.mean(self.forest.trees.points > LANES)) > 0.5 if len(self.forest.trees.points) else False
        self._block = block_size(self.forest, cache_bytes())

    @property
    def base(self) -> float:
        """What contributions are counted from: the expected raw score over the training rows."""
        return self.forest.base

    def __call__(self, X: npt.ArrayLike) -> Floats:
        """Return each row's contributions and, last, the base; shape (n, features + 1).

        Parameters
        ----------
        X : array, shape (n, features)
            Rows; NaN is missing, categories are their codes.

        Raises
        ------
        ColumnsMismatch
            If ``X`` is not a matrix of the model's columns.
        """
        rows = self._rows(X)
        found = np.empty((len(rows), rows.shape[1] + 1))
        found[:, -1] = self.base
        if len(rows) <= FEW_ROWS:
            self._explain_few(rows, found[:, :-1])
        else:
            found[:, :-1] = self.explain(rows)[0]
        return found

    def explain(self, X: npt.ArrayLike) -> tuple[Floats, Floats]:
        """Return contributions, shape (n, features), and raw scores, shape (n,), of one pass over the rows."""
        rows = self._rows(X)
        contributions, scores = np.empty(rows.shape), np.empty(len(rows))
        forest, rule = self.forest, self._rule
        if len(rows) <= FEW_ROWS:
            return contributions, self._explain_few(rows, contributions)

        def run(part: slice) -> None:
            explain_rows(
                forest.trees, rule, forest.levels, rows[part], self._size(part), contributions[part], scores[part]
            )

        self._share(len(rows), run)
        return contributions, scores

    def _explain_few(self, rows: Floats, contributions: Floats) -> Floats:
        """Fill contributions row by row, and return the raw scores."""
        trees, rule, most = self.forest.trees, self._rule, self._most_splits
        explain_one = explain_row_wide if self._wide else explain_row
        return np.array(
            [explain_one(trees, rule, most, row, own) for row, own in zip(rows, contributions, strict=True)]
        )

    def log_odds(self, X: npt.ArrayLike) -> Floats:
        """Return raw scores, shape (n,): LightGBM's to the bit, whatever rows stand beside them."""
        rows = self._rows(X)
        scores = np.empty(len(rows))
        if len(rows) <= FEW_ROWS:
            for row in range(len(rows)):
                scores[row] = score_row(self.forest.trees, rows[row])
            return scores
        self._share(len(rows), lambda part: score_rows(self.forest.trees, rows[part], self._size(part), scores[part]))
        return scores

    def leaves(self, X: npt.ArrayLike) -> Integers:
        """Return the leaf of each tree that each row comes to, shape (n, trees): LightGBM's ``pred_leaf``."""
        return leaves_of(self.forest, self._rows(X))

    def summarise(self, X: npt.ArrayLike, group: Sequence[int], groups: int, top: int, eligible: int) -> Summary:
        """Explain rows by groups of columns and strongest columns; no matrix of contributions is ever held.

        Parameters
        ----------
        X : array, shape (n, features)
            Rows.
        group : sequence of int, shape (features,)
            Which group each column belongs to, counted from 0.
        groups : int
            Number of groups.
        top : int
            How many of the strongest columns to name; among equals the first column.
        eligible : int
            Only the first so many columns can be named.

        Raises
        ------
        ColumnsMismatch
            If ``X`` is not a matrix of the model's columns.
        ValueError
            If ``group`` does not name one of the groups for each column.
        """
        rows = self._rows(X)
        n, top = len(rows), min(top, eligible, self.forest.features)
        places = np.asarray(group, dtype="int64")
        if places.shape != (self.forest.features,) or not ((places >= 0) & (places < groups)).all():
            # the kernel looks at no bounds
            raise ValueError(f"expected a group from 0 to {groups - 1} for each of {self.forest.features} columns")
        found = Summary(np.empty(n), np.empty((n, groups)), np.empty((n, top), dtype="int64"), np.empty((n, top)))
        if n <= FEW_ROWS:
            contributions, found.log_odds[:] = self.explain(rows)
            order = np.argsort(-np.abs(contributions[:, :eligible]), axis=1, kind="stable")[:, :top]
            found.strongest[:] = order
            found.contribution[:] = np.take_along_axis(contributions, order, axis=1)
            for row in range(n):
                # one column after another, as the block kernel adds them
                found.groups[row] = np.bincount(places, contributions[row], groups)
            return found
        forest, rule = self.forest, self._rule

        def run(part: slice) -> None:
            summarise_rows(
                forest.trees,
                rule,
                forest.levels,
                rows[part],
                self._size(part),
                places,
                eligible,
                found.log_odds[part],
                found.groups[part],
                found.strongest[part],
                found.contribution[part],
            )

        self._share(n, run)
        return found

    def warm(self) -> None:
        """Load or compile every kernel, so that no later call waits for it."""
        rows = np.zeros((FEW_ROWS + 1, self.forest.features))
        for some in (rows[:1], rows):
            self.log_odds(some)
            self.summarise(some, [0] * self.forest.features, 1, 1, self.forest.features)
            self.explain(some)
        self.leaves(rows[:1])

    def _rows(self, X: npt.ArrayLike) -> Floats:
        rows = np.ascontiguousarray(X, dtype="float64")
        if not rows.flags.behaved:
            # numba would compile every kernel anew for an array that can't be written, as pandas gives them
            rows = rows.copy()
        if rows.ndim != 2 or rows.shape[1] != self.forest.features:
            message = f"found shape {rows.shape}; expected (rows, {self.forest.features})"
            raise ColumnsMismatch("matrix", [Fault("columns", "wrong_number", message)])
        return rows

    def _size(self, part: slice) -> int:
        """Return the rows a block: the model's, or fewer where there are not so many rows."""
        size = self._block
        while size > SMALLEST_BLOCK and size // 2 >= part.stop - part.start:
            size //= 2
        return size

    def _share(self, n: int, run: Callable[[slice], None]) -> None:
        """Run parts of the rows, on several threads if asked; a row's result does not depend on its part."""
        step = max(self._block, min(ROWS_A_TASK, -(-n // max(1, self.threads))))
        parts = [slice(first, min(first + step, n)) for first in range(0, n, step)]
        if self.threads <= 1 or len(parts) == 1:
            for part in parts:
                run(part)
            return
        with ThreadPoolExecutor(self.threads) as pool:
            list(pool.map(run, parts))


def cache_bytes() -> int:
    """Return the size of a core's second-level cache, half a megabyte where the system does not tell."""
    try:
        found = os.sysconf("SC_LEVEL2_CACHE_SIZE")
    except (ValueError, OSError):
        return DEFAULT_CACHE_BYTES
    return found if found > 0 else DEFAULT_CACHE_BYTES


def block_size(forest: Forest, cache: int) -> int:
    """Choose how many rows a block holds: as many as keep a tree's working set inside the cache.

    A larger block pays the work per split, which is the same for any number of rows, less often; one that outgrows the
    cache waits for memory instead.

    Parameters
    ----------
    forest : Forest
        Model.
    cache : int
        Bytes of the cache.
    """
    trees, starts = forest.trees, forest.trees.split_start
    levels = [trees.slot[a:b].max(initial=-2) // 2 + 1 for a, b in pairwise(starts)]
    # per row: its values and contributions, and per level of a usual tree a turn and two slots of points
    turns_and_slots = np.array(levels, dtype="float64") * (2 * trees.points + 1)
    doubles = 2 * forest.features + turns_and_slots.sum() / max(1, len(levels))
    size = LARGEST_BLOCK
    while size > SMALLEST_BLOCK and size * doubles * 8 > cache:
        size //= 2
    return size
