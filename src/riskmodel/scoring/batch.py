"""A file of snapshot rows in, a Parquet file of scores out."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from riskmodel.errors import UsageError, ValuesInvalid
from riskmodel.files import replacing
from riskmodel.panel.reading import read_table
from riskmodel.scoring.inputs import BadCell, fault_of
from riskmodel.scoring.scorer import Scorer


@dataclass(frozen=True, slots=True)
class BatchResult:
    """How a batch ended.

    Attributes
    ----------
    scored, refused : int
        Rows with and without a score.
    rejected : Path or None
        Where the refused rows are named.
    """

    scored: int
    refused: int
    rejected: Path | None


def score_file(
    scorer: Scorer, source: Path, target: Path, *, today: dt.date, reasons: int, skip_bad_rows: bool
) -> BatchResult:
    """Score every row of a file.

    Parameters
    ----------
    scorer : Scorer
        Model.
    source : Path
        Parquet or CSV with the columns of a snapshot.
    target : Path
        Parquet file to write: whole, or not at all.
    today : date
        No row may be as of a later day.
    reasons : int
        Reasons per household.
    skip_bad_rows : bool
        Whether to score the sound rows and name the others in ``<target>.rejected.csv``.

    Raises
    ------
    UsageError
        If the target is not a Parquet file in an existing folder.
    TableUnreadable, ColumnsMismatch
        If the file as a whole can't be scored.
    ValuesInvalid
        If a row can't be and ``skip_bad_rows`` is false; nothing is written.
    """
    if target.suffix != ".parquet" or not target.parent.is_dir():
        raise UsageError(f"{target}: expected a file ending in .parquet in a folder that exists")
    snapshot = read_table(source)
    table, bad = scorer.score(snapshot, today, reasons)
    if bad and not skip_bad_rows:
        faults = [fault_of(cell, f"row {cell.row + 1}, column {cell.column}") for cell in bad]
        raise ValuesInvalid(f"{source.name} (nothing was written; --skip-bad-rows scores the others)", faults)
    rejected = target.with_name(f"{target.name}.rejected.csv")
    with replacing(target) as partial:
        pq.write_table(table, partial)
    if bad:
        with replacing(rejected) as partial:
            rejections(bad).to_csv(partial, index=False)
    else:
        rejected.unlink(missing_ok=True)
    return BatchResult(table.num_rows, len(snapshot) - table.num_rows, rejected if bad else None)


def rejections(bad: list[BadCell]) -> pd.DataFrame:
    """Return refused cells as a table: row (1 is the first after the header), column and rule, never values."""
    return pd.DataFrame(
        {
            "row": [cell.row + 1 for cell in bad],
            "column": [cell.column for cell in bad],
            "rule": [cell.rule for cell in bad],
        }
    )
