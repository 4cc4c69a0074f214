"""A training run: backtests forward in time, then the model that may serve."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
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
    if line.observed_until == dt.date.min:
        raise TooFewRows("the panel holds no sound row; `riskmodel check` tells what was refused")
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
        If a fold has too few rows to learn from or to be measured on.
    """
    folds, judged = backtest_folds(plan.programme, plan.judged_by), []
    for place, fold in enumerate(folds):
        tell(f"fold {fold.as_of} ({place + 1} of {len(folds)})")
        judged.append(_run_fold(plan, source, fold))
    return pool(plan.programme, judged, plan.seed)


@dataclass(frozen=True, slots=True)
class Judged:
    """One later cohort with its scores and how they did."""

    result: FoldResult
    rows: Examples
    scores: Mapping[str, Values]


def judge(
    programme: Programme,
    as_of: dt.date,
    rows: Examples,
    scores: Mapping[str, Values],
    probability: Values,
    seed: int,
) -> Judged:
    """Measure the scores of one cohort.

    Parameters
    ----------
    as_of : date
        Date of the cohort.
    rows : Examples
        Its rows with a known outcome.
    scores : mapping of name to ndarray, shape (n,)
        The model's log-odds first, then each baseline's.
    probability : ndarray, shape (n,)
        The model's probabilities.
    seed : int
        Seed of the bootstrap.

    Raises
    ------
    TooFewRows
        If nobody fell, or everybody did: no ranking can be measured.
    """
    if not 0 < rows.events < len(rows.outcome):
        raise TooFewRows(f"as of {as_of} {rows.events} of {len(rows.outcome)} rows fell; a test needs both outcomes")
    rng = np.random.default_rng([seed, FOLD_SEED, as_of.toordinal()])
    result = FoldResult(
        as_of,
        len(rows.outcome),
        rows.events,
        rows.censored,
        float(np.average(rows.outcome, weights=rows.weight)),
        float(np.average(probability, weights=rows.weight)),
        shift(probability, rows.outcome, rows.weight),
        compare(scores, _outcomes(programme, rows), rng),
    )
    return Judged(result, rows, scores)


def pool(programme: Programme, judged: Sequence[Judged], seed: int) -> Backtest:
    """Put several cohorts together, each household ranked within its own date; empty where there is none."""
    if not judged:
        return Backtest((), {}, 0, 0)
    period = np.concatenate([np.full(len(one.rows.outcome), place) for place, one in enumerate(judged)])
    names = list(judged[0].scores)
    pooled = {name: rank_within(np.concatenate([one.scores[name] for one in judged]), period) for name in names}
    outcomes = _outcomes(programme, stack([one.rows for one in judged]))
    table = compare(pooled, outcomes, np.random.default_rng([seed, POOLED_SEED]))
    return Backtest(tuple(one.result for one in judged), table, len(outcomes.fell), int(outcomes.fell.sum()))


def _run_fold(plan: Plan, source: ExampleSource, fold: Fold) -> Judged:
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
    return judge(programme, fold.as_of, test, scores, probability, plan.seed)


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
