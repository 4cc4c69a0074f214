"""A file of snapshot rows scored, explained and written: our command beside a pandas pipeline, in turns."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import lightgbm as lgb

from riskmodel.bench.child import Run, measured
from riskmodel.bench.invented import SIZES
from riskmodel.bench.large_bundle import large_bundle
from riskmodel.bench.measuring import ratios, spread
from riskmodel.bench.pandas_way import pandas_file
from riskmodel.bench.report import Bar, Figure, at_least, at_most
from riskmodel.bench.snapshots import Snapshots, champion_snapshots, write_repeated
from riskmodel.registry.bundle import BundleFiles

Told = Callable[[str], None]
TIMES, MOST_MEGABYTES = 50, 1000
GROWTH = 1.2
"""Times the peak of a quarter of the rows: constant, with a fifth for what an allocator keeps."""

LARGE = SIZES[1]
LARGE_SAMPLE_ROWS, SHIPPED_SAMPLE_ROWS = 1_000, 20_000
"""Rows that pandas is given: its time by row is that of the trees, which differ by so much."""


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """One model and the files that it is given, ``<name>.parquet`` in a folder of their own.

    Attributes
    ----------
    name : str
        Which model, in words.
    bundle : BundleFiles
        The model.
    known : Snapshots
        Rows that the files repeat.
    rows, sample : int
        Rows of the file, and of the one that pandas is given.
    bar : Bar or None
        What is asked of the ratio.
    """

    name: str
    bundle: BundleFiles
    known: Snapshots
    rows: int
    sample: int
    bar: Bar | None


def batch_figures(shipped: BundleFiles, rows: int, trees: int, rounds: int, tell: Told) -> tuple[Figure, ...]:
    """Measure whole files of ``rows`` rows, with large trees and with the shipped ones.

    Parameters
    ----------
    shipped : BundleFiles
        The champion that ships.
    rows, trees, rounds : int
        Rows of the file, trees of the large model, and repetitions.
    tell : callable
        Told what is being done.
    """
    known = champion_snapshots(shipped)
    with tempfile.TemporaryDirectory() as models:
        tell(f"growing {trees} trees of {LARGE.name}")
        large = large_bundle(shipped, known, LARGE, trees, Path(models))
        batches = (
            Batch(LARGE.name, large, known, rows, min(rows, LARGE_SAMPLE_ROWS), at_least(TIMES)),
            Batch("shipped model", shipped, known, rows, min(rows, SHIPPED_SAMPLE_ROWS), None),
        )
        return tuple(figure for batch in batches for figure in _measure(batch, rounds, tell))


def _measure(batch: Batch, rounds: int, tell: Told) -> tuple[Figure, ...]:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        for name, count in (("all", batch.rows), ("quarter", max(1, batch.rows // 4)), ("sample", batch.sample)):
            write_repeated(batch.known.frame, count, folder / f"{name}.parquet")
        tell(f"{batch.name}: scoring a quarter of the rows, for its memory")
        quarter = _ours(batch, folder, "quarter")
        runs, theirs = [], []
        for turn in range(rounds):
            tell(f"{batch.name}: scoring {batch.rows:,} rows, {turn + 1} of {rounds}")
            # whoever begins in one round is second in the next
            if turn % 2:
                theirs.append(_theirs(batch, folder))
            runs.append(_ours(batch, folder, "all"))
            if turn % 2 == 0:
                theirs.append(_theirs(batch, folder))
    return _figures(batch, runs, quarter, theirs)


def _ours(batch: Batch, folder: Path, name: str) -> Run:
    """Score a file with the command line, in a fresh process."""
    # a folder of its own: nothing of an earlier run may be found and gone on with
    with tempfile.TemporaryDirectory(dir=folder) as fresh:
        source, target = folder / f"{name}.parquet", Path(fresh) / "scores.parquet"
        command = ["-m", "riskmodel.cli", "score", str(source), str(target), "--bundle", str(batch.bundle.path)]
        return measured([sys.executable, *command], os.environ)


def _theirs(batch: Batch, folder: Path) -> float:
    """Score the sample with pandas, and return the seconds that all rows would take."""
    booster = lgb.Booster(model_str=batch.bundle.files["model.txt"].decode())
    start = time.perf_counter()
    pandas_file(booster, batch.known, folder / "sample.parquet", folder / "sample.scores.parquet")
    return (time.perf_counter() - start) * batch.rows / batch.sample


def _figures(batch: Batch, runs: list[Run], quarter: Run, theirs: list[float]) -> tuple[Figure, ...]:
    seconds = [run.seconds for run in runs]
    peaks = [run.peak_bytes / 1e6 for run in runs]
    rows, name = batch.rows, batch.name
    growth = [1e6 * peak / quarter.peak_bytes for peak in peaks]
    return (
        Figure(
            f"{rows:,} rows scored, explained and written, times as fast as pandas and `pred_contrib`; {name}",
            "x",
            ratios(theirs, seconds),
            batch.bar,
        ),
        Figure(f"peak memory of the batch; {name}", "MB", spread(peaks), at_most(MOST_MEGABYTES)),
        Figure(f"peak memory over that of a quarter of the rows; {name}", "x", spread(growth), at_most(GROWTH)),
        Figure(f"the batch, ours; {name}", "s", spread(seconds)),
        Figure(f"the batch, ours; {name}", "rows/s", spread([rows / one for one in seconds])),
        Figure(f"the batch, pandas and `pred_contrib`, extrapolated; {name}", "s", spread(theirs)),
    )
