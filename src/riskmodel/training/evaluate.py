"""A finished bundle on data that it never saw: the whole of `riskmodel evaluate`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from riskmodel.errors import TooFewRows, UsageError
from riskmodel.features.timeline import timeline
from riskmodel.labels.labels import settled_on
from riskmodel.panel.panel import read_panel
from riskmodel.programme.calendar import month_starts
from riskmodel.programme.programme import Programme
from riskmodel.registry.bundle import BundleFiles
from riskmodel.scoring.scorer import Scorer
from riskmodel.training.baselines.fitting import Baseline, fit_baselines
from riskmodel.training.bundling import evaluation_json
from riskmodel.training.checks.run import check_pooled, check_sides, told
from riskmodel.training.examples import ExampleSource
from riskmodel.training.fitting import Sides, sides_of
from riskmodel.training.folds import Slice, fold_at
from riskmodel.training.judging import MODEL, Backtest, Judged, judge, pool
from riskmodel.training.plan import Plan


def evaluate(
    bundle: BundleFiles, data: Path, first: dt.date | None, last: dt.date | None, today: dt.date, *, full: bool = False
) -> dict[str, Any]:
    """Judge a bundle on later cohorts, beside baselines that saw no more than it did.

    Parameters
    ----------
    bundle : BundleFiles
        The bundle.
    data : Path
        Data folder; its rows up to the bundle's cut-off teach the baselines, later ones judge.
    first, last : date or None
        First and last test date; from the bundle's cut-off to the last date whose outcome is settled where None.
    today : date
        No record can be later.
    full : bool
        Also fit the baselines that take long, and tell what lists would have been worth as transfers.

    Returns
    -------
    dict
        As ``evaluation.json``: ``pooled`` and ``folds``, each with the model and its baselines, and ``checks``.

    Raises
    ------
    UsageError
        If ``first`` lies before the cut-off: the bundle has learned from outcomes of that time.
    TooFewRows
        If no date of the programme's grid between them is settled, or nobody fell.
    """
    scorer = Scorer(bundle)
    programme, cutoff = scorer.programme, dt.date.fromisoformat(bundle.manifest["cutoff"])
    if first is not None and first < cutoff:
        raise UsageError(
            f"--from {first}: the bundle has learned from what was recorded until {cutoff}; test from there on"
        )
    line = timeline(read_panel(programme, data, today), programme)
    source = ExampleSource(programme, line)
    seed = int(bundle.manifest["seed"])
    sides = sides_of(Plan(programme, cutoff, line.end, seed), source, fold_at(programme, cutoff))
    baselines = fit_baselines(programme, source.schema, sides, full=full, seed=seed)
    days = settled_days(programme, first or cutoff, last or line.end, line.end)
    judged = [_judge(scorer, source, baselines, day, line.end, seed) for day in days]
    pooled = pool(programme, line, judged, line.end, seed, full=full)
    checks = _checked(bundle, programme, sides, cutoff, judged, pooled)
    return evaluation_json(replace(pooled, parts={**pooled.parts, "checks": checks}))


def _checked(
    bundle: BundleFiles,
    programme: Programme,
    sides: Sides,
    cutoff: dt.date,
    judged: Sequence[Judged],
    pooled: Backtest,
) -> list[dict[str, Any]]:
    """Hold what the bundle learned from against each later cohort; what is found is told and stops nothing."""
    backtested = bundle.json("evaluation.json")["pooled"].get(MODEL, {}).get("roc_auc")
    found = []
    for one in judged:
        known = ~np.isnan(one.rows.outcome)
        findings = check_sides(
            sides,
            cutoff,
            one.rows.where(known),
            one.scores[MODEL][known],
            np.nan if backtested is None else float(backtested),
            programme.file.outcome.settled_after_days,
        )
        found += told(f"as of {one.result.as_of}", findings, frozenset())
    return [*found, *told("all tests", check_pooled(pooled.pooled), frozenset())]


def settled_days(programme: Programme, first: dt.date, last: dt.date, known_by: dt.date) -> list[dt.date]:
    """Return the dates of the programme's grid whose main horizon is settled.

    Raises
    ------
    TooFewRows
        If there is none.
    """
    plan = programme.file.folds
    days = [
        day
        for day in month_starts(plan.first_origin, last, plan.step_months)
        if day >= first and settled_on(programme, day, programme.main_horizon) <= known_by
    ]
    if not days:
        raise TooFewRows(
            f"no test date from {first} to {last} is settled by {known_by}: the data must reach "
            f"{programme.main_horizon} months past a test date"
        )
    return days


def _judge(
    scorer: Scorer, source: ExampleSource, baselines: Sequence[Baseline], day: dt.date, known_by: dt.date, seed: int
) -> Judged:
    programme = scorer.programme
    test = source.with_unknown([Slice(day, programme.main_horizon)], known_by)
    odds = scorer.log_odds(test.matrix)
    scores = {MODEL: odds, **{one.name: one.score(test.matrix) for one in baselines}}
    chances = {one.name: one.probability(scores[one.name]) for one in baselines}
    ranges = (scorer.calibration.probability(odds), *scorer.calibration.interval(odds))
    return replace(judge(programme, day, test, scores, ranges, seed), chances=chances)
