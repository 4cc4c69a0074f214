"""A training run: backtests forward in time, then the model that may serve."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from riskmodel.labels.labels import settled_on
from riskmodel.programme.programme import Programme
from riskmodel.training.baselines import baseline_scores
from riskmodel.training.examples import ExampleSource
from riskmodel.training.fitting import Fitted, fit_fold
from riskmodel.training.folds import Fold, Slice, backtest_folds, fold_at
from riskmodel.training.judging import MODEL, Backtest, FoldResult, Judged, judge, pool
from riskmodel.training.plan import Plan


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
    folds: tuple[Fold, ...] = backtest_folds(plan.programme, plan.judged_by)
    judged: list[Judged] = []
    for place, fold in enumerate(folds):
        tell(f"fold {fold.as_of} ({place + 1} of {len(folds)})")
        judged.append(_run_fold(plan, source, fold, [one.result for one in judged]))
    return pool(plan.programme, source.line, judged, plan.judged_by, plan.seed)


def _run_fold(plan: Plan, source: ExampleSource, fold: Fold, earlier: Sequence[FoldResult]) -> Judged:
    programme = plan.programme
    fitted = fit_fold(plan, source, fold, seen_shifts(programme, fold, earlier))
    test = source.with_unknown([Slice(fold.as_of, programme.main_horizon)], plan.judged_by)
    log_odds = fitted.log_odds(test)
    scores = {MODEL: log_odds, **baseline_scores(programme, source.schema, fitted.sides.at_risk, test)}
    ranges = (fitted.calibration.probability(log_odds), *fitted.calibration.interval(log_odds))
    return judge(programme, fold.as_of, test, scores, ranges, plan.seed)


def seen_shifts(programme: Programme, fold: Fold, results: Sequence[FoldResult]) -> list[float]:
    """Return by how much earlier backtests were off, as far as that was known on the fold's date."""
    return [
        result.shift for result in results if settled_on(programme, result.as_of, programme.main_horizon) <= fold.as_of
    ]


def train_final(plan: Plan, source: ExampleSource, backtested: Backtest) -> Fitted:
    """Train the model that may serve, on everything settled by the cut-off."""
    fold = fold_at(plan.programme, plan.cutoff)
    return fit_fold(plan, source, fold, seen_shifts(plan.programme, fold, backtested.folds))
