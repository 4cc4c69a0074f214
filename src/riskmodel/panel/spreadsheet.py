"""XLSX as offices use it: bounded before it is opened, read row by row, written so that no cell becomes a formula."""

from __future__ import annotations

import datetime as dt
import re
import shutil
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
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

_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_TEXT_FORMAT = "@"
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
    seen = set[str]()
    for place, name in enumerate(names, 1):
        if name in seen:
            return place
        seen.add(name)
    return None


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
    """Return a cell that every spreadsheet opens and none takes for a formula.

    Text that begins like one gets an apostrophe in front, and loses the characters that XML has no place for.
    """
    if not isinstance(value, str):
        return value
    text = _NO_XML.sub("", value)
    return f"'{text}" if _risky(text) else text


def _risky(text: str) -> bool:
    # an apostrophe may be the text's own: it gets another one, so that reading takes off what writing put on
    return text.lstrip(" '").startswith(FORMULA_STARTS)


Sheet = tuple[str, Iterable[Sequence[Any]]]
"""Title and rows."""


def write_sheet(path: Path, header: Sequence[str], rows: Iterable[Sequence[Any]], title: str, *more: Sheet) -> None:
    """Write a workbook; the same rows give the same bytes.

    Text that is all digits, such as an id, is marked as text, so that it stays so when somebody edits the cell.

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
    *more : Sheet
        Further sheets without a header; their rows are asked for when those before are written.

    Raises
    ------
    UsageError
        If there are more rows than a sheet holds.
    """
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    for name, lines in ((title, chain([header], rows)), *more):
        _write_rows(book.create_sheet(name), lines)
    book.save(path)
    _without_clock(path)


def _write_rows(sheet: Any, rows: Iterable[Sequence[Any]]) -> None:
    try:
        for number, row in enumerate(rows, start=1):
            if number > MOST_ROWS:
                raise UsageError(f"a sheet holds {MOST_ROWS:,} rows at most; write Parquet or CSV instead")
            sheet.append([_written(sheet, neutral(cell)) for cell in row])
    finally:
        sheet.close()


def _written(sheet: Any, cell: Any) -> Any:
    from openpyxl.cell import WriteOnlyCell

    if not isinstance(cell, str) or not cell.isdecimal():
        return cell
    marked = WriteOnlyCell(sheet, cell)
    marked.number_format = _TEXT_FORMAT
    return marked


def _without_clock(path: Path) -> None:
    """Pack a workbook anew without the times at which it was written."""
    timed = path.with_name(f"{path.name}.timed")
    path.rename(timed)
    with zipfile.ZipFile(timed) as packed, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for one in packed.infolist():
            about = zipfile.ZipInfo(one.filename, (2000, 1, 1, 0, 0, 0))
            about.compress_type = zipfile.ZIP_DEFLATED
            with packed.open(one) as source, made.open(about, "w") as target:
                if one.filename == "docProps/core.xml":
                    target.write(_CLOCK.sub(rb"\g<1>2000-01-01T00:00:00Z\g<2>", source.read()))
                else:
                    # a sheet of many rows unpacks to more than anybody wants to hold
                    shutil.copyfileobj(source, target)
    timed.unlink()
