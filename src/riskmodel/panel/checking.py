"""Raw tables to checked ones: types, ranges and keys from the dictionary; what fails is named, row by row."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pandera.pandas as pa
from pandera.errors import SchemaErrors

from riskmodel.errors import ColumnsMismatch, Fault
from riskmodel.programme.dictionary import Column, Dictionary, Kind
from riskmodel.programme.loading import RESERVED
from riskmodel.programme.programme import Table

REJECTED_COLUMNS = ["table", "row", "column", "rule"]
KEYS: Mapping[str, tuple[str, ...]] = {
    "households": ("household_id",),
    "observations": ("household_id", "period_end", "recorded_on"),
    "members": ("household_id", "member_id"),
    "areas": ("area_code",),
}
"""Columns that no two rows of a table may share; events may repeat."""

DATES = {"period_end", "recorded_on", "occurred_on"}
MAY_BE_EMPTY = {"parent", "level", "amount", "cause"}
AREA_NAME = "name_"
_CONTROL = "[\x00-\x1f\x7f-\x9f]"
TRUTH_WORDS = {"true": 1.0, "false": 0.0, "1": 1.0, "0": 0.0, "1.0": 1.0, "0.0": 0.0}


@dataclass(frozen=True, slots=True)
class Checked:
    """A table after its check.

    Attributes
    ----------
    accepted : DataFrame
        Rows without fault. Numbers, integers and booleans are float64 (NaN where missing), dates are
        ``datetime64[us]``, ids, text and categories are text.
    rejected : DataFrame
        One line per fault: ``table``, ``row`` (1 is the first after the header), ``column``, ``rule``. Never values.
    """

    accepted: pd.DataFrame
    rejected: pd.DataFrame


def check_table(raw: pd.DataFrame, name: str, table: Table, dictionary: Dictionary, today: dt.date) -> Checked:
    """Check one table against the dictionary.

    Parameters
    ----------
    raw : DataFrame
        As read: from CSV all text, from Parquet with types.
    name : str
        The table's name in the programme.
    table : Table
        What its rows are, and the survey's own column names.
    dictionary : Dictionary
        What each column must look like.
    today : date
        Rows recorded after it are refused: nobody can have recorded them.

    Raises
    ------
    ColumnsMismatch
        If a column is missing, or one is there that the dictionary does not describe.
    """
    columns = [column for column in dictionary.table(name) if column.name not in DERIVED]
    # rows are named by their place, whatever index the caller gave them
    frame = raw.rename(columns=table.columns).reset_index(drop=True)
    _check_columns(frame, name, table, columns)
    reserved = [column for column in (*RESERVED[table.kind], *_names(frame, table)) if column in frame.columns]
    described = [] if table.kind == "events" else [column for column in columns if column.name in frame.columns]
    typed, failed = _typed(frame, reserved, described)
    failed += _schema_failures(typed, table.kind, described, [column.name for column in columns])
    failed += _time_failures(typed, today)
    return _split(typed, name, failed)


DERIVED = {"welfare_to_line", "poor"}
"""Columns that no file holds: every panel gets them from its welfare and the line in force."""


def _names(frame: pd.DataFrame, table: Table) -> list[str]:
    """Return the columns that name areas, one a language; other tables name nothing so."""
    return [column for column in frame.columns if column.startswith(AREA_NAME)] if table.kind == "areas" else []


def _check_columns(frame: pd.DataFrame, name: str, table: Table, columns: Sequence[Column]) -> None:
    needed = [column for column in RESERVED[table.kind] if column not in MAY_BE_EMPTY]
    if table.kind == "areas":
        allowed = {*RESERVED["areas"], *_names(frame, table)}
    elif table.kind == "events":
        allowed = set(RESERVED["events"])
    else:
        needed += [column.name for column in columns]
        allowed = set(needed)
    missing = [column for column in needed if column not in frame.columns]
    extra = [column for column in frame.columns if column not in allowed]
    faults = [Fault(name, "missing_column", f"column {column} is missing") for column in missing]
    faults += [
        Fault(
            name, "duplicate_column", f"there are several columns {column}, or several that are mapped to it; keep one"
        )
        for column in frame.columns[frame.columns.duplicated()].unique()
    ]
    faults += [
        Fault(
            name,
            "extra_column",
            f"column {column} is not in the dictionary; describe it there, map it under tables.{name}.columns, or take it out",
        )
        for column in extra
    ]
    if faults:
        raise ColumnsMismatch(f"table {name}", faults)


Failures = list[tuple[np.ndarray, str, str]]
"""Positions of failed rows, the column, the rule."""


def _typed(frame: pd.DataFrame, reserved: Sequence[str], described: Sequence[Column]) -> tuple[pd.DataFrame, Failures]:
    """Give each column its type; cells that can't have it become missing and are noted."""
    kinds = {name: Kind.DATE if name in DATES else Kind.TEXT for name in reserved}
    kinds |= {"amount": Kind.NUMBER} if "amount" in reserved else {}
    kinds |= {column.name: column.kind for column in described}
    failed: Failures = []
    typed = {}
    for name, kind in kinds.items():
        typed[name], broken = typed_column(frame[name], kind)
        if name in reserved and kind is Kind.TEXT:
            broken |= _broken(text=np.full(len(frame), pd.api.types.is_numeric_dtype(frame[name])))
            # a blank id is no id
            typed[name] = typed[name].mask(typed[name].str.strip() == "")
        if name.startswith(AREA_NAME):
            broken |= _broken(unprintable=typed[name].str.contains(_CONTROL).to_numpy(dtype=bool, na_value=False))
        failed += [(positions, name, rule) for rule, positions in broken.items()]
    return pd.DataFrame(typed), failed


