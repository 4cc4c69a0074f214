"""Tables of events as reports, chunk by chunk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from riskmodel.errors import ColumnsMismatch, Fault
from riskmodel.panel.reading import read_chunks
from riskmodel.service.reports import FIELDS, Reading, Report

CHUNK_ROWS = 2000
"""Rows of one commit."""
OPTIONAL = frozenset({"amount", "cause"})


def table_reports(
    path: Path, reading: Reading, source: str, chunk_rows: int = CHUNK_ROWS
) -> Iterator[list[tuple[int, Report | Fault]]]:
    """Read a table of events.

    Parameters
    ----------
    path : Path
        CSV, Parquet or XLSX with the columns of :data:`riskmodel.service.reports.FIELDS`.
    reading : Reading
        What reports may say.
    source : str
        Whose ids the events have.
    chunk_rows : int
        Rows a chunk.

    Yields
    ------
    list of (int, Report or Fault)
        The rows of a chunk with their places, from 0 on.

    Raises
    ------
    TableUnreadable
        If it is no table; damage may show only after some chunks.
    ColumnsMismatch
        If columns are missing or unknown.
    """
    first = 0
    for chunk in read_chunks(path, chunk_rows):
        _check_columns(chunk)
        columns = {str(name): chunk[name].astype(object).where(chunk[name].notna(), None).tolist() for name in chunk}
        rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
        yield [(first + place, reading.read(row, source)) for place, row in enumerate(rows)]
        first += len(rows)


def _check_columns(chunk: pd.DataFrame) -> None:
    found = {str(name) for name in chunk.columns}
    missing = sorted(set(FIELDS) - OPTIONAL - found)
    faults = [Fault(name, "missing_column", "is required") for name in missing]
    if found - set(FIELDS):
        # a name that nobody knows may be a person's
        faults.append(
            Fault("header", "unknown_column", f"has a column that is not known; expected {', '.join(FIELDS)}")
        )
    if faults:
        raise ColumnsMismatch("table of events", faults)
