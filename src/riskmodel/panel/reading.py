"""Bytes to raw tables: CSV, Parquet and XLSX, every value still as it was written, whole or in chunks."""

from __future__ import annotations

import codecs
import csv
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from riskmodel.errors import TableUnreadable
from riskmodel.panel.spreadsheet import named_before, read_sheet

ENDINGS = (".parquet", ".csv", ".xlsx")
MOST_SHEET_ROWS, MOST_COLUMNS = 1 << 20, 10_000
CHUNK_BYTES = 1 << 20
UTF_8, GB18030 = "utf-8-sig", "gb18030"
"""Encodings that are told apart; GB18030 holds GBK, which Chinese spreadsheets save."""
LEAST_CHINESE_SHARE = 0.5
_UNNAMED_INDEX = re.compile(r"^__index_level_\d+__$")


def find_table(folder: Path, name: str) -> Path | None:
    """Return the file that holds a table: ``name.parquet``, ``name.csv`` or ``name.xlsx``, or None.

    Raises
    ------
    TableUnreadable
        If both are there, since they may disagree.
    """
    found = [folder / f"{name}{ending}" for ending in ENDINGS if (folder / f"{name}{ending}").is_file()]
    if len(found) > 1:
        raise TableUnreadable(f"{folder} holds both {found[0].name} and {found[1].name}; keep the one that counts")
    return found[0] if found else None


def read_table(path: Path) -> pd.DataFrame:
    """Read a table.

    Parameters
    ----------
    path : Path
        A CSV in UTF-8 (with or without a byte-order mark) or GB18030, a Parquet file, or an XLSX workbook's first sheet.

    Returns
    -------
    DataFrame
        From CSV every column as text, empty cells missing: types are the dictionary's business, and guessed
        types lose leading zeros and the last digits of long ids. From Parquet the columns' own types, from XLSX each
        cell's own.

    Raises
    ------
    TableUnreadable
        If the file is missing, cut short, in another encoding, or of another kind.
    """
    _check_ending(path)
    match path.suffix.lower():
        case ".parquet":
            return _read_parquet(path)
        case ".xlsx":
            return next(read_sheet(path, MOST_SHEET_ROWS))
    return pd.concat(list(_csv_chunks(path)), ignore_index=True)


def read_chunks(path: Path, size: int) -> Iterator[pd.DataFrame]:
    """Read a table in chunks of exactly ``size`` rows, but for the last; at least one, perhaps without rows.

    The chunks put together are what :func:`read_table` gives, and no more than a chunk or two is ever held.

    Parameters
    ----------
    path : Path
        As in :func:`read_table`.
    size : int
        Rows a chunk.

    Raises
    ------
    TableUnreadable
        As in :func:`read_table`; damage may show only after some chunks.
    """
    _check_ending(path)
    match path.suffix.lower():
        case ".parquet":
            pieces = _parquet_chunks(path, size)
        case ".xlsx":
            pieces = read_sheet(path, size)
        case _:
            pieces = _csv_chunks(path)
    yield from _rechunked(pieces, size)


def _rechunked(pieces: Iterator[pd.DataFrame], size: int) -> Iterator[pd.DataFrame]:
    held: list[pd.DataFrame] = []
    rows = 0
    last = pd.DataFrame()
    for piece in pieces:
        last = piece.iloc[:0]
        held.append(piece)
        rows += len(piece)
        while rows >= size:
            whole = pd.concat(held, ignore_index=True) if len(held) > 1 else held[0]
            yield whole.iloc[:size].reset_index(drop=True)
            held, rows = [whole.iloc[size:]], rows - size
            last = pd.DataFrame()
    if rows or len(last.columns):
        yield pd.concat(held, ignore_index=True) if held else last


def _check_ending(path: Path) -> None:
    expected = f"expected a file ending in {', '.join(ENDINGS[:-1])} or {ENDINGS[-1]}"
    if not path.is_file():
        raise TableUnreadable(f"{path} does not exist; {expected}")
    if path.suffix.lower() not in ENDINGS:
        raise TableUnreadable(f"{path.name}: {expected}")


def _read_parquet(path: Path) -> pd.DataFrame:
    try:
        # an index that pandas stored is a column like any other, or, unnamed, nothing: rows are counted from the top
        frame: pd.DataFrame = pq.read_table(path).to_pandas(ignore_metadata=True)
    except (pa.ArrowException, OSError) as error:
        raise _not_parquet(path, error) from None
    return without_index(frame)


