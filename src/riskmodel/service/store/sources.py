"""The files of a data folder, or the tables that a survey's importer makes of it, ready to be gone through in chunks."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from riskmodel.errors import TableUnreadable
from riskmodel.panel.panel import LINES, raw_tables, table_files
from riskmodel.panel.partitioning import ROWS_A_CHUNK, count_rows
from riskmodel.panel.reading import folder_digest, read_chunks, read_table
from riskmodel.programme.dictionary import HOUSEHOLDS
from riskmodel.programme.programme import Programme

ORDER = {"areas": 0, HOUSEHOLDS: 1}
"""Kinds of tables that others refer to come first."""
CELLS_A_CHUNK = 1 << 22


@dataclass(frozen=True, slots=True)
class Source:
    """One table's rows.

    Attributes
    ----------
    table : str
        The table's name in the programme.
    name : str
        Name of the file.
    sha256 : str
        Digest of the bytes that it is made of.
    rows : int
        About how many rows it has, never fewer than it has.
    chunks : callable
        Gives the rows, chunk by chunk; takes how many at most a chunk.
    in_memory : bool
        Whether its rows have to stay in memory.
    """

    table: str
    name: str
    sha256: str
    rows: int
    chunks: Callable[[int], Iterable[pd.DataFrame]]
    in_memory: bool


def sources(programme: Programme, folder: Path) -> list[Source]:
    """Find the tables of a data folder, those first that others refer to; its own lines among them.

    Raises
    ------
    TableUnreadable, ColumnsMismatch
        If the folder, or a table that must be there, is missing or can't be used as a whole.
    """
    if not folder.is_dir():
        raise TableUnreadable(f"{folder} is not a folder; expected the programme's tables there")
    if programme.file.importer:
        digest = folder_digest(folder)
        tables = raw_tables(programme, folder).items()
        found = [_of_frame(name, name, table, digest) for name, table in tables]
    else:
        found = [_of_file(name, path) for name, path in table_files(programme, folder).items()]
    return sorted(found, key=lambda one: _place(programme, one.table))


def _place(programme: Programme, table: str) -> int:
    return -1 if table == LINES else ORDER.get(programme.file.tables[table].kind, len(ORDER))


def _of_file(table: str, path: Path) -> Source:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if path.suffix.lower() == ".xlsx":
        return _of_frame(table, path.name, read_table(path), digest)
    return Source(table, path.name, digest, count_rows(path), lambda rows: read_chunks(path, rows), in_memory=False)


def _of_frame(table: str, name: str, frame: pd.DataFrame, digest: str) -> Source:
    return Source(table, name, digest, len(frame), lambda _: [frame], in_memory=True)


def rows_a_chunk(columns: int) -> int:
    """Return how many rows a chunk may have so that its cells fit."""
    return min(ROWS_A_CHUNK, max(1, CELLS_A_CHUNK // max(1, columns)))
