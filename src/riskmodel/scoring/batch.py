"""A file of snapshot rows in, a file of scores out: in chunks, so that memory does not grow with the file.

A first pass over the rows' keys finds households that stand twice and tells how many rows there are. The second scores chunk
by chunk and keeps each finished one (:mod:`riskmodel.scoring.checkpoint`), so that an interrupted run goes on where it
stopped. The target is written last, from the finished chunks, and appears whole or not at all.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from riskmodel.errors import InputError, RiskError, UsageError, ValuesInvalid
from riskmodel.files import replacing
from riskmodel.language import DEFAULT, Language
from riskmodel.language import language as language_of
from riskmodel.panel.reading import read_chunks
from riskmodel.panel.spreadsheet import MOST_ROWS
from riskmodel.scoring import columns
from riskmodel.scoring.checkpoint import Checkpoint
from riskmodel.scoring.headers import plain_names
from riskmodel.scoring.inputs import REQUIRED_IDS, BadCell, fault_of, read_inputs
from riskmodel.scoring.keys import KeyFiles
from riskmodel.scoring.scorer import Scorer
from riskmodel.scoring.sheet import Sheet, write_sheet_file

CHUNK_ROWS = 32_768
PARQUET, XLSX, CSV = ENDINGS = (".parquet", ".xlsx", ".csv")
MOST_FAULTS = 1000
"""Faults that are told when a file is refused as a whole; the others are counted only."""
Rows = npt.NDArray[np.int64]
Progress = Callable[[str, int, int], None]
"""What is done, rows done, rows in all (0 while nobody knows)."""


@dataclass(frozen=True, slots=True)
class BatchRequest:
    """What to score, and where to.

    Attributes
    ----------
    source : Path
        Parquet, CSV or XLSX with the columns of a snapshot, by name or by label.
    target : Path
        File to write: Parquet with every field of a score, or XLSX or CSV with one line a household for people.
    today : date
        No row may be as of a later day.
    reasons : int
        Reasons per household.
    skip_bad_rows : bool
        Whether to score the sound rows and name the others in ``<target>.rejected.csv``.
    language : Language
        Language of headers and words in a sheet.
    chunk_rows : int
        Rows a chunk.
    """

    source: Path
    target: Path
    today: dt.date
    reasons: int = 5
    skip_bad_rows: bool = False
    language: Language = field(default_factory=lambda: language_of(DEFAULT))
    chunk_rows: int = CHUNK_ROWS


@dataclass(frozen=True, slots=True)
class BatchResult:
    """How a batch ended.

    Attributes
    ----------
    scored, refused : int
        Rows with and without a score.
    resumed : int
        Rows that an earlier, interrupted run had finished.
    rejected : Path or None
        Where the refused rows are named.
    """

    scored: int
    refused: int
    resumed: int
    rejected: Path | None


Engine = Callable[[Scorer, BatchRequest, Checkpoint, Rows, Callable[[int], None]], None]
"""Scores the chunks that are not finished: model, request, what is kept, rows that repeat others, rows done so far."""


def score_file(
    scorer: Scorer, request: BatchRequest, progress: Progress = lambda *_: None, engine: Engine | None = None
) -> BatchResult:
    """Score every row of a file.

    Parameters
    ----------
    scorer : Scorer
        Model.
    request : BatchRequest
        What to score.
    progress : callable
        Is told how far it is.
    engine : callable, optional
        Scores and keeps the chunks that are not finished; :func:`score_here` where None.

    Raises
    ------
    UsageError
        If the target is of no known kind, not in an existing folder, too small for the rows, or another run's.
    TableUnreadable, ColumnsMismatch
        If the file as a whole can't be scored.
    ValuesInvalid
        If a row can't be and ``skip_bad_rows`` is false; nothing is written, and nothing kept.
    """
    target = request.target
    if target.suffix not in ENDINGS or not target.parent.is_dir():
        raise UsageError(f"{target}: expected a file ending in {', '.join(ENDINGS)} in a folder that exists")
    with Checkpoint(target, _identity(scorer, request)) as kept:
        resumed = kept.done
        try:
            repeated, rows = _repeated(scorer, request, kept.folder, progress)
            if target.suffix == XLSX and rows >= MOST_ROWS:
                raise UsageError(f"{rows:,} rows; a sheet holds {MOST_ROWS - 1:,} and a header: write Parquet or CSV")
            (engine or score_here)(
                scorer, request, kept, repeated, lambda done: progress("scoring", min(done, rows), rows)
            )
        except RiskError as error:
            # with the same input going on later would come to the same; with other options it may not
            if isinstance(error, InputError) or not kept.done:
                kept.drop()
            raise
        scored = _write_target(scorer, request, kept, rows, progress)
        rejected = _write_rejected(target, kept)
        kept.drop()
    return BatchResult(scored, rows - scored, min(resumed * request.chunk_rows, rows), rejected)


def score_here(
    scorer: Scorer, request: BatchRequest, kept: Checkpoint, repeated: Rows, progress: Callable[[int], None]
) -> None:
    """Score the chunks that are not finished in this process, one after another."""
    first = 0
    for number, chunk in enumerate(read_chunks(request.source, request.chunk_rows)):
        if number >= kept.done:
            kept.add(*score_chunk(scorer, request, chunk, first, repeated))
        first += len(chunk)
        progress(first)


def score_chunk(
    scorer: Scorer, request: BatchRequest, chunk: pd.DataFrame, first: int, repeated: Rows
) -> tuple[pa.Table, list[list[Any]]]:
    """Score one chunk.

    Parameters
    ----------
    scorer : Scorer
        Model.
    request : BatchRequest
        Options.
    chunk : DataFrame
        Rows as read.
    first : int
        Place of the first of them in the file.
    repeated : ndarray of int
        Places in the file whose household and date stand before them already.

    Returns
    -------
    Table
        Scores of the sound rows.
    list of [int, str, str]
        Row of the file (1 is the first after the header), column and rule of every other.

    Raises
    ------
    ColumnsMismatch, ValuesInvalid
        As in :func:`score_file`.
    """
    inputs, bad = read_inputs(scorer.schema, plain_names(scorer.programme, chunk), request.today)
    here = repeated[(repeated >= first) & (repeated < first + len(chunk))] - first
    # the reader has seen those that stand twice in this chunk
    found = {*bad, *(BadCell(int(row), "household_id", "duplicate_key") for row in here)}
    ordered = sorted(found, key=lambda cell: (cell.row, cell.column, cell.rule))
    _check_allowed(request, ordered, first)
    told = [[first + cell.row + 1, cell.column, cell.rule] for cell in ordered]
    return scorer.score_inputs(inputs.sound(found), request.reasons), told


def _identity(scorer: Scorer, request: BatchRequest) -> dict[str, Any]:
    """Return what the finished chunks depend on: the file's bytes, the model's, and the options."""
    if not request.source.is_file():
        # the reader says it better
        next(read_chunks(request.source, 1))
    with request.source.open("rb") as file:
        content = hashlib.file_digest(file, "sha256").hexdigest()
    return {
        "source": [request.source.suffix.lower(), content],
        "model": scorer.id.digest,
        "today": request.today.isoformat(),
        "reasons": request.reasons,
        "skip_bad_rows": request.skip_bad_rows,
        "chunk_rows": request.chunk_rows,
    }


def _repeated(scorer: Scorer, request: BatchRequest, folder: Path, progress: Progress) -> tuple[Rows, int]:
    """Return the rows whose household and date stand before them already, and the number of rows."""
    rows = 0
    with KeyFiles(folder) as keys:
        for raw in read_chunks(request.source, request.chunk_rows):
            chunk = plain_names(scorer.programme, raw)
            if all(name in chunk.columns for name in REQUIRED_IDS):
                keys.add(_keys(chunk, rows))
            rows += len(chunk)
            progress("reading", rows, 0)
        return keys.repeated(), rows


def _keys(chunk: pd.DataFrame, first: int) -> Iterator[str]:
    """Give each row's household and date; a row without an id is like no other."""
    missing = chunk["household_id"].isna().tolist()
    days = chunk["as_of"].astype(str).tolist()
    for place, household in enumerate(chunk["household_id"].tolist()):
        yield f"\0{first + place}" if missing[place] else f"{household}\0{days[place]}"


