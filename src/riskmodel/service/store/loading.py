"""Loads a data folder into the store: checked, a part at a time, so that an interrupted load goes on where it stopped.

A first pass over a file parts its rows by household (:mod:`riskmodel.panel.partitioning`). The second checks a part,
compares it with what is stored, and keeps it together with the note that it is done, in one transaction. A file that was
loaded already adds nothing, and memory does not grow with a file.
"""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from riskmodel.errors import UsageError
from riskmodel.files import held
from riskmodel.panel.panel import LINES, areas_of, merged_lines
from riskmodel.programme.lines import Lines
from riskmodel.programme.programme import Programme
from riskmodel.service.store.area_rows import keep_areas
from riskmodel.service.store.engine import Store
from riskmodel.service.store.facts import claim, keep_lines
from riskmodel.service.store.keys import pseudonym_key
from riskmodel.service.store.refused_rows import RefusedRows
from riskmodel.service.store.sources import Source, sources
from riskmodel.service.store.table_load import Progress, Run, TableLoaded, load_table

CELLS_A_PART = 1 << 21
"""Values of a part: about 10,000 households' months."""


@dataclass(frozen=True, slots=True)
class LoadRequest:
    """What to load.

    Attributes
    ----------
    programme : Programme
        What the folder holds.
    folder : Path
        The data folder.
    work : Path
        Folder for what only lives as long as the load.
    actor : str
        Who loads, for the audit.
    now : callable
        Gives the present instant; rows recorded after its day are refused.
    cells_a_part : int
        About how many values are checked and kept at a time.
    """

    programme: Programme
    folder: Path
    work: Path
    actor: str
    now: Callable[[], dt.datetime]
    cells_a_part: int = CELLS_A_PART


@dataclass(frozen=True, slots=True)
class LoadResult:
    """What came of a data folder: its tables, and the rows that this run refused."""

    tables: tuple[TableLoaded, ...]
    refused: RefusedRows


def load(store: Store, request: LoadRequest, progress: Progress = lambda *_: None) -> LoadResult:
    """Load a data folder.

    Parameters
    ----------
    store : Store
        Where to; in the newest shape.
    request : LoadRequest
        What to load.
    progress : callable
        Is told how far it is.

    Raises
    ------
    UsageError
        If the store holds another programme, or a load runs already.
    TableUnreadable, ColumnsMismatch, ValuesInvalid
        If a table can't be used as a whole. Single bad rows are refused and named instead.
    """
    spool = request.work / "load"
    spool.mkdir(parents=True, exist_ok=True)
    try:
        with held(spool):
            for left in spool.iterdir():
                # what an interrupted load left behind
                if left.is_dir():
                    shutil.rmtree(left)
            return _load(store, request, spool, progress)
    except BlockingIOError:
        raise UsageError(f"another load runs in {spool}; wait for it to end") from None


def _load(store: Store, request: LoadRequest, spool: Path, progress: Progress) -> LoadResult:
    found = sources(request.programme, request.folder)
    refused = RefusedRows()
    lines, key = _begin(store, request, [one for one in found if one.table == LINES])
    run = Run(store, request.programme, lines, key, request.actor, request.now, request.cells_a_part, spool)
    tables = [load_table(run, source, refused, progress) for source in found if source.table != LINES]
    return LoadResult(tuple(tables), refused)


def _begin(store: Store, request: LoadRequest, own_lines: list[Source]) -> tuple[Lines, bytes]:
    """Keep what holds for the whole store."""
    programme = request.programme
    told: Mapping[tuple[str, str], float] = {}
    for source in own_lines:
        frame = pd.concat(list(source.chunks(request.cells_a_part)), ignore_index=True)
        told = merged_lines(Lines(programme.lines.grain, {}), frame).values
    with store.writing() as connection:
        claim(store, connection, programme)
        key = pseudonym_key(store, connection)
        lines = keep_lines(store, connection, programme, told)
        if programme.area_rows:
            keep_areas(store, connection, areas_of(programme, {}))
    return lines, key
