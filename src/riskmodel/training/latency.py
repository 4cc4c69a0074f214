"""How long a household takes: bundles timed side by side in one process, on their own golden rows."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow.parquet as pq

from riskmodel.evaluation.ranking import Interval
from riskmodel.registry.bundle import BundleFiles
from riskmodel.scoring.inputs import Inputs
from riskmodel.scoring.scorer import Scorer

Clock = Callable[[], float]
ROWS, ROUNDS = 512, 7


@dataclass(frozen=True, slots=True)
class Latency:
    """What timing found.

    Attributes
    ----------
    milliseconds : float
        The candidate's time for a household, the middle of the rounds.
    ratio : Interval or None
        The candidate's time over the champion's: the middle of the rounds, the least and the most; None without one.
    """

    milliseconds: float
    ratio: Interval | None


def golden_matrix(bundle: BundleFiles, names: tuple[str, ...]) -> np.ndarray:
    """Return a bundle's golden rows by the names of its columns, shape (n, k)."""
    table = pq.read_table(io.BytesIO(bundle.files["golden.parquet"]), columns=list(names))
    return np.column_stack([table[name].to_numpy() for name in names]).astype("float64")


def golden_inputs(bundle: BundleFiles, scorer: Scorer, rows: int) -> Inputs:
    """Repeat the golden rows until there are so many; a household's answer depends on its own row alone."""
    golden = golden_matrix(bundle, scorer.schema.names)
    matrix = golden[np.arange(rows) % len(golden)]
    return Inputs(
        np.array([str(place) for place in range(rows)], dtype=object),
        np.full(rows, np.datetime64(str(bundle.manifest["cutoff"]), "D")),
        matrix,
        np.zeros((rows, len(scorer.schema.features)), bool),
    )


def time_bundles(candidate: BundleFiles, champion: BundleFiles | None, clock: Clock) -> Latency:
    """Time whole scores, reasons included.

    Parameters
    ----------
    candidate, champion : BundleFiles
        Whom to time; each round times one after the other, in turns.
    clock : callable
        Returns seconds that only move forward.
    """
    bundles = [candidate, *([champion] if champion else [])]
    runs = [(scorer, golden_inputs(bundle, scorer, ROWS)) for bundle in bundles for scorer in [Scorer(bundle)]]
    for scorer, inputs in runs:
        # whatever is made on first use does not count
        scorer.score_inputs(inputs)
    seconds = np.empty((ROUNDS, len(runs)))
    for turn in range(ROUNDS):
        for place in range(len(runs)) if turn % 2 else reversed(range(len(runs))):
            scorer, inputs = runs[place]
            start = clock()
            scorer.score_inputs(inputs)
            seconds[turn, place] = clock() - start
    milliseconds = float(np.median(seconds[:, 0])) * 1000 / ROWS
    if champion is None:
        return Latency(milliseconds, None)
    ratios = seconds[:, 0] / seconds[:, 1]
    return Latency(milliseconds, Interval(float(np.median(ratios)), float(ratios.min()), float(ratios.max())))
