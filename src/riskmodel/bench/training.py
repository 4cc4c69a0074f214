"""What our training path costs over bare LightGBM, in time and in memory, side by side in one run."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import lightgbm as lgb
import numpy as np
import numpy.typing as npt

from riskmodel.training.estimator import REPEATABLE, RiskClassifier

Values = npt.NDArray[np.float64]
FEATURES = 60
PARAMS = {"learning_rate": 0.1, "num_leaves": 31, "min_data_in_leaf": 100}
ROUNDS = 50
MOST_TIME, MOST_MEMORY = 1.15, 2.0
"""What we allow ourselves: times bare LightGBM's time, and times the matrix at the peak."""


@dataclass(frozen=True, slots=True)
class TrainingCost:
    """What was measured.

    Attributes
    ----------
    rows, features : int
        Size of the matrix.
    time_ratio : float
        Our time over bare LightGBM's: the median over rounds that took turns.
    ours_over_matrix, bare_over_matrix : float
        Peak memory beyond that of the process before the matrix, over the matrix's own size.
    """

    rows: int
    features: int
    time_ratio: float
    ours_over_matrix: float
    bare_over_matrix: float

    @property
    def passes(self) -> bool:
        """Whether both figures are within what we allow."""
        return self.time_ratio <= MOST_TIME and self.ours_over_matrix <= MOST_MEMORY


def make_rows(n: int, seed: int = 0) -> tuple[Values, Values]:
    """Invent rows: 54 numbers, a tenth of them missing, 6 categories, and one outcome in ten."""
    rng = np.random.default_rng(seed)
    matrix = rng.normal(size=(n, FEATURES))
    matrix[:, 54:] = rng.integers(0, 8, (n, 6))
    odds = matrix[:, 0] + 0.5 * matrix[:, 1] * (matrix[:, 54] > 3) - 2.9
    outcome = (rng.random(n) < 1 / (1 + np.exp(-odds))).astype("float64")
    # in place and by column, so that inventing the rows takes no more memory than training on them
    for place in range(54):
        matrix[rng.random(n) < 0.1, place] = np.nan
    return matrix, outcome


def ours(matrix: Values, outcome: Values) -> None:
    """Train as a run does."""
    names = [f"feature_{place}" for place in range(FEATURES)]
    classifier = RiskClassifier(PARAMS, ROUNDS, tuple(range(54, FEATURES)), [0] * FEATURES, names)
    classifier.fit(matrix, outcome, sample_weight=np.ones(len(outcome)))


def bare(matrix: Values, outcome: Values) -> None:
    """Train with nothing but LightGBM, the same settings."""
    data = lgb.Dataset(matrix, outcome, weight=np.ones(len(outcome)), categorical_feature=list(range(54, FEATURES)))
    lgb.train({"objective": "binary", **REPEATABLE, **PARAMS, "seed": 0}, data, num_boost_round=ROUNDS)


WAYS: dict[str, Callable[[Values, Values], None]] = {"ours": ours, "bare": bare}


def training_cost(rows: int, rounds: int = 5) -> TrainingCost:
    """Measure time over turns in this process, and memory in a fresh process each."""
    matrix, outcome = make_rows(rows)
    ratios = []
    for turn in range(rounds):
        seconds = {}
        for way in ("ours", "bare") if turn % 2 else ("bare", "ours"):
            start = time.perf_counter()
            WAYS[way](matrix, outcome)
            seconds[way] = time.perf_counter() - start
        ratios.append(seconds["ours"] / seconds["bare"])
    size = matrix.nbytes
    del matrix
    return TrainingCost(
        rows, FEATURES, statistics.median(ratios), _peak("ours", rows) / size, _peak("bare", rows) / size
    )


def _peak(way: str, rows: int) -> float:
    """Return the bytes at the peak of a fresh process, beyond those before the matrix was made."""
    code = f"from riskmodel.bench.training import report_peak; report_peak({way!r}, {rows})"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return float(json.loads(done.stdout)["bytes"])


def report_peak(way: str, rows: int) -> None:
    """Train once and print the peak as JSON; the body of the fresh process."""
    ours(*make_rows(500))  # so that what libraries take on first use is not counted
    before = _high_water()
    WAYS[way](*make_rows(rows))
    print(json.dumps({"bytes": _high_water() - before}))


def _high_water() -> int:
    """Return the most bytes that this process has held; ``getrusage`` also counts its parent's at the start."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))


def to_markdown(cost: TrainingCost) -> str:
    """Return the table of docs/performance.md."""
    verdict = "within" if cost.passes else "**beyond**"
    return (
        f"| rows x features | our time over bare LightGBM's | our peak over the matrix | bare LightGBM's peak | bounds |\n"
        f"|---|---|---|---|---|\n"
        f"| {cost.rows:,} x {cost.features} | {cost.time_ratio:.2f} | {cost.ours_over_matrix:.2f} "
        f"| {cost.bare_over_matrix:.2f} | {verdict} {MOST_TIME:g} and {MOST_MEMORY:g} |"
    )
