"""Snapshot columns to the model's matrix: strict names and order, categories by the dictionary's codes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskmodel.errors import ColumnsMismatch, Fault
from riskmodel.features.snapshot import ID_COLUMNS
from riskmodel.programme.dictionary import Direction, Feature, Kind
from riskmodel.programme.programme import Programme

Matrix = npt.NDArray[np.float64]
HORIZON = "horizon_months"
HORIZON_GROUP = "horizon"
DIRECTION_SIGNS = {Direction.MORE: 1, Direction.LESS: -1, Direction.FREE: 0}


@dataclass(frozen=True)
class MatrixSchema:
    """What the columns of the model's matrix are, in order.

    Attributes
    ----------
    features : tuple of Feature
        Features of the snapshot.
    has_horizon : bool
        Whether the months ahead are the last column: where one model answers several horizons.
    horizon_grows_risk : bool
        Whether risk never falls as the horizon grows: true of events within a window, not of a status at its end.
    constrained_groups : tuple of str or None
        Factor groups whose features follow the dictionary's direction; all where None.
    """

    features: tuple[Feature, ...]
    has_horizon: bool
    horizon_grows_risk: bool = True
    constrained_groups: tuple[str, ...] | None = None

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the columns."""
        return (*(feature.name for feature in self.features), *((HORIZON,) if self.has_horizon else ()))

    @cached_property
    def groups(self) -> tuple[str, ...]:
        """Factor group of each column."""
        own = tuple(feature.column.group for feature in self.features)
        return (*own, HORIZON_GROUP) if self.has_horizon else own

    @cached_property
    def categorical(self) -> tuple[int, ...]:
        """Positions of the columns that hold category codes."""
        return tuple(i for i, feature in enumerate(self.features) if feature.column.kind is Kind.CATEGORY)

    @cached_property
    def monotone(self) -> tuple[int, ...]:
        """Per column 1 where more of it is more risk, -1 where it is less, 0 where it is free.

        A longer window holds every shorter one, so the risk of an event within it never falls with the horizon.
        """
        held = self.constrained_groups
        own = tuple(
            DIRECTION_SIGNS[feature.column.direction] if held is None or feature.column.group in held else 0
            for feature in self.features
        )
        return (*own, int(self.horizon_grows_risk)) if self.has_horizon else own

    def encode(self, snapshot: pd.DataFrame) -> Matrix:
        """Return the features as float64, one row a household; the horizon's column, if any, is left missing.

        Raises
        ------
        ColumnsMismatch
            If the snapshot's feature columns are not exactly these, in this order.
        """
        found = [str(name) for name in snapshot.columns if name not in ID_COLUMNS]
        check_columns([feature.name for feature in self.features], found)
        matrix = np.full((len(snapshot), len(self.names)), np.nan)
        for position, feature in enumerate(self.features):
            matrix[:, position] = encode_column(snapshot[feature.name], feature)
        return matrix

    def at_horizon(self, matrix: Matrix, months: int) -> Matrix:
        """Return the matrix that asks for so many months ahead."""
        if not self.has_horizon:
            return matrix
        asked = matrix.copy()
        asked[:, -1] = months
        return asked


def schema_of(programme: Programme) -> MatrixSchema:
    """Return the matrix schema of a programme."""
    return MatrixSchema(
        programme.features,
        len(programme.horizons) > 1,
        programme.file.outcome.kind == "event_within",
        programme.file.model.constrained_groups,
    )


def encode_column(values: pd.Series, feature: Feature) -> Matrix:
    """Return one column as float64: categories by their place in the dictionary, unknown ones as missing."""
    if feature.column.kind is not Kind.CATEGORY:
        return np.asarray(values, dtype="float64")
    codes = {code: float(place) for place, code in enumerate(feature.column.categories)}
    return np.asarray(values.map(codes), dtype="float64")


def check_columns(expected: Sequence[str], found: Sequence[str]) -> None:
    """Raise :class:`ColumnsMismatch` with every difference, unless names and order agree.

    LightGBM matches columns by position and checks only their number, so a renamed or moved column would score
    silently and wrongly.
    """
    if list(expected) == list(found):
        return
    faults = [Fault(name, "missing_column", f"column {name} is missing") for name in expected if name not in set(found)]
    faults += [
        Fault(name, "extra_column", f"column {name} is not known to this model")
        for name in found
        if name not in set(expected)
    ]
    faults += [
        Fault(name, "duplicate_column", f"column {name} stands there {times} times")
        for name, times in Counter(found).items()
        if times > 1
    ]
    if not faults:
        moved = next(name for name, other in zip(found, expected, strict=True) if name != other)
        place = list(expected).index(moved) + 1
        faults = [
            Fault(
                moved,
                "column_order",
                f"column {moved} must stand in place {place} of the features; `riskmodel snapshot` writes the right order",
            )
        ]
    raise ColumnsMismatch("snapshot columns", faults)
