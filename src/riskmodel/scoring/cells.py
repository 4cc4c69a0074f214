"""Plain values in, rows ready to be scored out: what :mod:`riskmodel.scoring.inputs` does for tables, without one.

A table costs a single household many times its score. Types are read more strictly than from files, whose cells may all
be text: a number is a number, and text that looks like one is refused.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any

import numpy as np

from riskmodel.features.encode import MatrixSchema
from riskmodel.programme.dictionary import Feature, Kind
from riskmodel.scoring.inputs import BadCell, Inputs, id_rule, limits

DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
NUMBERS = frozenset({float, int, type(None)})
BOOLEANS = NUMBERS | {bool}
TEXTS = frozenset({str, type(None)})
UNKNOWN = -1.0
"""Code of a category that the dictionary does not know, until it is made missing."""

Cells = Sequence[Any]


class CellReader:
    """Checks and encodes households that are given as plain values; holds nothing that changes.

    Parameters
    ----------
    schema : MatrixSchema
        What the model expects.
    """

    def __init__(self, schema: MatrixSchema) -> None:
        self.features = tuple(feature.name for feature in schema.features)
        """Names of the features, in the matrix's order."""
        self.names = frozenset(self.features)
        """The same names."""
        self._width = len(schema.names)
        # numbers, then booleans, then categories, so that the types of each part are checked at once
        order = sorted(range(len(schema.features)), key=lambda place: _part(schema.features[place]))
        own = [schema.features[place] for place in order]
        parts = [_part(feature) for feature in own]
        self._numbers, self._booleans = parts.count(0), parts.count(0) + parts.count(1)
        self._order = np.array(order, dtype="int64")
        self._own = own
        self._pick = _picker([feature.name for feature in own])
        self._codes: list[dict[Any, float | None]] = [
            {None: None} | {code: float(place) for place, code in enumerate(feature.column.categories)}
            for feature in own[self._booleans :]
        ]
        low, high = limits(schema)
        self._low, self._high = low[self._order], high[self._order]
        self._whole = np.array([feature.column.kind is Kind.INTEGER for feature in own], dtype=bool)
        self._boolean = np.array([part == 1 for part in parts], dtype=bool)

    def read(
        self, ids: Cells, days: Cells, features: Sequence[Mapping[str, Any]], today: dt.date
    ) -> tuple[Inputs, list[BadCell]]:
        """Check and encode households.

        Parameters
        ----------
        ids, days : sequence
            ``household_id`` and ``as_of`` of each household.
        features : sequence of mapping
            Every feature of the model by name.
        today : date
            No household may be as of a later day.

        Returns
        -------
        Inputs
            Every household, encoded; those named in the second part must not be scored.
        list of BadCell
            What is wrong, by household.
        """
        matrix, unknown, bad = self._encoded([self._pick(one) for one in features])
        read = [day_of(day) for day in days]
        id_rules = [id_text_rule(one) for one in ids]
        bad += [BadCell(row, "household_id", rule) for row, rule in enumerate(id_rules) if rule]
        bad += [
            BadCell(row, "as_of", "date" if day is None else "future")
            for row, day in enumerate(read)
            if day is None or day > today
        ]
        bad += _repeated(ids, read)
        as_of = np.array(read, dtype="datetime64[D]")
        household_id = np.empty(len(ids), dtype=object)
        household_id[:] = ids
        return Inputs(household_id, as_of, matrix, unknown), sorted(
            bad, key=lambda cell: (cell.row, cell.column, cell.rule)
        )

    def _encoded(self, rows: list[Cells]) -> tuple[np.ndarray, np.ndarray, list[BadCell]]:
        """Return the matrix, where a category was unknown, and the cells that were refused."""
        bad: list[BadCell] = []
        values = self._values(rows) if all(map(self._typed, rows)) else None
        if values is None:
            rows, bad = self._named(rows)
            values = self._values(rows)
            assert values is not None
        bad += self._broken(rows, values)
        matrix = np.full((len(rows), self._width), np.nan)
        unknown = np.zeros((len(rows), len(self._order)), bool)
        strange = values == UNKNOWN
        strange[:, : self._booleans] = False
        values[strange] = np.nan
        # adding zero turns -0.0 into 0.0: one value, one digest
        matrix[:, self._order] = values + 0.0
        unknown[:, self._order] = strange
        return matrix, unknown, bad

    def _typed(self, cells: Cells) -> bool:
        """Tell whether every cell has a type that its feature may have."""
        return (
            NUMBERS.issuperset(map(type, cells[: self._numbers]))
            and BOOLEANS.issuperset(map(type, cells[self._numbers : self._booleans]))
            and TEXTS.issuperset(map(type, cells[self._booleans :]))
        )

    def _values(self, rows: list[Cells]) -> np.ndarray | None:
        """Return cells of sound types as numbers; None where one is no finite number or no sound text."""
        first = self._booleans
        coded = [
            (
                *cells[:first],
                *(codes.get(cell, UNKNOWN) for codes, cell in zip(self._codes, cells[first:], strict=True)),
            )
            for cells in rows
        ]
        try:
            values = np.array(coded, dtype="float64").reshape(len(rows), len(self._order))
        except OverflowError:
            return None
        missing = sum(cells.count(None) for cells in coded)
        return values if np.count_nonzero(np.isfinite(values)) + missing == values.size else None

    def _named(self, rows: list[Cells]) -> tuple[list[Cells], list[BadCell]]:
        """Name the cells whose type is wrong, and return the rows with those cells missing."""
        rules = [[_cell_rule(feature, cell) for feature, cell in zip(self._own, cells, strict=True)] for cells in rows]
        bad = [
            BadCell(row, feature.name, rule)
            for row, found in enumerate(rules)
            for feature, rule in zip(self._own, found, strict=True)
            if rule
        ]
        sound = [
            tuple(None if rule else cell for cell, rule in zip(cells, found, strict=True))
            for cells, found in zip(rows, rules, strict=True)
        ]
        return list(sound), bad

    def _broken(self, rows: list[Cells], values: np.ndarray) -> list[BadCell]:
        """Name the values that no household can have, and unknown categories that are not even text."""
        # a missing value compares as false throughout
        uneven = (np.floor(values) < values) & self._whole
        neither = ((values < 0) | (values > 1) | (np.floor(values) < values)) & self._boolean
        outside = (values < self._low) | (values > self._high)
        unknown = values == UNKNOWN
        unknown[:, : self._booleans] = False
        found = np.argwhere(uneven | neither | outside | unknown).tolist()
        bad = []
        for row, place in found:
            if unknown[row, place]:
                rule = _text_rule(rows[row][place])
            else:
                rule = "integer" if uneven[row, place] else "boolean" if neither[row, place] else "range"
            if rule:
                bad.append(BadCell(row, self._own[place].name, rule))
        return bad


