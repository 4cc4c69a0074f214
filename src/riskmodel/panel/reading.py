"""Bytes to raw tables: UTF-8 CSV and Parquet, every value still as it was written."""

from __future__ import annotations

import csv
import hashlib
import re
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from riskmodel.errors import TableUnreadable

ENDINGS = (".parquet", ".csv")
_UNNAMED_INDEX = re.compile(r"^__index_level_\d+__$")


def find_table(folder: Path, name: str) -> Path | None:
    """Return the file that holds a table: ``name.parquet`` or ``name.csv``, or None.

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
        A UTF-8 CSV, with or without a byte-order mark, or a Parquet file.

    Returns
    -------
    DataFrame
        From CSV every column as text, empty cells missing: types are the dictionary's business, and guessed
        types lose leading zeros and the last digits of long ids. From Parquet the columns' own types.

    Raises
    ------
    TableUnreadable
        If the file is missing, cut short, in another encoding, or of another kind.
    """
    if not path.is_file():
        raise TableUnreadable(f"{path} does not exist; expected a file ending in {' or '.join(ENDINGS)}")
    match path.suffix.lower():
        case ".parquet":
            return _read_parquet(path)
        case ".csv":
            return _read_csv(path)
    raise TableUnreadable(f"{path.name}: expected a file ending in {' or '.join(ENDINGS)}")


def _read_parquet(path: Path) -> pd.DataFrame:
    try:
        # an index that pandas stored is a column like any other, or, unnamed, nothing: rows are counted from the top
        frame: pd.DataFrame = pq.read_table(path).to_pandas(ignore_metadata=True)
    except (pa.ArrowException, OSError) as error:
        reason = str(error).splitlines()[0].replace(str(path), path.name)
        raise TableUnreadable(f"{path.name} is not a whole Parquet file ({reason}); write it again") from None
    return frame.drop(columns=[name for name in frame.columns if _UNNAMED_INDEX.match(str(name))])


def _read_csv(path: Path) -> pd.DataFrame:
    header = _header(path)
    text = pa_csv.ConvertOptions(
        column_types=dict.fromkeys(header, pa.string()), strings_can_be_null=True, null_values=[""]
    )
    try:
        # newlines inside quoted cells are allowed: offices' notes hold them
        table = pa_csv.read_csv(path, convert_options=text, parse_options=pa_csv.ParseOptions(newlines_in_values=True))
    except pa.ArrowInvalid as error:
        raise TableUnreadable(f"{path.name}: {_csv_reason(str(error))}") from None
    frame: pd.DataFrame = table.to_pandas()
    return frame


def _header(path: Path) -> list[str]:
    """Return the header's names, after checking that the file is text at all."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            # quoted names may hold commas and newlines; a name that differs from Arrow's would leave its type guessed
            names = next(csv.reader(file), [])
    except UnicodeDecodeError:
        raise TableUnreadable(f"{path.name} is not UTF-8; save it as UTF-8 (CSV UTF-8 in a spreadsheet)") from None
    except csv.Error:
        raise TableUnreadable(f"{path.name} can't be read as a CSV with one header line and commas") from None
    if any("\0" in name for name in names):
        raise TableUnreadable(f"{path.name} is not UTF-8 text (it may be UTF-16); save it as CSV UTF-8")
    bare = [name.strip() for name in names]
    if not any(bare):
        raise TableUnreadable(f"{path.name} is empty; expected a header line")
    twice = sorted({name for name in bare if bare.count(name) > 1})
    if twice:
        raise TableUnreadable(f"{path.name}: the header names {', '.join(twice)} more than once")
    return names


def _csv_reason(message: str) -> str:
    """Say why Arrow refused a CSV without repeating the file's cells."""
    if "UTF8" in message or "UTF-8" in message:
        return "is not UTF-8; save it as UTF-8 (CSV UTF-8 in a spreadsheet)"
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
