"""Snapshots and what happened after them, stacked into the rows that a model learns from or is tested on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskmodel.features.cohort import cohort
from riskmodel.features.encode import Matrix, MatrixSchema, schema_of
from riskmodel.features.making import Knowledge
from riskmodel.features.snapshot import build_snapshot, household_weights
from riskmodel.features.timeline import Positions, Timeline
from riskmodel.labels.labels import label, label_lessons
from riskmodel.programme.programme import Programme
from riskmodel.training.folds import Slice

Values = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Examples:
    """Rows with their outcomes, ordered by date, horizon and household.

    Attributes
    ----------
    matrix : ndarray, shape (n, k)
        Features; the last column is the horizon where the schema has one.
    outcome, weight : ndarray, shape (n,)
        1 fell, 0 did not, NaN unknown (only where unknown ones were asked for); survey weight.
    household : ndarray of int, shape (n,)
        Position in the timeline.
    as_of : ndarray of datetime64[D], shape (n,)
        Date of each row.
    horizon_months : ndarray of int, shape (n,)
        Months ahead.
    at_risk : ndarray of bool, shape (n,)
        Whether the household belongs to the cohort; false for those that are poor already.
    lesson : ndarray, shape (n,)
        What trees learn of the row: the outcome, or a chance between 0 and 1 in its place.
    censored : int
        Rows left out because their outcome is unknown.
    """

    matrix: Matrix
    outcome: Values
    weight: Values
    household: Positions
    as_of: np.ndarray
    horizon_months: Positions
    at_risk: npt.NDArray[np.bool_]
    lesson: Values
    censored: int = 0

    @property
    def events(self) -> int:
        """Number of rows that fell."""
        return int(np.nansum(self.outcome))

    def where(self, keep: np.ndarray) -> Examples:
        """Keep some rows."""
        return replace(self, **{name: getattr(self, name)[keep] for name in _BY_ROW})

    def at_horizon(self, months: int) -> Examples:
        """Keep the rows of one horizon."""
        return self.where(self.horizon_months == months)

    def known(self) -> Examples:
        """Keep the rows whose outcome is known, and count the others as censored."""
        known = ~np.isnan(self.outcome)
        return replace(self.where(known), censored=self.censored + int((~known).sum()))


_BY_ROW = tuple(one.name for one in fields(Examples) if one.name != "censored")


def stack(parts: Sequence[Examples]) -> Examples:
    """Put rows under one another."""
    rows = {name: np.concatenate([getattr(part, name) for part in parts]) for name in _BY_ROW}
    return Examples(**rows, censored=sum(part.censored for part in parts))


@dataclass(frozen=True, slots=True)
class Cohort:
    """Households of one date with their snapshot, encoded.

    Attributes
    ----------
    snapshot : DataFrame
        Features by name.
    matrix : ndarray, shape (n, k)
        The same, encoded; the horizon's column is missing.
    households : ndarray of int, shape (n,)
        Positions in the timeline, ascending.
    weight : ndarray, shape (n,)
        Survey weights.
    at_risk : ndarray of bool, shape (n,)
        False for households that are poor already.
    """

    snapshot: pd.DataFrame
    matrix: Matrix
    households: Positions
    weight: Values
    at_risk: npt.NDArray[np.bool_]


class ExampleSource:
    """Makes rows from a timeline; each date's snapshot is made once and used by every fold."""

    def __init__(self, programme: Programme, line: Timeline) -> None:
        self.programme = programme
        self.line = line
        self.schema: MatrixSchema = schema_of(programme)
        self._everyone: dict[dt.date, Cohort] = {}

    def cohort(self, as_of: dt.date) -> Cohort:
        """Return the cohort of a date: the households at risk."""
        group = self._of_date(as_of)
        if group.at_risk.all():
            return group
        keep = group.at_risk
        snapshot = group.snapshot[keep].reset_index(drop=True)
        return Cohort(snapshot, group.matrix[keep], group.households[keep], group.weight[keep], keep[keep])

    def examples(self, slices: Iterable[Slice], known_by: dt.date, *, poor_too: bool = False) -> Examples:
        """Stack the cohorts of some dates with their outcomes as recorded before ``known_by``.

        Parameters
        ----------
        slices : iterable of Slice
            Dates and horizons.
        known_by : date
            Outcomes recorded later are unknown.
        poor_too : bool
            Add households that are poor already, where the programme learns from them.
        """
        return self.with_unknown(slices, known_by, poor_too=poor_too).known()

    def with_unknown(self, slices: Iterable[Slice], known_by: dt.date, *, poor_too: bool = False) -> Examples:
        """Stack as :meth:`examples` does, and keep the rows whose outcome is unknown."""
        ordered = sorted(slices, key=lambda one: (one.as_of, one.horizon_months))
        rows = stack([self._of_slice(one, known_by) for one in ordered])
        return rows if poor_too else rows.where(rows.at_risk)

    def _of_date(self, as_of: dt.date) -> Cohort:
        if as_of not in self._everyone:
            knowledge = Knowledge(self.line, self.programme.dictionary, as_of)
            households = cohort(self.programme, knowledge, poor_too=self.programme.file.folds.weight_of_poor > 0)
            at_risk = np.isin(households, cohort(self.programme, knowledge))
            snapshot = build_snapshot(self.programme, self.line, as_of, households)
            weight = household_weights(self.programme, self.line, as_of, households)
            self._everyone[as_of] = Cohort(snapshot, self.schema.encode(snapshot), households, weight, at_risk)
        return self._everyone[as_of]

    def _of_slice(self, one: Slice, known_by: dt.date) -> Examples:
        group = self._of_date(one.as_of)
        n = len(group.households)
        return Examples(
            self.schema.at_horizon(group.matrix, one.horizon_months),
            label(self.programme, self.line, group.households, one.as_of, one.horizon_months, known_by),
            group.weight,
            group.households,
            np.full(n, np.datetime64(one.as_of, "D")),
            np.full(n, one.horizon_months, dtype="int64"),
            group.at_risk,
            label_lessons(self.programme, self.line, group.households, one.as_of, one.horizon_months, known_by),
        )
