"""INDEC's files as published: semicolons, decimal commas, one file of households and one of persons a quarter.

The same columns in Parquet are read too. The quarter is taken from the file's own ANO4 and TRIMESTRE, since the names
of the files have changed over the years (``usu_hogar_T216.txt``, ``hogar_2016T2.parquet``).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from riskmodel.errors import ColumnsMismatch, Fault, TableUnreadable

TEXT = ("CODUSU",)
KEY = ["CODUSU", "NRO_HOGAR"]
QUARTER = ["ANO4", "TRIMESTRE"]


def find_files(folder: Path, word: str) -> list[Path]:
    """Return the files of households (``hogar``) or persons (``individual``), by name.

    Raises
    ------
    TableUnreadable
        If there is none.
    """
    found = sorted(
        path for path in folder.iterdir() if word in path.name.lower() and path.suffix.lower() in (".txt", ".parquet")
    )
    if not found:
        raise TableUnreadable(
            f"{folder} holds no file of INDEC's with {word!r} in its name and ending in .txt or .parquet"
        )
    return found


def read_quarters(paths: Sequence[Path], columns: Sequence[str]) -> pd.DataFrame:
    """Read some columns of several quarters under one another.

    Parameters
    ----------
    paths : sequence of Path
        Files of one kind.
    columns : sequence of str
        INDEC's names, upper case.

    Returns
    -------
    DataFrame
        ``CODUSU`` as text, everything else float64 with NaN for blank; rows in the order of files.

    Raises
    ------
    TableUnreadable, ColumnsMismatch
        If a file can't be read or lacks a column.
    """
    frames = [_typed(_read(path, columns), path) for path in paths]
    table = pd.concat(frames, ignore_index=True)
    quarters = [tuple(frame[QUARTER].drop_duplicates().itertuples(index=False, name=None)) for frame in frames]
    for path, of_file in zip(paths, quarters, strict=True):
        if len(of_file) != 1:
            raise TableUnreadable(f"{path.name}: expected the interviews of one quarter, found {len(of_file)}")
    twice = [path.name for place, path in enumerate(paths) if quarters[place] in quarters[:place]]
    if twice:
        raise TableUnreadable(f"{', '.join(twice)}: the quarter is in another file too; keep one of them")
    return table


def _read(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    try:
        if path.suffix.lower() == ".parquet":
            names = {name.upper(): name for name in pq.read_schema(path).names}
            _check(path, columns, names)
            frame: pd.DataFrame = pq.read_table(path, columns=[names[name] for name in columns]).to_pandas()
        else:
            names = {name.strip().strip('"').upper(): name for name in _header(path)}
            _check(path, columns, names)
            frame = _read_text(path, [names[name] for name in columns])
    except (pa.ArrowException, OSError, pd.errors.ParserError) as error:
        raise TableUnreadable(f"{path.name} can't be read ({type(error).__name__}); download it again") from None
    return frame.set_axis(list(columns), axis=1)


def _read_text(path: Path, names: list[str]) -> pd.DataFrame:
    # INDEC's texts hold no letter outside ASCII in the columns that are used; latin-1 never fails on the others
    frame = pd.read_csv(path, sep=";", dtype="str", encoding="latin-1", usecols=names, keep_default_na=False)
    return frame[names]


def _header(path: Path) -> list[str]:
    with path.open(encoding="latin-1") as file:
        return file.readline().rstrip("\r\n").removeprefix("\xef\xbb\xbf").split(";")


def _check(path: Path, columns: Sequence[str], found: dict[str, str]) -> None:
    missing = [Fault(name, "missing_column", f"column {name} is missing") for name in columns if name not in found]
    if missing:
        raise ColumnsMismatch(path.name, missing)


def _typed(frame: pd.DataFrame, path: Path) -> pd.DataFrame:
    typed: dict[str, pd.Series] = {}
    for name in frame.columns:
        column = frame[name]
        if name in TEXT:
            typed[name] = column.astype("str").str.strip()
            continue
        if not pd.api.types.is_numeric_dtype(column):
            text = column.astype("str").str.strip().str.replace(",", ".", regex=False)
            column = text.where(text != "")
        numbers = pd.to_numeric(column, errors="coerce").astype("float64")
        if (numbers.isna() & column.notna()).any():
            raise TableUnreadable(f"{path.name}: column {name} holds text where INDEC writes numbers")
        typed[name] = numbers
    return pd.DataFrame(typed)