def _part(feature: Feature) -> int:
    return {Kind.BOOLEAN: 1, Kind.CATEGORY: 2}.get(feature.column.kind, 0)


def _picker(names: Sequence[str]) -> Callable[[Mapping[str, Any]], Cells]:
    """Return what takes the cells of these names out of a mapping, as a tuple."""
    if len(names) > 1:
        return itemgetter(*names)
    return lambda cells: tuple(cells[name] for name in names)


def _repeated(ids: Cells, days: Cells) -> list[BadCell]:
    keys = list(zip(ids, days, strict=True))
    texts = [key for key in keys if isinstance(key[0], str)]
    if len(set(texts)) == len(texts):
        return []
    seen: set[tuple[Any, Any]] = set()
    bad = []
    for row, key in enumerate(keys):
        if isinstance(key[0], str) and not UNPRINTABLE.search(key[0]):
            bad += [BadCell(row, "household_id", "duplicate_key")] if key in seen else []
            seen.add(key)
    return bad


def id_text_rule(cell: Any) -> str:
    """Return the rule that a household's id breaks; empty where it breaks none."""
    return _text_rule(cell) or id_rule(cell)


def day_of(cell: Any) -> dt.date | None:
    """Return the day that a cell gives as YYYY-MM-DD; None where it gives none."""
    if not isinstance(cell, str) or not DATE.fullmatch(cell):
        return None
    try:
        return dt.date.fromisoformat(cell)
    except ValueError:
        return None


def _cell_rule(feature: Feature, cell: Any) -> str:
    """Return the rule that a cell breaks by its type; empty where it breaks none."""
    if cell is None:
        return ""
    match feature.column.kind:
        case Kind.CATEGORY:
            return _text_rule(cell)
        case Kind.BOOLEAN:
            return "" if type(cell) in BOOLEANS and cell in (0, 1) else "boolean"
    return _number_rule(cell) if type(cell) in NUMBERS else "number"


def _number_rule(cell: float) -> str:
    try:
        return "" if math.isfinite(cell) else "finite"
    except OverflowError:
        # an integer beyond the floats
        return "finite"


def _text_rule(cell: Any) -> str:
    if not isinstance(cell, str):
        return "text"
    return "unicode" if UNPRINTABLE.search(cell) else ""
