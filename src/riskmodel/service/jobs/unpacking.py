"""Whether a file is what it is declared as, and unpacks to no more than is read: asked before anything opens it.

A workbook's parts are looked through for names that lead out of it, programs, files packed once more, and definitions of
entities; how far it unpacks is :mod:`riskmodel.panel.spreadsheet`'s own limit. Of a Parquet file its own description is
read alone: few bytes may stand for very many values.
"""

from __future__ import annotations

import zipfile
import zlib
from os import SEEK_END
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from riskmodel.errors import TableUnreadable
from riskmodel.panel.spreadsheet import check_packing

PARQUET_MARK, ZIP_MARK = b"PAR1", b"PK\x03\x04"
FOOTER_END_BYTES = 8
"""At the end of a Parquet file: the length of its description, and the mark once more."""
HEAD_BYTES, PIECE_BYTES = 64 * 1024, 1024 * 1024
MOST_PARTS = 1000
MOST_COLUMNS, MOST_ROWS, MOST_CELLS = 2_000, 100_000_000, 4_000_000_000
"""Of a Parquet file: ten million households with four hundred features each."""
MOST_UNPACKED_TIMES, SMALL_BYTES = 100, 64 * 1024 * 1024
"""Unpacked Parquet columns up to this size are never suspicious."""
MOST_GROUP_BYTES = 4 * 1024 * 1024 * 1024
MOST_FOOTER_BYTES = 64 * 1024 * 1024
"""Of what a Parquet file says of itself, which is read as a whole: 2,000 columns in two hundred row groups."""
_WORKBOOK = "[Content_Types].xml"
_FORBIDDEN = (".bin", ".zip", ".xlsx", ".xlsm", ".gz", ".exe", ".dll", ".vbs")
_DEFINITION = b"<!DOCTYPE"


def check_file(path: Path, ending: str) -> None:
    """Check a file that was sent.

    Parameters
    ----------
    path : Path
        The file.
    ending : str
        What it is declared as: ``parquet``, ``csv`` or ``xlsx``.

    Raises
    ------
    TableUnreadable
        If it is something else, or would unpack to too much.
    """
    {"parquet": _check_parquet, "csv": _check_csv, "xlsx": _check_workbook}[ending](path)


def _check_csv(path: Path) -> None:
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if not head.strip():
        raise TableUnreadable("the file is empty; expected a header line and rows")
    if head.startswith((PARQUET_MARK, ZIP_MARK)) or b"\0" in head:
        raise TableUnreadable(
            "the file is declared as CSV and is none; declare it as what it is, or save it as CSV UTF-8"
        )


def _check_parquet(path: Path) -> None:
    with path.open("rb") as file:
        if file.read(len(PARQUET_MARK)) != PARQUET_MARK:
            raise TableUnreadable("the file is declared as Parquet and is none; declare it as what it is")
        size = file.seek(0, SEEK_END)
        file.seek(max(0, size - FOOTER_END_BYTES))
        footer_bytes = int.from_bytes(file.read(4), "little")
    if footer_bytes > MOST_FOOTER_BYTES:
        raise TableUnreadable("the Parquet file says more of itself than is read; write it with larger row groups")
    try:
        with pq.ParquetFile(path) as opened:
            described = opened.metadata
            types = opened.schema_arrow.types
    except (pa.ArrowException, OSError, ValueError):
        raise TableUnreadable("the file is not a whole Parquet file; write it again") from None
    if any(pa.types.is_nested(one) for one in types):
        raise TableUnreadable("the Parquet file has nested columns; expected one plain value in each cell")
    _check_described(described, path.stat().st_size)


def _check_described(described: pq.FileMetaData, packed_bytes: int) -> None:
    columns, rows = described.num_columns, described.num_rows
    if columns > MOST_COLUMNS or rows > MOST_ROWS or rows * columns > MOST_CELLS:
        raise TableUnreadable(
            f"the Parquet file stands for {rows:,} rows of {columns:,} columns; expected at most {MOST_ROWS:,} rows, "
            f"{MOST_COLUMNS:,} columns and {MOST_CELLS:,} cells; send it in several jobs"
        )
    groups = [described.row_group(place).total_byte_size for place in range(described.num_row_groups)]
    unpacked = sum(groups)
    too_often = unpacked > SMALL_BYTES and unpacked > MOST_UNPACKED_TIMES * packed_bytes
    if too_often or max(groups, default=0) > MOST_GROUP_BYTES:
        raise TableUnreadable(
            f"the Parquet file unpacks to {unpacked / 1e6:,.0f} MB; expected at most {MOST_UNPACKED_TIMES} times its size and "
            f"{MOST_GROUP_BYTES / 1e6:,.0f} MB a row group; send it in several jobs"
        )


def _check_workbook(path: Path) -> None:
    with path.open("rb") as file:
        if file.read(len(ZIP_MARK)) != ZIP_MARK:
            raise TableUnreadable("the file is declared as XLSX and is none; declare it as what it is")
    check_packing(path)
    try:
        with zipfile.ZipFile(path) as packed:
            names = packed.namelist()
            _check_names(names)
            for name in names:
                _check_part(packed, name)
    except (zipfile.BadZipFile, zlib.error, OSError, ValueError, RuntimeError, EOFError):
        # a zip may also be encrypted, packed in ways that nobody knows, or cut short
        raise TableUnreadable("the file is not a whole XLSX workbook; save it again") from None


def _check_names(names: list[str]) -> None:
    if _WORKBOOK not in names or len(names) > MOST_PARTS or len(set(names)) != len(names):
        raise TableUnreadable("the file is a zip, but no XLSX workbook; save it as XLSX")
    for name in names:
        parts = name.replace("\\", "/").split("/")
        if ".." in parts or parts[0] == "" or ":" in name:
            raise TableUnreadable("the workbook holds names that lead out of it; save it again from a spreadsheet")
        if name.lower().endswith(_FORBIDDEN) and not name.startswith("xl/printerSettings/"):
            raise TableUnreadable(
                "the workbook holds programs or other files; save it as XLSX without macros or attachments"
            )


def _check_part(packed: zipfile.ZipFile, name: str) -> None:
    """Check one part for definitions of entities; no sound workbook has any, nor another encoding than UTF-8."""
    last = b""
    with packed.open(name) as part:
        while piece := part.read(PIECE_BYTES):
            if not last and piece.startswith((b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<", ZIP_MARK)):
                raise TableUnreadable("the workbook holds parts that no spreadsheet writes; save it again")
            if _DEFINITION in last + piece:
                raise TableUnreadable("the workbook defines entities; save it again from a spreadsheet")
            last = piece[-len(_DEFINITION) :]