Broken = dict[str, np.ndarray]
"""Rule -> positions of the cells that break it; only rules that some cell breaks."""


def typed_column(values: pd.Series, kind: Kind) -> tuple[pd.Series, Broken]:
    """Convert one column.

    Returns
    -------
    Series
        The converted values; missing where a cell can't be converted.
    mapping of str to ndarray of int
        Rules that are broken, and the positions of the cells that break them.
    """
    match kind:
        case Kind.DATE:
            return _as_dates(values)
        case Kind.TEXT | Kind.CATEGORY:
            return _as_text(values)
        case Kind.BOOLEAN:
            return _as_booleans(values)
    numbers, broken = _as_numbers(values)
    if kind is Kind.INTEGER:
        uneven = (numbers % 1 != 0).to_numpy() & numbers.notna().to_numpy()
        return numbers.mask(uneven), broken | _broken(integer=uneven)
    return numbers, broken


def _broken(**masks: np.ndarray) -> Broken:
    return {rule: np.flatnonzero(mask) for rule, mask in masks.items() if mask.any()}


def text_or_none(column: pd.Series) -> np.ndarray:
    """Return a column as Python objects, None where missing."""
    return np.array(
        [None if missing else cell for cell, missing in zip(column, column.isna(), strict=True)], dtype=object
    )


def _as_numbers(values: pd.Series) -> tuple[pd.Series, Broken]:
    if pd.api.types.is_bool_dtype(values):
        return values.astype("float64"), {}
    numbers = pd.to_numeric(values, errors="coerce").astype("float64")
    if not pd.api.types.is_numeric_dtype(values):
        # to_numeric's fast parser may miss the last bit; Python's own does not
        sound = numbers.notna().to_numpy()
        numbers[sound] = values[sound].to_numpy(dtype=object).astype("float64")
    infinite = np.isinf(numbers.to_numpy())
    bad = (numbers.isna() & values.notna()).to_numpy()
    return numbers.mask(infinite), _broken(finite=infinite, number=bad)


def _as_booleans(values: pd.Series) -> tuple[pd.Series, Broken]:
    if pd.api.types.is_numeric_dtype(values):
        numbers = values.astype("float64")
    else:
        numbers = values.map(lambda cell: TRUTH_WORDS.get(str(cell).strip().lower()), na_action="ignore").astype(
            "float64"
        )
    bad = ((numbers.isna() & values.notna()) | (numbers.notna() & ~numbers.isin([0.0, 1.0]))).to_numpy()
    return numbers.mask(bad), _broken(boolean=bad)


def _as_dates(values: pd.Series) -> tuple[pd.Series, Broken]:
    """Take days as they are written; a year or month alone is no day, and one with a time zone may be two."""
    whole = values
    if not pd.api.types.is_datetime64_any_dtype(values):
        text = values.astype("str")
        whole = values.where(values.notna() & (text.str.len() >= len("20201231")) & ~text.str.contains(_ZONED))
    elif isinstance(values.dtype, pd.DatetimeTZDtype):
        whole = pd.Series(pd.NaT, index=values.index)
    format_ = None if pd.api.types.is_datetime64_any_dtype(whole) else "ISO8601"
    dates = pd.to_datetime(whole, errors="coerce", format=format_)
    bad = (dates.isna() & values.notna()).to_numpy()
    return dates.astype("datetime64[us]"), _broken(date=bad)


