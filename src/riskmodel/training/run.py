"""A training run: backtests forward in time, then the model that may serve."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

import lightgbm as lgb
import numpy as np
import numpy.typing as npt

from riskmodel.errors import TooFewRows
from riskmodel.evaluation.calibration import Calibration, fit_calibration, fit_sigmoid, shift
from riskmodel.evaluation.ranking import Interval, Outcomes, compare, rank_within
from riskmodel.features.encode import MatrixSchema
from riskmodel.features.timeline import Timeline
from riskmodel.programme.calendar import month_starts
from riskmodel.programme.programme import Programme
from riskmodel.training.baselines import baseline_scores
from riskmodel.training.estimator import RiskClassifier
from riskmodel.training.examples import Examples, ExampleSource, stack
from riskmodel.training.fold_check import check_fold
from riskmodel.training.folds import Fold, Slice, backtest_folds, fold_at

Values = npt.NDArray[np.float64]
Table = dict[str, dict[str, Interval]]
MODEL = "model"
MINIMUM_EVENTS = 20
POOLED_SEED, FOLD_SEED, CALIBRATION_SEED = 1, 2, 3
"""Added to the run's seed, so that no two uses share a stream."""


@dataclass(frozen=True, slots=True)
class FoldResult:
    """How the model and its baselines did on one later cohort.

    Attributes
    ----------
    as_of : date
        Date of the test.
    n, events, censored : int
        Rows with a known outcome, how many of them fell, and how many rows have an unknown outcome.
    rate, predicted_rate : float
        Observed share that fell, and the mean probability, both weighted.
    shift : float
        By how much calibrated log-odds were off in the mean.
    table : mapping of name to metrics
        The model first, then each baseline.
    """

    as_of: dt.date
    n: int
    events: int
    censored: int
    rate: float
    predicted_rate: float
    shift: float
    table: Table


@dataclass(frozen=True, slots=True)
class Backtest:
    """All folds, and all of them pooled by rank within their dates."""

    folds: tuple[FoldResult, ...]
    pooled: Table
    pooled_n: int
    pooled_events: int


@dataclass(frozen=True, slots=True)
class Trained:
    """The model that may serve, and what it was made from.

    Attributes
    ----------
    booster : Booster
        Trees.
    calibration : Calibration
        Log-odds to probability.
    cutoff : date
        Everything recorded before it was seen, nothing later.
    fold : Fold
        Dates that were trained on.
    calibration_rows : Examples
        Rows that calibrated, later than the trees'.
    """

    booster: lgb.Booster
    calibration: Calibration
    cutoff: dt.date
    fold: Fold
    calibration_rows: Examples


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run is asked to do.

    Attributes
    ----------
    programme : Programme
        What is predicted.
    cutoff : date
        Nothing recorded on or after it is used to train the final model.
    judged_by : date
        Nothing recorded on or after it is used to judge the backtests.
    seed : int
        Seed of everything random.
    threads : int
        Threads; they do not change the result. 0 takes all.
    """

    programme: Programme
    cutoff: dt.date
    judged_by: dt.date
    seed: int = 0
    threads: int = 0


def cutoff_of(programme: Programme, line: Timeline, until: dt.date | None) -> dt.date:
    """Return the training cut-off: the latest date of the programme's grid that was still watched and may be used.

    Parameters
    ----------
    until : date or None
        The last ``recorded_on`` that may be used; all of the panel where None.

    Raises
    ------
    TooFewRows
        If that lies before the first origin.
    """
    last = line.observed_until if until is None else min(line.observed_until, until + dt.timedelta(days=1))
    plan = programme.file.folds
    dates = month_starts(plan.first_origin, last, plan.step_months)
    if not dates:
        raise TooFewRows(f"the records end on {last}, before the first origin {plan.first_origin}")
    return dates[-1]


def fit_trees(plan: Plan, schema: MatrixSchema, rows: Examples) -> RiskClassifier:
    """Grow the trees on a fold's rows."""
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
    )
    return classifier.fit(rows.matrix, rows.outcome, sample_weight=rows.weight / rows.weight.mean())