def _check_allowed(request: BatchRequest, bad: list[BadCell], first: int) -> None:
    if bad and not request.skip_bad_rows:
        faults = [fault_of(cell, f"row {first + cell.row + 1}, column {cell.column}") for cell in bad[:MOST_FAULTS]]
        raise ValuesInvalid(f"{request.source.name} (nothing was written; --skip-bad-rows scores the others)", faults)


def _write_target(scorer: Scorer, request: BatchRequest, kept: Checkpoint, rows: int, progress: Progress) -> int:
    scored = 0

    def tables() -> Iterator[pa.Table]:
        nonlocal scored
        for table in kept.tables():
            scored += table.num_rows
            yield table
            progress("writing", min(scored, rows), rows)

    with replacing(request.target) as partial:
        if request.target.suffix == PARQUET:
            with pq.ParquetWriter(partial, columns.SCORE) as writer:
                for table in tables():
                    if table.num_rows:
                        writer.write_table(table)
        else:
            sheet = Sheet(scorer.programme, request.language, request.reasons)
            write_sheet_file(partial, request.target.suffix, sheet, tables())
    return scored


def _write_rejected(target: Path, kept: Checkpoint) -> Path | None:
    """Name the refused rows: row (1 is the first after the header), column and rule, never values."""
    rejected = target.with_name(f"{target.name}.rejected.csv")
    bad = [cell for note in kept.notes for cell in note]
    if not bad:
        rejected.unlink(missing_ok=True)
        return None
    with replacing(rejected) as partial:
        pd.DataFrame(bad, columns=["row", "column", "rule"]).to_csv(partial, index=False)
    return rejected
