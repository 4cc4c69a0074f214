"""Folds that only move forward in time.

A worked example, horizon 12 months, outcomes settled at once, origins every three months from 2016-07-01, one
calibration origin, test as of 2018-01-01. An origin may be trained on if its window has ended and its outcome was
recorded by the test's as-of date: 2016-07-01 (window until 2017-07-01), 2016-10-01 and 2017-01-01 (until
2018-01-01, exclusive) qualify; 2017-04-01 does not. Trees grown on 2016-07-01 and 2016-10-01 are calibrated on the
later 2017-01-01; then the trees that score the test are grown on all three.

With a second horizon of three months the final trees also learn from 2017-04-01, 2017-07-01 and 2017-10-01, whose
three-month windows have ended; the trees that are calibrated still see 2016-07-01 and 2016-10-01 only.
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
        What grows the trees that are calibrated, and the later part that calibrates them.
    everything : tuple of Slice
        What grows the trees that score: every settled slice.
    parted_by_household : bool
        Whether ``calibration`` is no later than ``trees``, since only so few dates are settled. Then one half of the
        households must grow the trees and the other half calibrate.
    """

    as_of: dt.date
    trees: tuple[Slice, ...]
    calibration: tuple[Slice, ...]
    everything: tuple[Slice, ...]
    parted_by_household: bool = False

    @property
    def origins(self) -> tuple[dt.date, ...]:
        """As-of dates that are trained on, ascending."""
        return tuple(sorted({one.as_of for one in self.everything}))


def fold_at(programme: Programme, as_of: dt.date) -> Fold:
    """Return the fold whose training side is everything settled by ``as_of``.

    Raises
    ------
    TooFewRows
        If not even one origin has its main horizon settled.
    """
    plan = programme.file.folds
    settled = tuple(
        Slice(origin, horizon)
        for origin in month_starts(plan.first_origin, as_of, plan.step_months)
        for horizon in programme.horizons
        if settled_on(programme, origin, horizon) <= as_of
    )
    # An origin calibrates only once its main horizon is settled: probabilities are promised for that one.
    matured = sorted({one.as_of for one in settled if one.horizon_months == programme.main_horizon})
    if not matured:
        raise TooFewRows(
            f"as of {as_of} not one origin has its {programme.main_horizon} months settled; test later, or start "
            "folds.first_origin earlier"
        )
    calibrating = matured[-plan.calibration_origins :]
    calibration = tuple(one for one in settled if calibrating[0] <= one.as_of <= calibrating[-1])
    trees = tuple(one for one in settled if one.as_of < calibrating[0])
    if not any(one.horizon_months == programme.main_horizon for one in trees):
        return Fold(as_of, calibration, calibration, settled, parted_by_household=True)
    return Fold(as_of, trees, calibration, settled)


def validation_folds(programme: Programme, known_by: dt.date) -> tuple[Fold, ...]:
    """Return a fold for each settled date that features and settings were chosen on; told apart from the tests."""
    return _settled_folds(programme, programme.file.folds.validation, known_by)


def backtest_folds(programme: Programme, known_by: dt.date) -> tuple[Fold, ...]:
    """Return a fold for each of the programme's tests whose own outcome is settled by ``known_by``; perhaps none."""
    return _settled_folds(programme, programme.file.folds.tests, known_by)


def _settled_folds(programme: Programme, days: tuple[dt.date, ...], known_by: dt.date) -> tuple[Fold, ...]:
    return tuple(
        fold_at(programme, day) for day in days if settled_on(programme, day, programme.main_horizon) <= known_by
    )