def backtest(plan: Plan, source: ExampleSource, tell: Callable[[str], None] = lambda _: None) -> Backtest:
    """Test on each later cohort with a model of what was known by then.

    Parameters
    ----------
    plan : Plan
        What to do.
    source : ExampleSource
        Rows.
    tell : callable
        Told in words what is being done.

    Raises
    ------
    FoldLooksAhead
        If the independent checker finds a row that knows the future.
    TooFewRows
        If no fold can be made.
    """
    folds, results, scored = backtest_folds(plan.programme, plan.judged_by), [], []
    for place, fold in enumerate(folds):
        tell(f"fold {fold.as_of} ({place + 1} of {len(folds)})")
        result, rows, scores = _run_fold(plan, source, fold)
        results.append(result)
        scored.append((rows, scores))
    names = list(scored[0][1])
    period = np.concatenate([np.full(len(rows.outcome), place) for place, (rows, _) in enumerate(scored)])
    pooled = {name: rank_within(np.concatenate([scores[name] for _, scores in scored]), period) for name in names}
    outcomes = _outcomes(plan.programme, stack([rows for rows, _ in scored]))
    table = compare(pooled, outcomes, np.random.default_rng([plan.seed, POOLED_SEED]))
    return Backtest(tuple(results), table, len(outcomes.fell), int(outcomes.fell.sum()))


def _run_fold(plan: Plan, source: ExampleSource, fold: Fold) -> tuple[FoldResult, Examples, dict[str, Values]]:
    programme, schema = plan.programme, source.schema
    trees = source.examples(fold.trees, fold.as_of)
    later = source.examples(fold.calibration, fold.as_of)
    check_rows(programme, fold, trees, later)
    test = source.examples([Slice(fold.as_of, programme.main_horizon)], plan.judged_by)
    classifier = fit_trees(plan, schema, trees)
    slope, intercept = fit_sigmoid(classifier.decision_function(later.matrix), later.outcome, later.weight)
    odds = classifier.decision_function(test.matrix)
    probability = Calibration(slope, intercept, (0.0,), (0.0,)).probability(odds)
    scores = {MODEL: odds, **baseline_scores(programme, schema, stack([trees, later]), test)}
    rng = np.random.default_rng([plan.seed, FOLD_SEED, fold.as_of.toordinal()])
    result = FoldResult(
        fold.as_of,
        len(test.outcome),
        test.events,
        test.censored,
        float(np.average(test.outcome, weights=test.weight)),
        float(np.average(probability, weights=test.weight)),
        shift(probability, test.outcome, test.weight),
        compare(scores, _outcomes(programme, test), rng),
    )
    return result, test, scores


def check_rows(programme: Programme, fold: Fold, trees: Examples, later: Examples) -> None:
    """Have the independent checker look at the rows that are really used."""
    check_fold(
        fold.as_of,
        programme.file.outcome.settled_after_days,
        np.concatenate([trees.as_of, later.as_of]),
        np.concatenate([trees.horizon_months, later.horizon_months]),
        later.as_of,
        trees.as_of,
    )


def train_final(plan: Plan, source: ExampleSource, backtested: Backtest) -> Trained:
    """Train the model that may serve, on everything settled by the cut-off."""
    fold = fold_at(plan.programme, plan.cutoff)
    trees = source.examples(fold.trees, plan.cutoff)
    later = source.examples(fold.calibration, plan.cutoff)
    check_rows(plan.programme, fold, trees, later)
    classifier = fit_trees(plan, source.schema, trees)
    calibration = fit_calibration(
        classifier.decision_function(later.matrix),
        later.outcome,
        later.weight,
        later.household,
        [result.shift for result in backtested.folds],
        np.random.default_rng([plan.seed, CALIBRATION_SEED]),
    )
    return Trained(classifier.booster_, calibration, plan.cutoff, fold, later)


def _outcomes(programme: Programme, rows: Examples) -> Outcomes:
    capacity = programme.file.capacity
    share = capacity.share if capacity.share is not None else capacity.count(len(rows.outcome)) / len(rows.outcome)
    return Outcomes(rows.outcome, rows.weight, rows.household, share)