def without_index(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame without the columns that pandas stored for an index without a name."""
    return frame.drop(columns=[name for name in frame.columns if _UNNAMED_INDEX.match(str(name))])


def _parquet_chunks(path: Path, size: int) -> Iterator[pd.DataFrame]:
    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(size):
                yield without_index(pa.Table.from_batches([batch]).to_pandas(ignore_metadata=True))
            if not file.metadata.num_rows:
                yield _read_parquet(path)
    except (pa.ArrowException, OSError) as error:
        raise _not_parquet(path, error) from None


def _not_parquet(path: Path, error: Exception) -> TableUnreadable:
    reason = str(error).splitlines()[0].replace(str(path), path.name)
    return TableUnreadable(f"{path.name} is not a whole Parquet file ({reason}); write it again")


def _csv_chunks(path: Path) -> Iterator[pd.DataFrame]:
    encoding = _encoding(path)
    header = _header(path, encoding)
    text = pa_csv.ConvertOptions(
        column_types=dict.fromkeys(header, pa.string()), strings_can_be_null=True, null_values=[""]
    )
    try:
        # newlines inside quoted cells are allowed: offices' notes hold them
        with pa_csv.open_csv(
            path,
            convert_options=text,
            parse_options=pa_csv.ParseOptions(newlines_in_values=True),
            read_options=pa_csv.ReadOptions(encoding="utf8" if encoding == UTF_8 else encoding, block_size=CHUNK_BYTES),
        ) as file:
            yield file.schema.empty_table().to_pandas()
            for batch in file:
                yield pa.Table.from_batches([batch]).to_pandas()
    except (pa.ArrowInvalid, UnicodeDecodeError) as error:
        raise TableUnreadable(f"{path.name}: {_csv_reason(str(error))}") from None


def _encoding(path: Path) -> str:
    """Tell the encoding: UTF-8 if all of the file is, else GB18030 if all of it is and reads like Chinese."""
    if _chinese_share(path, UTF_8) is not None:
        return UTF_8
    share = _chinese_share(path, GB18030)
    # accented Latin letters decode too, but to characters that hardly anybody writes
    if share is not None and share >= LEAST_CHINESE_SHARE:
        return GB18030
    raise TableUnreadable(f"{path.name} is neither UTF-8 nor GB18030; save it as UTF-8 (CSV UTF-8 in a spreadsheet)")


def _chinese_share(path: Path, encoding: str) -> float | None:
    """Return the share of characters beyond ASCII that GB2312 knows, the common ones; None if the file does not decode."""
    decoder = codecs.getincrementaldecoder(encoding)()
    beyond = common = 0
    with path.open("rb") as file:
        while True:
            chunk = file.read(CHUNK_BYTES)
            if b"\0" in chunk:
                raise TableUnreadable(f"{path.name} is not UTF-8 text (it may be UTF-16); save it as CSV UTF-8")
            try:
                text = decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError:
                return None
            if encoding == GB18030:
                others = "".join(character for character in text if not character.isascii())
                beyond += len(others)
                common += len(others.encode("gb2312", "ignore")) // 2
            if not chunk:
                return common / beyond if beyond else 1.0


def _header(path: Path, encoding: str) -> list[str]:
    """Return the header's names."""
    try:
        with path.open(encoding=encoding, newline="") as file:
            # quoted names may hold commas and newlines; a name that differs from Arrow's would leave its type guessed
            names = next(csv.reader(file), [])
    except csv.Error:
        raise TableUnreadable(f"{path.name} can't be read as a CSV with one header line and commas") from None
    bare = [name.strip() for name in names]
    if not any(bare):
        raise TableUnreadable(f"{path.name} is empty; expected a header line")
    if len(names) > MOST_COLUMNS:
        raise TableUnreadable(
            f"{path.name}: the header names {len(names):,} columns; expected at most {MOST_COLUMNS:,}, one line a row"
        )
    twice = named_before(bare)
    if twice:
        raise TableUnreadable(f"{path.name}: the header gives the name of column {twice} more than once")
    return names


def _csv_reason(message: str) -> str:
    """Say why Arrow refused a CSV without repeating the file's cells."""
    if "UTF8" in message or "UTF-8" in message:
        return "is neither UTF-8 nor GB18030; save it as UTF-8 (CSV UTF-8 in a spreadsheet)"
    if "Expected" in message and "columns" in message:
        return (
            message.split(", got", maxsplit=1)[0].removeprefix("CSV parse error: ")
            + " in a row, as in the header; found another number"
        )
    return "can't be read as a CSV with one header line and commas"


def folder_digest(folder: Path) -> str:
    """Return the sha256 over the sorted names and contents of a data folder's files."""
    total = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        if path.is_file():
            with path.open("rb") as file:
                total.update(f"{path.name}\0{hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode())
    return total.hexdigest()
