"""A training run: backtests forward in time, then the model that may serve."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from riskmodel.labels.labels import settled_on
from riskmodel.programme.programme import Programme
from riskmodel.training.ablation import ablate
from riskmodel.training.baselines.boosting_machine import MISSING, boosting_machine_installed
from riskmodel.training.baselines.fitting import fit_baselines
from riskmodel.training.baselines.scorecard import fit_scorecard
from riskmodel.training.checks.codes import fail_on
from riskmodel.training.checks.features import at_bounds
from riskmodel.training.checks.run import check_final, check_fold_rows, check_pooled, told
from riskmodel.training.examples import ExampleSource
from riskmodel.training.fitting import Fitted, Grown, fit_fold
from riskmodel.training.folds import Fold, Slice, backtest_folds, fold_at, validation_folds
from riskmodel.training.judging import MODEL, Backtest, FoldResult, Judged, judge, pool
from riskmodel.training.parts.of_fold import parts_by_date, tell_fold
from riskmodel.training.plan import Plan
from riskmodel.training.search import BOUNDS, SearchResult


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
    validation = validation_folds(plan.programme, plan.judged_by)
    chosen_on = [one.result for one, _ in run_folds(plan, source, validation, tell, "validation ")]
    judged = [one for one, _ in run_folds(plan, source, backtest_folds(plan.programme, plan.judged_by), tell)]
    told = pool(plan.programme, source.line, judged, plan.judged_by, plan.seed, full=plan.full)
    dates = [*chosen_on, *(one.result for one in judged)]
    parts = {**told.parts, **parts_by_date([(one.as_of, one.told) for one in dates])}
    return replace(told, parts=parts, validation=tuple(chosen_on))


def run_folds(
    plan: Plan, source: ExampleSource, folds: Sequence[Fold], tell: Callable[[str], None], kind: str = ""
) -> list[tuple[Judged, Grown]]:
    """Fit and judge folds in order, each with its model; earlier ones tell later ones how rates move.

    See :func:`backtest` for what is raised.
    """
    found: list[tuple[Judged, Grown]] = []
    older: dict[dt.date, Grown] = {}
    for place, fold in enumerate(folds):
        tell(f"{kind}fold {fold.as_of} ({place + 1} of {len(folds)})")
        one, grown = _run_fold(plan, source, fold, [each.result for each, _ in found], older)
        found.append((one, grown))
        older[fold.as_of] = grown
    return found


def _run_fold(
    plan: Plan,
    source: ExampleSource,
    fold: Fold,
    earlier: Sequence[FoldResult],
    older: Mapping[dt.date, Grown],
) -> tuple[Judged, Grown]:
    programme = plan.programme
    fitted = fit_fold(plan, source, fold, seen_shifts(programme, fold, earlier))
    test = source.with_unknown([Slice(fold.as_of, programme.main_horizon)], plan.judged_by)
    log_odds = fitted.log_odds(test)
    baselines = fit_baselines(programme, source.schema, fitted.sides, full=plan.full, seed=plan.seed)
    scores = {MODEL: log_odds, **{one.name: one.score(test.matrix) for one in baselines}}
    chances = {one.name: one.probability(scores[one.name]) for one in baselines}
    ranges = (fitted.calibration.probability(log_odds), *fitted.calibration.interval(log_odds))
    judged = replace(judge(programme, fold.as_of, test, scores, ranges, plan.seed), chances=chances)
    known = ~np.isnan(test.outcome)
    findings = check_fold_rows(fitted, test.where(known), log_odds[known], programme.file.outcome.settled_after_days)
    told = tell_fold(programme, source, fitted, test, older, plan.seed)
    return replace(judged, result=replace(judged.result, findings=tuple(findings), told=told)), fitted.grown


def seen_shifts(programme: Programme, fold: Fold, results: Sequence[FoldResult]) -> list[float]:
    """Return by how much earlier backtests were off, as far as that was known on the fold's date."""
    return [
        result.shift for result in results if settled_on(programme, result.as_of, programme.main_horizon) <= fold.as_of
    ]


def train_final(plan: Plan, source: ExampleSource, backtested: Backtest) -> Fitted:
    """Train the model that may serve, on everything settled by the cut-off."""
    fold = fold_at(plan.programme, plan.cutoff)
    return fit_fold(plan, source, fold, seen_shifts(plan.programme, fold, backtested.folds))


def told_in_full(
    plan: Plan, source: ExampleSource, backtested: Backtest, fitted: Fitted, tell: Callable[[str], None]
) -> Backtest:
    """Add what only a full run tells: the scorecard for paper, what each block of features adds, and which baseline was left out."""
    if not plan.full:
        return backtested
    rows = fitted.sides.at_risk.at_horizon(plan.programme.main_horizon)
    languages = plan.programme.file.languages
    card = fit_scorecard(source.schema, rows)
    told = {language: card.to_markdown(plan.programme, language) for language in languages}
    notes = [] if boosting_machine_installed() else [MISSING]
    ablation = ablate(plan, source.schema, fitted.sides, tell)
    parts = {**backtested.parts, "scorecard": told, "left_out": notes, "ablation": ablation}
    return replace(backtested, parts=parts)


def check_run(
    plan: Plan,
    source: ExampleSource,
    backtested: Backtest,
    fitted: Fitted,
    allowed: frozenset[str],
    searched: SearchResult | None = None,
) -> Backtest:
    """Check the whole run, and return the backtest with everything that was found.

    Raises
    ------
    CheckFailed
        If an error was found that is not allowed; nothing may be published then.
    UsageError
        If a code that is allowed does not exist.
    """
    final = check_final(fitted, source.schema, source.cohort(plan.cutoff), plan.programme.main_horizon)
    pooled = check_pooled(backtested.pooled)
    if searched is not None:
        final += at_bounds(searched.searched, BOUNDS)
    fail_on([*(one for result in backtested.folds for one in result.findings), *pooled, *final], allowed)
    found = [
        one for result in backtested.folds for one in told(f"as of {result.as_of}", list(result.findings), allowed)
    ]
    found += [*told("all tests", pooled, allowed), *told("final model", final, allowed)]
    parts = {**backtested.parts, "checks": found, "allowed": sorted(allowed)}
    return replace(backtested, parts=parts | ({"search": searched.to_json()} if searched else {}))
