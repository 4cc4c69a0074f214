"""Exact explanations on one thread: ours beside LightGBM's ``pred_contrib`` and ``shap.TreeExplainer``, in turns."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import lightgbm as lgb
import numpy as np
import numpy.typing as npt
import shap
from threadpoolctl import threadpool_limits

from riskmodel.bench.invented import FEATURES, SIZES, Size, grow_trees, invent_rows
from riskmodel.bench.measuring import ratios, seconds_in_turns, spread
from riskmodel.bench.report import Figure, at_least, at_most
from riskmodel.explain.treeshap import TreeExplainer

Values = npt.NDArray[np.float64]
Told = Callable[[str], None]
GROUPS, TOP = 8, 5
BATCH_TIMES, ONE_ROW_TIMES = 50, 8
MOST_DIFFERENCE = 1e-10
READY_SECONDS = 1.0
SUMMARY_TIMES = 1.1
"""No slower, with a tenth for what one repetition differs from the next."""


@dataclass(frozen=True, slots=True)
class Load:
    """How much is explained.

    Attributes
    ----------
    trees : int
        Trees of each model.
    training_rows : int
        Rows that they are trained on.
    rows : int
        Rows that ours explains, and that both score, in a repetition.
    slow_rows : int
        Rows that ``pred_contrib`` explains in one.
    single_rows : int
        Rows explained one by one.
    """

    trees: int = 500
    training_rows: int = 50_000
    rows: int = 8192
    slow_rows: int = 96
    single_rows: int = 24

    def conditions(self) -> dict[str, str]:
        """Return the sizes in words."""
        return {
            "trees": str(self.trees),
            "features": str(FEATURES),
            "training rows": f"{self.training_rows:,}",
            "rows of ours": f"{self.rows:,}",
            "rows of pred_contrib": f"{self.slow_rows:,}",
        }


@dataclass(frozen=True, slots=True, eq=False)
class Contest:
    """One model, read by both sides, and the rows to explain."""

    booster: lgb.Booster
    ours: TreeExplainer
    shaps: shap.TreeExplainer
    rows: Values
    load: Load

    @property
    def slow(self) -> Values:
        """The first rows, for those who need their time."""
        return self.rows[: self.load.slow_rows]

    @property
    def single(self) -> Sequence[Values]:
        """Rows one by one, each a matrix."""
        return [self.rows[place : place + 1] for place in range(self.load.single_rows)]

    def theirs(self, rows: Values) -> Values:
        """Explain as LightGBM does."""
        return np.asarray(self.booster.predict(rows, pred_contrib=True, num_threads=1))

    def through_shap(self) -> object:
        """Explain the first rows as shap does."""
        with warnings.catch_warnings():
            # it tells at every call what its answer looked like in versions before
            warnings.simplefilter("ignore", UserWarning)
            return self.shaps.shap_values(self.slow)

    def scored(self) -> Values:
        """Score all rows as LightGBM does."""
        return np.asarray(self.booster.predict(self.rows, raw_score=True, num_threads=1))

    def summarised(self) -> object:
        """Score all rows and keep sums by group and the strongest columns."""
        return self.ours.summarise(self.rows, [place % GROUPS for place in range(FEATURES)], GROUPS, TOP, FEATURES)


def explanation_figures(load: Load, rounds: int, tell: Told, sizes: Sequence[Size] = SIZES) -> tuple[Figure, ...]:
    """Measure every size of tree.

    Parameters
    ----------
    load : Load
        How much is explained.
    rounds : int
        Repetitions.
    tell : callable
        Told what is being done.
    sizes : sequence of Size
        Which trees.
    """
    figures: list[Figure] = []
    # shap takes no number of threads, so all of OpenMP is held to one
    with threadpool_limits(1):
        for size in sizes:
            tell(f"growing {load.trees} trees of {size.name}")
            contest = _contest(size, load)
            tell(f"explaining with {size.name}")
            measured = [*_differences(contest), *_in_batch(contest, rounds), *_one_by_one(contest, rounds)]
            figures += [
                Figure(f"{one.name}; {size.name}", one.unit, one.values, one.bar)
                for one in [*measured, _ready(contest, rounds)]
            ]
    return tuple(figures)


def _contest(size: Size, load: Load) -> Contest:
    booster = grow_trees(size, load.trees, load.training_rows)
    ours = TreeExplainer(booster)
    ours.warm()
    return Contest(booster, ours, shap.TreeExplainer(booster), invent_rows(load.rows, seed=1)[0], load)


def _differences(contest: Contest) -> list[Figure]:
    """Compare what both sides say; a difference has one value, however often it is measured."""
    split = float(np.abs(contest.ours(contest.slow) - contest.theirs(contest.slow)).max())
    one_by_one = np.vstack([contest.ours(row) for row in contest.single])
    split_single = float(np.abs(one_by_one - contest.theirs(np.vstack(contest.single))).max())
    score = float(np.abs(contest.ours.explain(contest.rows)[1] - contest.scored()).max())
    return [
        Figure("largest difference from `pred_contrib`", "log-odds", spread([split]), at_most(MOST_DIFFERENCE)),
        Figure("largest difference, rows one by one", "log-odds", spread([split_single]), at_most(MOST_DIFFERENCE)),
        Figure("largest difference of scores from LightGBM's", "log-odds", spread([score]), at_most(0)),
    ]


def _in_batch(contest: Contest, rounds: int) -> list[Figure]:
    seconds = seconds_in_turns(
        {
            "ours": lambda: contest.ours.explain(contest.rows),
            "theirs": lambda: contest.theirs(contest.slow),
            "summary": contest.summarised,
            "shap": contest.through_shap,
            "our score": lambda: contest.ours.log_odds(contest.rows),
            "their score": contest.scored,
        },
        rounds,
    )
    rows = {"theirs": len(contest.slow), "shap": len(contest.slow)}
    a_row = {way: [one / rows.get(way, len(contest.rows)) for one in found] for way, found in seconds.items()}

    def speed(name: str, way: str) -> Figure:
        return Figure(name, "rows/s", spread([1 / one for one in a_row[way]]))

    return [
        Figure(
            "explained in batch, times as fast as `pred_contrib`",
            "x",
            ratios(a_row["theirs"], a_row["ours"]),
            at_least(BATCH_TIMES),
        ),
        Figure("explained in batch, times as fast as `shap.TreeExplainer`", "x", ratios(a_row["shap"], a_row["ours"])),
        Figure(
            "score, group sums and five strongest over contributions alone, time",
            "x",
            ratios(a_row["summary"], a_row["ours"]),
            at_most(SUMMARY_TIMES),
        ),
        Figure(
            "explained and scored over LightGBM's score alone, time", "x", ratios(a_row["ours"], a_row["their score"])
        ),
        speed("explained and scored, ours", "ours"),
        speed("explained, `pred_contrib`", "theirs"),
        speed("explained, `shap.TreeExplainer`", "shap"),
        speed("scored alone, ours", "our score"),
        speed("scored alone, LightGBM", "their score"),
    ]


def _one_by_one(contest: Contest, rounds: int) -> list[Figure]:
    seconds = seconds_in_turns(
        {
            "ours": lambda: [contest.ours.explain(row) for row in contest.single],
            "theirs": lambda: [contest.theirs(row) for row in contest.single],
        },
        rounds,
    )
    count = contest.load.single_rows
    return [
        Figure(
            "one row explained, times as fast as `pred_contrib`",
            "x",
            ratios(seconds["theirs"], seconds["ours"]),
            at_least(ONE_ROW_TIMES),
        ),
        Figure("one row explained, ours", "ms", spread([1000 * one / count for one in seconds["ours"]])),
        Figure("one row explained, `pred_contrib`", "ms", spread([1000 * one / count for one in seconds["theirs"]])),
    ]


def _ready(contest: Contest, rounds: int) -> Figure:
    """Time from a model's text to an explainer that may be asked."""
    text = contest.booster.model_to_string().encode()
    seconds = []
    for _ in range(rounds):
        start = time.perf_counter()
        TreeExplainer(text)
        seconds.append(time.perf_counter() - start)
    return Figure("model read and laid out", "s", spread(seconds), at_most(READY_SECONDS))
