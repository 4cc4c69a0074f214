"""A file scored by one and by two worker processes of a local cluster, in turns."""

from __future__ import annotations

import datetime as dt
import resource
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from riskmodel.bench.invented import SIZES
from riskmodel.bench.large_bundle import large_bundle
from riskmodel.bench.measuring import ratios, spread
from riskmodel.bench.report import Figure, at_least, at_most
from riskmodel.bench.snapshots import champion_snapshots, write_repeated
from riskmodel.registry.bundle import BundleFiles
from riskmodel.scoring.batch import BatchRequest, Rows, score_file
from riskmodel.scoring.checkpoint import Checkpoint
from riskmodel.scoring.cluster import cluster_engine, connect
from riskmodel.scoring.scorer import Scorer

Told = Callable[[str], None]
TIMES, MOST_MEGABYTES = 1.8, 1000
LARGE = SIZES[1]
WARM_ROWS = 64
CHUNK_ROWS = 16_384
"""Small enough that the last chunk of one worker does not keep the other waiting for long."""


def scaling_figures(shipped: BundleFiles, rows: int, trees: int, rounds: int, tell: Told) -> tuple[Figure, ...]:
    """Measure rows a second and memory with one worker and with two.

    Parameters
    ----------
    shipped : BundleFiles
        The champion that ships; its programme is scored, with large trees.
    rows, trees, rounds : int
        Rows of the file, trees of the model, and repetitions.
    tell : callable
        Told what is being done.
    """
    known = champion_snapshots(shipped)
    seconds: dict[int, list[float]] = {1: [], 2: []}
    peaks: list[float] = []
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        tell(f"growing {trees} trees of {LARGE.name}")
        bundle = large_bundle(shipped, known, LARGE, trees, folder)
        write_repeated(known.frame, rows, folder / "in.parquet")
        write_repeated(known.frame, WARM_ROWS, folder / "warm.parquet")
        for turn in range(rounds):
            for workers in (1, 2) if turn % 2 == 0 else (2, 1):
                tell(f"{rows:,} rows with {workers} of 2 workers, {turn + 1} of {rounds}")
                taken, most = _scored(bundle, folder, workers)
                seconds[workers].append(taken)
                peaks.append(most)
    name = f"{rows:,} rows, {LARGE.name}"
    return (
        Figure(f"two worker processes over one; {name}", "x", ratios(seconds[1], seconds[2]), at_least(TIMES)),
        *(
            Figure(
                f"rows a second, {count} worker{'s' if count > 1 else ''}; {name}",
                "rows/s",
                spread([rows / one for one in found]),
            )
            for count, found in seconds.items()
        ),
        Figure("peak memory of a worker", "MB", spread(peaks), at_most(MOST_MEGABYTES)),
    )


def _scored(bundle: BundleFiles, folder: Path, workers: int) -> tuple[float, float]:
    """Score the file on a fresh cluster; return the seconds that chunks took, and the largest worker's peak."""
    scorer = Scorer(bundle)
    request = BatchRequest(folder / "in.parquet", folder / "out.parquet", dt.date.max, chunk_rows=CHUNK_ROWS)
    taken = 0.0
    with connect(None, workers) as client:
        own = cluster_engine(client, bundle.path)
        # every worker has its model and its compiled kernels before the clock runs, as one that has scored before
        for _ in range(2 * workers):
            score_file(scorer, replace(request, source=folder / "warm.parquet", chunk_rows=WARM_ROWS // 8), engine=own)

        def timed(
            scorer: Scorer, request: BatchRequest, kept: Checkpoint, repeated: Rows, progress: Callable[[int], None]
        ) -> None:
            nonlocal taken
            start = time.perf_counter()
            own(scorer, request, kept, repeated, progress)
            taken = time.perf_counter() - start

        score_file(scorer, request, engine=timed)
        peaks = client.run(_peak_megabytes)
    return taken, max(peaks.values())


def _peak_megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