_ZONED = r"[Zz]$|[T ].*[+-]\d\d(?::?\d\d)?$"


def _as_text(values: pd.Series) -> tuple[pd.Series, Broken]:
    """Keep text as it is; a fraction where text belongs has lost digits, so it is refused. Codes may be whole numbers."""
    if pd.api.types.is_float_dtype(values):
        return values.astype("str").where(values.notna()), _broken(text=values.notna().to_numpy())
    return values.astype("str").where(values.notna()), {}


def _schema_failures(
    frame: pd.DataFrame, kind: str, described: Sequence[Column], kinds_of_events: Sequence[str]
) -> Failures:
    """Check ranges, categories and keys with pandera."""
    needed = [name for name in RESERVED[kind] if name in frame.columns and name not in MAY_BE_EMPTY]
    checks: dict[str, pa.Column] = {name: pa.Column(nullable=False) for name in needed}
    checks |= {column.name: _column_schema(column) for column in described}
    if kind == "events":
        checks["kind"] = pa.Column(nullable=False, checks=pa.Check.isin(list(kinds_of_events), error="unknown_kind"))
    keys = [name for name in KEYS.get(kind, ()) if name in frame.columns]
    schema = pa.DataFrameSchema(checks, unique=keys or None, report_duplicates="exclude_first")
    try:
        schema.validate(frame, lazy=True)
    except SchemaErrors as error:
        return _failures_of(error.failure_cases, keys)
    return []


def _column_schema(column: Column) -> pa.Column:
    checks = []
    if column.low is not None:
        checks.append(pa.Check.ge(column.low, error="range"))
    if column.high is not None:
        checks.append(pa.Check.le(column.high, error="range"))
    if column.kind is Kind.CATEGORY:
        checks.append(pa.Check.isin(list(column.categories), error="category"))
    return pa.Column(nullable=True, checks=checks)


def _failures_of(cases: pd.DataFrame, keys: Sequence[str]) -> Failures:
    rules = {"not_nullable": "required", "multiple_fields_uniqueness": "duplicate_key"}
    failures: Failures = []
    for (check, column), group in cases.groupby(["check", "column"], dropna=False, sort=True):
        rule = rules.get(str(check), str(check))
        name = "+".join(keys) if rule == "duplicate_key" else str(column)
        failures.append((np.unique(group["index"].dropna().to_numpy(dtype="int64")), name, rule))
    return failures


def _time_failures(frame: pd.DataFrame, today: dt.date) -> Failures:
    """Refuse rows recorded in the future, or before what they tell had happened."""
    if "recorded_on" not in frame.columns:
        return []
    recorded = frame["recorded_on"]
    failures: Failures = [(np.flatnonzero(recorded > pd.Timestamp(today)), "recorded_on", "future")]
    for name in ("occurred_on", "period_end"):
        if name in frame.columns:
            failures.append((np.flatnonzero(recorded < frame[name]), "recorded_on", f"recorded_before_{name}"))
    return [failure for failure in failures if len(failure[0])]


def _split(frame: pd.DataFrame, name: str, failed: Failures) -> Checked:
    """Part the accepted rows from the failed ones."""
    lines = [
        pd.DataFrame({"table": name, "row": positions + 1, "column": column, "rule": rule})
        for positions, column, rule in failed
    ]
    rejected = pd.concat(lines, ignore_index=True) if lines else pd.DataFrame(columns=REJECTED_COLUMNS)
    rejected = rejected.drop_duplicates().sort_values(["row", "column", "rule"], ignore_index=True)
    # what can't be read is missing only for that reason
    explained = rejected.duplicated(["row", "column"], keep=False) & (rejected["rule"] == "required")
    rejected = rejected[~explained].reset_index(drop=True)
    keep = np.ones(len(frame), bool)
    keep[rejected["row"].to_numpy(dtype="int64") - 1] = False
    # the index still counts the file's rows, so that later checks can name them
    return Checked(frame[keep], rejected)
