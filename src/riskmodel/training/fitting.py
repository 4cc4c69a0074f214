"""Fits a fold: trees, the map from their log-odds to probabilities, and the trees that score.

The map is fitted on a later slice than the trees whose log-odds it maps. Those trees lack the latest rows, so the trees
that score are then grown on everything that is settled and take the map over. What that costs in calibration is
measured by the backtests, which do just the same at every date.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import lightgbm as lgb
import numpy as np
import numpy.typing as npt
from scipy.special import logit

from riskmodel.errors import TooFewRows
from riskmodel.evaluation.calibration import Calibration, fit_calibration
from riskmodel.features.encode import MatrixSchema
from riskmodel.training.estimator import RiskClassifier
from riskmodel.training.examples import Examples, ExampleSource
from riskmodel.training.fold_check import Keys, check_fold
from riskmodel.training.folds import Fold
from riskmodel.training.plan import Plan
from riskmodel.training.recalibration import transition_shift

Values = npt.NDArray[np.float64]
MINIMUM_EVENTS = 20
CALIBRATION_SEED, PARTING_SEED = 3, 5
"""Added to the run's seed, so that no two uses share a stream."""


@dataclass(frozen=True, slots=True)
class Sides:
    """The rows of a fold's training side.

    Attributes
    ----------
    trees, calibration : Examples
        Rows that grow the trees that are calibrated, and rows that calibrate them.
    everything : Examples
        Rows that grow the trees that score.
    """

    trees: Examples
    calibration: Examples
    everything: Examples

    @property
    def at_risk(self) -> Examples:
        """Rows of the cohort alone: what baselines learn from, who know of no others."""
        return self.everything.where(self.everything.at_risk)


@dataclass(frozen=True, slots=True)
class Grown:
    """What scores, without the rows that it was made from.

    Attributes
    ----------
    booster : Booster
        Trees.
    calibration : Calibration
        Their log-odds to probabilities.
    """

    booster: lgb.Booster
    calibration: Calibration

    def log_odds(self, rows: Examples) -> Values:
        """Score rows."""
        return np.asarray(self.booster.predict(rows.matrix, raw_score=True), dtype="float64")


@dataclass(frozen=True, slots=True)
class Fitted:
    """A fold's model.

    Attributes
    ----------
    fold : Fold
        What it was fitted on.
    sides : Sides
        The rows.
    booster : Booster
        The trees that score.
    calibration : Calibration
        Their log-odds to probabilities.
    calibration_log_odds : ndarray, shape (n,)
        Log-odds of the calibration rows by the trees that had not seen them.
    between_periods : float
        Standard deviation of rates between periods as known on the date, in log-odds.
    transition_shift : float or None
        By how much transitions of shorter horizons have moved since the calibration slice; it is told, not applied.
    """

    fold: Fold
    sides: Sides
    booster: lgb.Booster
    calibration: Calibration
    calibration_log_odds: Values
    between_periods: float = 0.0
    transition_shift: float | None = None

    @property
    def grown(self) -> Grown:
        """The model alone; rows take much memory, and an old model needs none."""
        return Grown(self.booster, self.calibration)

    def log_odds(self, rows: Examples) -> Values:
        """Score rows."""
        return self.grown.log_odds(rows)


def sides_of(plan: Plan, source: ExampleSource, fold: Fold) -> Sides:
    """Make the rows of a fold, as known on its date, and have the independent checker look at them.

    Raises
    ------
    FoldLooksAhead
        If the checker finds a row that knows the future.
    """
    trees = source.examples(fold.trees, fold.as_of, poor_too=True)
    later = source.examples(fold.calibration, fold.as_of)
    if fold.parted_by_household:
        half = np.random.default_rng([plan.seed, PARTING_SEED]).permutation(source.line.size) % 2 == 0
        trees, later = trees.where(half[trees.household]), later.where(~half[later.household])
    sides = Sides(trees, later, source.examples(fold.everything, fold.as_of, poor_too=True))
    check_fold(
        fold.as_of,
        plan.programme.file.outcome.settled_after_days,
        keys_of(sides.everything),
        keys_of(sides.trees),
        keys_of(sides.calibration),
    )
    return sides


