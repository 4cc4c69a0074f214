"""What may be scored: snapshot rows with the right columns and sound values. All others are refused by name."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from riskmodel.errors import ColumnsMismatch, Fault
from riskmodel.features.encode import MatrixSchema, check_columns, encode_column
from riskmodel.features.snapshot import ID_COLUMNS
from riskmodel.panel.checking import text_or_none, typed_column
from riskmodel.programme.dictionary import Kind

REQUIRED_IDS = ("household_id", "as_of")
UNKNOWN_CATEGORY, MISSING_VALUE = "unknown_category", "missing_value"
MAX_ID_LENGTH = 64


@dataclass(frozen=True, slots=True)
class Inputs:
    """Rows ready to be scored.

    Attributes
    ----------
    household_id : ndarray of str, shape (n,)
        Ids, as text.
    as_of : ndarray of datetime64[D], shape (n,)
        Dates that the features stand for.
    matrix : ndarray of float, shape (n, k)
        Encoded features; unknown categories are missing. The horizon's column, if any, is left missing.
    unknown : ndarray of bool, shape (n, n_features)
        Where a category was not in the dictionary.
    """

    household_id: np.ndarray
    as_of: np.ndarray
    matrix: np.ndarray
    unknown: np.ndarray

    def where(self, rows: np.ndarray | slice) -> Inputs:
        """Return some of the rows, by their places, by a mask or by a slice."""
        return Inputs(self.household_id[rows], self.as_of[rows], self.matrix[rows], self.unknown[rows])

    def sound(self, bad: Iterable[BadCell]) -> Inputs:
        """Return the rows of which nothing is bad."""
        keep = np.ones(len(self.household_id), bool)
        keep[[cell.row for cell in bad]] = False
        return self.where(keep)


def stacked(schema: MatrixSchema, blocks: Sequence[Inputs]) -> Inputs:
    """Return the rows of several blocks, one below the other; no rows where there is no block."""
    nothing = Inputs(
        np.empty(0, dtype=object),
        np.empty(0, dtype="datetime64[D]"),
        np.empty((0, len(schema.names))),
        np.empty((0, len(schema.features)), bool),
    )
    every = [nothing, *blocks]
    return Inputs(
        np.concatenate([one.household_id for one in every]),
        np.concatenate([one.as_of for one in every]),
        np.concatenate([one.matrix for one in every]),
        np.concatenate([one.unknown for one in every]),
    )


@dataclass(frozen=True, slots=True)
class BadCell:
    """One reason to refuse a row: its position, the column and the rule."""

    row: int
    column: str
    rule: str


MESSAGES = {
    "number": "expected a number",
    "finite": "expected a finite number",
    "integer": "expected a whole number",
    "boolean": "expected true or false",
    "text": "expected text; numbers lose leading zeros and long ids their last digits",
    "date": "expected a date as YYYY-MM-DD",
    "future": "expected a date that is not in the future",
    "range": "is outside the dictionary's range",
    "required": "is required",
    "too_long": f"expected at most {MAX_ID_LENGTH} characters",
    "duplicate_key": "the same household and date stand twice",
}


def fault_of(cell: BadCell, where: str) -> Fault:
    """Put a bad cell into words; ``where`` says how its place is written."""
    return Fault(where, cell.rule, MESSAGES[cell.rule])


def check_snapshot_columns(schema: MatrixSchema, columns: Sequence[str]) -> None:
    """Check names and order: ids first, then exactly the features.

    Raises
    ------
    ColumnsMismatch
        With every difference.
    """
    missing = [name for name in REQUIRED_IDS if name not in columns]
    if missing:
        raise ColumnsMismatch(
            "snapshot columns", [Fault(name, "missing_column", f"column {name} is missing") for name in missing]
        )
    features = [name for name in columns if name not in ID_COLUMNS]
    check_columns([feature.name for feature in schema.features], features)


def read_inputs(schema: MatrixSchema, snapshot: pd.DataFrame, today: dt.date) -> tuple[Inputs, list[BadCell]]:
    """Check and encode snapshot rows.

    Parameters
    ----------
    schema : MatrixSchema
        What the model expects.
    snapshot : DataFrame
        ``household_id``, ``as_of``, perhaps ``area_code``, and the features in order; from CSV all text.
    today : date
        No row may be as of a later day.

    Returns
    -------
    Inputs
        Every row, encoded; rows named in the second part must not be scored.
    list of BadCell
        What is wrong, by row.

    Raises
    ------
    ColumnsMismatch
        If the columns are not the model's.
    """
    check_snapshot_columns(schema, [str(name) for name in snapshot.columns])
    ids, bad = _ids(snapshot["household_id"])
    as_of, found = _dates(snapshot["as_of"], today)
    bad += found
    matrix = np.full((len(snapshot), len(schema.names)), np.nan)
    unknown = np.zeros((len(snapshot), len(schema.features)), bool)
    for place, feature in enumerate(schema.features):
        column, broken = typed_column(snapshot[feature.name], feature.column.kind)
        bad += [BadCell(int(row), feature.name, rule) for rule, rows in broken.items() for row in rows]
        # adding zero turns -0.0 into 0.0: one value, one digest
        matrix[:, place] = encode_column(column, feature) + 0.0
        if feature.column.kind is Kind.CATEGORY:
            unknown[:, place] = np.isnan(matrix[:, place]) & column.notna().to_numpy()
    bad += out_of_range(schema, matrix)
    twice = pd.DataFrame({"id": ids, "as_of": as_of}).duplicated().to_numpy()
    bad += [BadCell(int(row), "household_id", "duplicate_key") for row in np.flatnonzero(twice & pd.notna(ids))]
    return Inputs(ids, as_of, matrix, unknown), sorted(bad, key=lambda cell: (cell.row, cell.column, cell.rule))


def _ids(column: pd.Series) -> tuple[np.ndarray, list[BadCell]]:
    """Return ids as text; a number where an id belongs may have lost digits already, so it is refused."""
    if pd.api.types.is_numeric_dtype(column):
        return np.full(len(column), None, dtype=object), [
            BadCell(row, "household_id", "text") for row in range(len(column))
        ]
    ids = text_or_none(column)
    rules = [id_rule(one) for one in ids]
    return ids, [BadCell(row, "household_id", rule) for row, rule in enumerate(rules) if rule]


def _dates(column: pd.Series, today: dt.date) -> tuple[np.ndarray, list[BadCell]]:
    dates, broken = typed_column(column, Kind.DATE)
    bad = [BadCell(int(row), "as_of", rule) for rule, rows in broken.items() for row in rows]
    bad += [BadCell(int(row), "as_of", "required") for row in np.flatnonzero(column.isna())]
    bad += [BadCell(int(row), "as_of", "future") for row in np.flatnonzero(dates > pd.Timestamp(today))]
    return dates.to_numpy(dtype="datetime64[D]"), bad


def limits(schema: MatrixSchema) -> tuple[np.ndarray, np.ndarray]:
    """Return the dictionary's lowest and highest value of each feature; infinite where there is none."""
    columns = [feature.column for feature in schema.features]
    free = [column.kind is Kind.CATEGORY for column in columns]
    low = [-np.inf if out or one.low is None else one.low for out, one in zip(free, columns, strict=True)]
    high = [np.inf if out or one.high is None else one.high for out, one in zip(free, columns, strict=True)]
    return np.array(low, dtype="float64"), np.array(high, dtype="float64")


def out_of_range(schema: MatrixSchema, matrix: np.ndarray) -> list[BadCell]:
    """Name the values outside the dictionary's ranges; a missing value is inside."""
    low, high = limits(schema)
    values = matrix[:, : len(low)]
    rows, places = np.nonzero((values < low) | (values > high))
    return [
        BadCell(row, schema.features[place].name, "range")
        for row, place in zip(rows.tolist(), places.tolist(), strict=True)
    ]


def id_rule(one: object) -> str:
    """Return the rule that an id breaks; empty where it breaks none."""
    if one is None or one == "":
        return "required"
    if not isinstance(one, str):
        return "text"
    return "too_long" if len(one) > MAX_ID_LENGTH else ""
