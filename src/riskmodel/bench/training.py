"""What our training path costs over bare LightGBM, in time and in memory, side by side in one run."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import lightgbm as lgb
import numpy as np
import numpy.typing as npt

from riskmodel.bench.measuring import ratios, seconds_in_turns, spread
from riskmodel.bench.report import Figure, at_most
from riskmodel.training.estimator import REPEATABLE, RiskClassifier

Values = npt.NDArray[np.float64]
FEATURES = 60
PARAMS = {"learning_rate": 0.1, "num_leaves": 31, "min_data_in_leaf": 100}
ROUNDS = 50
MOST_TIME, MOST_MEMORY = 1.15, 2.0
"""What we allow ourselves: times bare LightGBM's time, and times the matrix at the peak."""


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


def training_figures(rows: int, rounds: int) -> tuple[Figure, ...]:
    """Measure time over turns in this process, and memory in a fresh process each."""
    seconds = _seconds(rows, rounds)
    size = rows * FEATURES * np.dtype("float64").itemsize
    peaks = {name: spread([_peak(name, rows) / size]) for name in WAYS}
    return (
        Figure("training over bare LightGBM, time", "x", ratios(seconds["ours"], seconds["bare"]), at_most(MOST_TIME)),
        Figure("training's peak memory over the matrix", "x", peaks["ours"], at_most(MOST_MEMORY)),
        Figure("bare LightGBM's peak memory over the matrix", "x", peaks["bare"]),
        Figure("training, ours", "s", spread(seconds["ours"])),
        Figure("training, bare LightGBM", "s", spread(seconds["bare"])),
    )


def _seconds(rows: int, rounds: int) -> dict[str, list[float]]:
    """Time both in turns; the rows are gone when it returns, so that fresh processes have the memory to themselves."""
    matrix, outcome = make_rows(rows)
    return seconds_in_turns({name: partial(way, matrix, outcome) for name, way in WAYS.items()}, rounds)


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
