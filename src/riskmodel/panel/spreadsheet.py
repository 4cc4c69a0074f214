"""XLSX as offices use it: bounded before it is opened, read row by row, written so that no cell becomes a formula."""

from __future__ import annotations

import datetime as dt
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd

from riskmodel.errors import RiskError, TableUnreadable, UsageError

MOST_UNPACKED_BYTES = 64 * 1024 * 1024
MOST_UNPACKED_TIMES = 100
SMALL_BYTES = 1024 * 1024
"""Unpacked sizes up to this are never suspicious: a few empty rows pack very well."""
MOST_ROWS = 1_048_576
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
"""How a text begins that a spreadsheet may take for a formula (OWASP, "CSV injection"), full-width forms included."""

_CLOCK = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*(</)")


def read_sheet(path: Path, size: int) -> Iterator[pd.DataFrame]:
    """Read the first sheet of a workbook in chunks.

    Parameters
    ----------
    path : Path
        An XLSX file.
    size : int
        Rows a chunk.

    Yields
    ------
    DataFrame
        Objects as the cells hold them: text as text without the mark that :func:`neutral` adds, numbers as numbers, so
        that an id which was typed as a number can be told and refused; dates as ``YYYY-MM-DD``; empty cells missing.

    Raises
    ------
    TableUnreadable
        If it is no workbook, unpacks to too much, or has no single header line.
    """
    from openpyxl import load_workbook

    check_packing(path)
    with _damage_named(path):
        book = load_workbook(path, read_only=True, data_only=True, keep_links=False)
        try:
            yield from _chunks(path, book.worksheets[0].iter_rows(values_only=True), size)
        finally:
            book.close()


@contextmanager
def _damage_named(path: Path) -> Iterator[None]:
    """Answer whatever openpyxl raises by one error: it parses as it reads, and damage shows late and in many forms."""
    try:
        yield
    except RiskError:
        raise
    except Exception as error:
        raise TableUnreadable(
            f"{path.name} is not a whole XLSX workbook ({type(error).__name__}); save it again"
        ) from None


def _chunks(path: Path, rows: Iterator[tuple[Any, ...]], size: int) -> Iterator[pd.DataFrame]:
    names = _header(path, next(rows, ()))
    held: list[list[Any]] = []
    told = empty = 0
    for number, row in enumerate(rows, start=1):
        cells = [_cell(value) for value in row]
        if any(cell is not None for cell in cells[len(names) :]):
            raise TableUnreadable(f"{path.name}: row {number} has cells beyond the header's {len(names)} columns")
        if all(cell is None for cell in cells):
            # counts only if a row follows: deleted rows leave empty ones at the end
            empty += 1
            continue
        held += [[None] * len(names)] * empty + [(cells + [None] * len(names))[: len(names)]]
        empty = 0
        while len(held) >= size:
            yield pd.DataFrame(held[:size], columns=names, dtype=object)
            held, told = held[size:], told + size
    if held or told == 0:
        yield pd.DataFrame(held, columns=names, dtype=object)


def check_packing(path: Path) -> None:
    """Check how far a workbook unpacks, before anything opens it.

    Raises
    ------
    TableUnreadable
        If it is no zip, or unpacks to too much.
    """
    try:
        with zipfile.ZipFile(path) as packed:
            unpacked = sum(one.file_size for one in packed.infolist())
    except (zipfile.BadZipFile, OSError, ValueError):
        raise TableUnreadable(f"{path.name} is not a whole XLSX workbook; save it again") from None
    times = unpacked / max(1, path.stat().st_size)
    if unpacked > MOST_UNPACKED_BYTES or (unpacked > SMALL_BYTES and times > MOST_UNPACKED_TIMES):
        raise TableUnreadable(
            f"{path.name} unpacks to {unpacked / 1e6:,.0f} MB, {times:,.0f} times its size; expected at most 67 MB and "
            f"{MOST_UNPACKED_TIMES} times; send CSV or Parquet"
        )


def _header(path: Path, cells: Sequence[Any]) -> list[str]:
    names = ["" if cell is None else str(cell).strip() for cell in cells]
    while names and not names[-1]:
        names.pop()
    if not names or not all(names):
        raise TableUnreadable(f"{path.name}: expected a name in every column of the first row")
    twice = named_before(names)
    if twice:
        raise TableUnreadable(f"{path.name}: the header gives the name of column {twice} more than once")
    return names


def named_before(names: Sequence[str]) -> int | None:
    """Return the place, from 1 on, of the first column that has an earlier one's name.

    The name itself is left out: of a file without a header, it is what the first row tells of somebody.
    """
    return next((place for place, name in enumerate(names, 1) if name in names[: place - 1]), None)


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        bare = value[1:] if value.startswith("'") and _risky(value[1:]) else value
        return bare if bare.strip() else None
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        return value.date().isoformat()
    if isinstance(value, dt.date | dt.datetime):
        return value.isoformat()
    if isinstance(value, bool):
        return "true" if value else "false"
    return value


def neutral(value: Any) -> Any:
    """Return a cell that no spreadsheet takes for a formula: text that begins like one gets an apostrophe in front."""
    return f"'{value}" if isinstance(value, str) and _risky(value) else value


def _risky(text: str) -> bool:
    # an apostrophe may be the text's own: it gets another one, so that reading takes off what writing put on
    return text.lstrip(" '").startswith(FORMULA_STARTS)


def write_sheet(path: Path, header: Sequence[str], rows: Iterable[Sequence[Any]], title: str) -> None:
    """Write a workbook with one sheet; the same rows give the same bytes.

    Parameters
    ----------
    path : Path
        File to write.
    header : sequence of str
        Names of the columns.
    rows : iterable of sequence
        Cells; text is made :func:`neutral`.
    title : str
        Name of the sheet.

    Raises
    ------
    UsageError
        If there are more rows than a sheet holds.
    """
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet(title)
    sheet.append([neutral(name) for name in header])
    try:
        for number, row in enumerate(rows, start=2):
            if number > MOST_ROWS:
                raise UsageError(f"a sheet holds {MOST_ROWS:,} rows at most; write Parquet or CSV instead")
            sheet.append([neutral(cell) for cell in row])
    except BaseException:
        sheet.close()
        raise
    book.save(path)
    _without_clock(path)


def _without_clock(path: Path) -> None:
    """Pack a workbook anew without the times at which it was written."""
    with zipfile.ZipFile(path) as packed:
        parts = {one.filename: packed.read(one) for one in packed.infolist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in parts.items():
            told = _CLOCK.sub(rb"\g<1>2000-01-01T00:00:00Z\g<2>", content) if name == "docProps/core.xml" else content
            packed.writestr(zipfile.ZipInfo(name, (2000, 1, 1, 0, 0, 0)), told, zipfile.ZIP_DEFLATED)
