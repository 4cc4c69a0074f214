"""Snapshots and what happened after them, stacked into the rows that a model learns from or is tested on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskmodel.features.cohort import cohort
from riskmodel.features.encode import Matrix, MatrixSchema, schema_of
from riskmodel.features.making import Knowledge
from riskmodel.features.snapshot import build_snapshot, household_weights
from riskmodel.features.timeline import Positions, Timeline
from riskmodel.labels.labels import label
from riskmodel.programme.programme import Programme
from riskmodel.training.folds import Slice

Values = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Examples:
    """Rows with a known outcome, ordered by date, horizon and household.

    Attributes
    ----------
    matrix : ndarray, shape (n, k)
        Features; the last column is the horizon where the schema has one.
    outcome, weight : ndarray, shape (n,)
        1 fell or 0 did not; survey weight.
    household : ndarray of int, shape (n,)
        Position in the timeline.
    as_of : ndarray of datetime64[D], shape (n,)
        Date of each row.
    horizon_months : ndarray of int, shape (n,)
        Months ahead.
    censored : int
        Rows left out because their outcome is unknown.
    """

    matrix: Matrix
    outcome: Values
    weight: Values
    household: Positions
    as_of: np.ndarray
    horizon_months: Positions
    censored: int

    @property
    def events(self) -> int:
        """Number of rows that fell."""
        return int(self.outcome.sum())

    def where(self, keep: np.ndarray) -> Examples:
        """Keep some rows."""
        return Examples(
            self.matrix[keep],
            self.outcome[keep],
            self.weight[keep],
            self.household[keep],
            self.as_of[keep],
            self.horizon_months[keep],
            self.censored,
        )


def stack(parts: Sequence[Examples]) -> Examples:
    """Put rows under one another."""
    return Examples(
        np.concatenate([part.matrix for part in parts]),
        np.concatenate([part.outcome for part in parts]),
        np.concatenate([part.weight for part in parts]),
        np.concatenate([part.household for part in parts]),
        np.concatenate([part.as_of for part in parts]),
        np.concatenate([part.horizon_months for part in parts]),
        sum(part.censored for part in parts),
    )


@dataclass(frozen=True, slots=True)
class Cohort:
    """A cohort with its snapshot, encoded."""

    snapshot: pd.DataFrame
    matrix: Matrix
    households: Positions
    weight: Values


class ExampleSource:
    """Makes rows from a timeline; each date's snapshot is made once and used by every fold."""

    def __init__(self, programme: Programme, line: Timeline) -> None:
        self.programme = programme
        self.line = line
        self.schema: MatrixSchema = schema_of(programme)
        self._cohorts: dict[dt.date, Cohort] = {}

    def cohort(self, as_of: dt.date) -> Cohort:
        """Return the cohort of a date."""
        if as_of not in self._cohorts:
            households = cohort(self.programme, Knowledge(self.line, self.programme.dictionary, as_of))
            snapshot = build_snapshot(self.programme, self.line, as_of, households)
            weight = household_weights(self.programme, self.line, as_of, households)
            self._cohorts[as_of] = Cohort(snapshot, self.schema.encode(snapshot), households, weight)
        return self._cohorts[as_of]

    def examples(self, slices: Iterable[Slice], known_by: dt.date) -> Examples:
        """Stack the cohorts of some dates with their outcomes as recorded before ``known_by``."""
        parts = [
            self._of_slice(one, known_by) for one in sorted(slices, key=lambda one: (one.as_of, one.horizon_months))
        ]
        return stack(parts)

    def _of_slice(self, one: Slice, known_by: dt.date) -> Examples:
        group = self.cohort(one.as_of)
        outcome = label(self.programme, self.line, group.households, one.as_of, one.horizon_months, known_by)
        known = ~np.isnan(outcome)
        n = int(known.sum())
        return Examples(
            self.schema.at_horizon(group.matrix[known], one.horizon_months),
            outcome[known],
            group.weight[known],
            group.households[known],
            np.full(n, np.datetime64(one.as_of, "D")),
            np.full(n, one.horizon_months, dtype="int64"),
            int((~known).sum()),
        )
