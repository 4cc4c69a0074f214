"""A file scored by many processes on one machine or several, with Dask: the same bytes as one process gives.

Workers read their own rows and write their own parts, so the input, the bundle and the target's folder must be where every
worker sees them under the same path. What goes over the network is a number of a chunk, and what was refused in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from riskmodel.errors import RiskError, UsageError
from riskmodel.panel.reading import without_index
from riskmodel.registry.bundle import read_bundle
from riskmodel.scoring.batch import PARQUET, BatchRequest, Engine, Rows, score_chunk
from riskmodel.scoring.checkpoint import Checkpoint, save_part
from riskmodel.scoring.scorer import Scorer

if TYPE_CHECKING:
    from distributed import Client

AHEAD = 4
"""Chunks per worker that are under way at once: enough that none waits, few enough that an error stops the rest soon."""
RETRIES = 3


@contextmanager
def connect(scheduler: str | None, workers: int) -> Iterator[Client]:
    """Connect to a cluster, or start one of processes on this machine.

    Parameters
    ----------
    scheduler : str or None
        Address such as ``tcp://10.0.0.5:8786``; None starts a local cluster that ends with the block.
    workers : int
        Processes of a local cluster, with one thread each; 0 for one a core.

    Raises
    ------
    UsageError
        If Dask is not installed, or no scheduler answers.
    """
    try:
        from distributed import Client, LocalCluster
    except ImportError:
        raise UsageError(
            "the engine dask needs the extra `distributed`: pip install 'riskmodel[distributed]'"
        ) from None
    if scheduler is not None:
        try:
            client = Client(scheduler, timeout="10s")
        except (OSError, ValueError) as error:
            raise UsageError(f"no scheduler answers at {scheduler} ({type(error).__name__}); is it running?") from None
        with client:
            yield client
        return
    settings = {"host": "127.0.0.1", "dashboard_address": "127.0.0.1:0", "threads_per_worker": 1, "processes": True}
    with LocalCluster(n_workers=workers or None, **settings) as cluster, Client(cluster) as client:
        yield client


def cluster_engine(client: Client, bundle: Path) -> Engine:
    """Return the engine that :func:`riskmodel.scoring.batch.score_file` runs chunks with.

    Parameters
    ----------
    client : Client
        A connected cluster.
    bundle : Path
        Folder of the bundle, as workers see it.
    """

    def engine(
        scorer: Scorer, request: BatchRequest, kept: Checkpoint, repeated: Rows, progress: Callable[[int], None]
    ) -> None:
        if request.source.suffix.lower() != PARQUET:
            raise UsageError(f"{request.source.name}: the engine dask takes Parquet, which can be cut by rows")
        rows = pq.ParquetFile(request.source).metadata.num_rows
        chunks = max(1, -(-rows // request.chunk_rows))
        under_way: dict[int, Any] = {}
        following = kept.done
        while kept.done < chunks:
            while following < chunks and len(under_way) < AHEAD * max(1, len(client.nthreads())):
                first = following * request.chunk_rows
                own = repeated[(repeated >= first) & (repeated < first + request.chunk_rows)]
                place = (str(bundle.resolve()), scorer.id.digest, str(kept.folder.resolve()))
                under_way[following] = client.submit(
                    score_part, _absolute(request), place, following, own, pure=False, retries=RETRIES
                )
                following += 1
            # parts count in order, so that what is finished has no gap
            kept.record(_result(under_way.pop(kept.done)))
            progress(kept.done * request.chunk_rows)

    return engine


def _absolute(request: BatchRequest) -> dict[str, Any]:
    """Return what a worker needs of a request; languages stay here, since a catalogue does not travel."""
    return {
        "source": request.source.resolve(),
        "target": request.target.resolve(),
        "today": request.today,
        "reasons": request.reasons,
        "skip_bad_rows": request.skip_bad_rows,
        "chunk_rows": request.chunk_rows,
    }


def _result(future: Any) -> Any:
    note, error = future.result()
    if error is not None:
        raise error
    return note


def score_part(
    options: dict[str, Any], place: tuple[str, str, str], part: int, repeated: Rows
) -> tuple[list[list[Any]] | None, RiskError | None]:
    """Score one chunk on a worker and save its part; doing it twice does no harm.

    Parameters
    ----------
    options : mapping
        Fields of the request.
    place : tuple of str
        Folder of the bundle, its digest, folder of the parts.
    part : int
        Which chunk.
    repeated : ndarray of int
        Places in the file whose household and date stand before them already.

    Returns
    -------
    list or None
        What was refused.
    RiskError or None
        What is wrong with the input: an answer, since trying again would come to the same.
    """
    bundle, digest, folder = place
    request = BatchRequest(**options)
    first = part * request.chunk_rows
    try:
        scorer = _scorer(bundle, digest)
        chunk = _rows(request.source, first, request.chunk_rows)
        table, bad = score_chunk(scorer, request, chunk, first, repeated)
    except RiskError as error:
        return None, error
    save_part(Path(folder), part, table)
    return bad, None


@lru_cache(maxsize=1)
def _scorer(bundle: str, digest: str) -> Scorer:
    scorer = Scorer(read_bundle(Path(bundle)))
    if scorer.id.digest != digest:
        raise UsageError(f"{bundle}: a worker sees another bundle there than whoever asked")
    return scorer


def _rows(source: Path, first: int, size: int) -> pd.DataFrame:
    """Read rows of a Parquet file by their places, and no other row groups than those that hold them."""
    with pq.ParquetFile(source) as file:
        counts = [file.metadata.row_group(group).num_rows for group in range(file.metadata.num_row_groups)]
        ends = np.cumsum([0, *counts])
        groups = [group for group in range(len(counts)) if ends[group] < first + size and ends[group + 1] > first]
        if not groups:
            return without_index(file.schema_arrow.empty_table().to_pandas(ignore_metadata=True))
        table = file.read_row_groups(groups).slice(first - int(ends[groups[0]]), size)
    return without_index(table.to_pandas(ignore_metadata=True))