def keys_of(rows: Examples) -> Keys:
    """Return what names the rows."""
    return Keys(rows.household, rows.as_of, rows.horizon_months)


def fit_trees(plan: Plan, schema: MatrixSchema, rows: Examples) -> RiskClassifier:
    """Grow trees on rows, each counted once, those of households that are poor already as the programme says.

    Survey weights tell how many households a row stands for. They matter where a population is estimated, as in every
    weighted figure of an evaluation; chances given the features need none, and weights only make them noisier (Solon,
    Haider and Wooldridge 2015, "What are we weighting for?").

    Raises
    ------
    TooFewRows
        If there are too few events to learn from.
    """
    if rows.events < MINIMUM_EVENTS:
        raise TooFewRows(f"{rows.events} events are too few to grow trees on; expected at least {MINIMUM_EVENTS}")
    model = plan.programme.file.model
    classifier = RiskClassifier(
        model.params,
        model.rounds,
        schema.categorical,
        schema.monotone,
        schema.names,
        seed=plan.seed,
        threads=plan.threads,
        grow=plan.grow,
    )
    counted = np.where(rows.at_risk, 1.0, plan.programme.file.folds.weight_of_poor)
    softened = None if np.array_equal(rows.lesson, rows.outcome) else rows.lesson
    return classifier.fit(rows.matrix, rows.outcome, sample_weight=counted, lesson=softened)


def fit_fold(plan: Plan, source: ExampleSource, fold: Fold, seen_shifts: Sequence[float] = ()) -> Fitted:
    """Fit a fold's model on what was known on its date.

    Parameters
    ----------
    seen_shifts : sequence of float
        By how much the mean prediction of earlier backtests was off, where that was known on the date; how much the
        settled periods differ among themselves where there are fewer than two.
    """
    sides = sides_of(plan, source, fold)
    calibrated = fit_trees(plan, source.schema, sides.trees)
    later = sides.calibration
    log_odds = calibrated.decision_function(later.matrix)
    shifts = seen_shifts if len(seen_shifts) > 1 else period_deviations(sides.at_risk)
    calibration = fit_calibration(
        log_odds,
        later.outcome,
        np.ones(len(later.outcome)),
        later.household,
        shifts,
        np.random.default_rng([plan.seed, CALIBRATION_SEED]),
    )
    scoring = fit_trees(plan, source.schema, sides.everything)
    between = float(np.sqrt(np.mean(np.square(shifts)))) if len(shifts) else 0.0
    moved = _transition_shift(sides, calibrated, calibration, plan.programme.main_horizon)
    return Fitted(fold, sides, scoring.booster_, calibration, log_odds, between, moved)


def _transition_shift(
    sides: Sides, calibrated: RiskClassifier, calibration: Calibration, main_horizon: int
) -> float | None:
    """Compare shorter horizons of the calibration slice with those since; none where the slice is no later."""
    last = sides.calibration.as_of.max()
    rows = sides.at_risk
    newer = rows.where((rows.horizon_months < main_horizon) & (rows.as_of > last))
    older = sides.calibration.where(sides.calibration.horizon_months < main_horizon)
    if not len(newer.outcome) or not len(older.outcome):
        return None
    return transition_shift(lambda part: calibrated.decision_function(part.matrix), calibration, older, newer)


def period_deviations(rows: Examples) -> list[float]:
    """Return by how much each period's rate differs from those of the same horizon, in log-odds.

    Known without any model, and on any date: how far rates move from period to period. Rates are smoothed by half an
    event, so that a period without any stays finite; deviations are widened for the mean that they are taken from.
    Rows count once, as they do in fitting.
    """
    found: list[float] = []
    for months in np.unique(rows.horizon_months):
        same = rows.at_horizon(int(months))
        periods = np.unique(same.as_of)
        if len(periods) < 2:
            continue
        rates = []
        for day in periods:
            here = same.outcome[same.as_of == day]
            rates.append(logit((here.sum() + 0.5) / (len(here) + 1.0)))
        widened = np.sqrt(len(rates) / (len(rates) - 1))
        found += [float(widened * (rate - np.mean(rates))) for rate in rates]
    return found
