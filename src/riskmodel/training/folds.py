"""Folds that only move forward in time.

A worked example, horizon 12 months, outcomes settled at once, origins every three months from 2016-07-01, one
calibration origin, test as of 2018-01-01. An origin may be trained on if its window has ended and its outcome was
recorded by the test's as-of date: 2016-07-01 (window until 2017-07-01), 2016-10-01 and 2017-01-01 (until
2018-01-01, exclusive) qualify; 2017-04-01 does not. Trees grow on 2016-07-01 and 2016-10-01, the later 2017-01-01
calibrates.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from riskmodel.errors import TooFewRows
from riskmodel.labels.labels import settled_on
from riskmodel.programme.calendar import month_starts
from riskmodel.programme.programme import Programme


@dataclass(frozen=True, slots=True)
class Slice:
    """The cohort of one date with its outcome at one horizon."""

    as_of: dt.date
    horizon_months: int


@dataclass(frozen=True, slots=True)
class Fold:
    """What may be learned from by a date.

    Attributes
    ----------
    as_of : date
        Date of the test, and the cut-off of all that training sees.
    trees, calibration : tuple of Slice
        What grows the trees, and the later part that calibrates them.
    """

    as_of: dt.date
    trees: tuple[Slice, ...]
    calibration: tuple[Slice, ...]

    @property
    def origins(self) -> tuple[dt.date, ...]:
        """As-of dates that are trained on, ascending."""
        return tuple(sorted({one.as_of for one in (*self.trees, *self.calibration)}))


def fold_at(programme: Programme, as_of: dt.date) -> Fold:
    """Return the fold whose training side is everything settled by ``as_of``.

    Raises
    ------
    TooFewRows
        If not even one origin is left to grow trees on.
    """
    plan = programme.file.folds
    slices = [
        Slice(origin, horizon)
        for origin in month_starts(plan.first_origin, as_of, plan.step_months)
        for horizon in programme.horizons
        if settled_on(programme, origin, horizon) <= as_of
    ]
    # An origin calibrates only once its main horizon is settled: probabilities are promised for that one.
    matured = sorted({one.as_of for one in slices if one.horizon_months == programme.main_horizon})
    if len(matured) <= plan.calibration_origins:
        raise TooFewRows(
            f"as of {as_of} only {len(matured)} origins are settled and {plan.calibration_origins} are needed to "
            "calibrate; test later, or start folds.first_origin earlier"
        )
    first_calibration, last = matured[-plan.calibration_origins], matured[-1]
    trees = tuple(one for one in slices if one.as_of < first_calibration)
    calibration = tuple(one for one in slices if first_calibration <= one.as_of <= last)
    return Fold(as_of, trees, calibration)


def backtest_folds(programme: Programme, known_by: dt.date) -> tuple[Fold, ...]:
    """Return a fold for each of the programme's tests whose own outcome is settled by ``known_by``; perhaps none."""
    tests = programme.file.folds.tests
    return tuple(
        fold_at(programme, day) for day in tests if settled_on(programme, day, programme.main_horizon) <= known_by
    )
