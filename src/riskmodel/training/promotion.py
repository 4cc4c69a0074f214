"""A candidate against the champion: what `riskmodel promote --data` judges by."""

from __future__ import annotations

import datetime as dt
import time
from pathlib import Path

from riskmodel.errors import TooFewRows, UsageError
from riskmodel.evaluation.gates import Evidence, Measured, Party, Verdict, checks
from riskmodel.features.timeline import timeline
from riskmodel.panel.panel import read_panel
from riskmodel.panel.reading import folder_digest
from riskmodel.registry.bundle import BundleFiles
from riskmodel.scoring.scorer import Scorer
from riskmodel.training.backtest_gate import measure_backtests
from riskmodel.training.evaluate import settled_days
from riskmodel.training.examples import Examples, ExampleSource
from riskmodel.training.fitting import sides_of
from riskmodel.training.folds import fold_at
from riskmodel.training.latency import Clock, time_bundles
from riskmodel.training.later import champion_log_odds, measure, score_day
from riskmodel.training.plan import Plan


def judge_candidate(
    candidate: BundleFiles,
    champion: BundleFiles | None,
    data: Path,
    first: dt.date | None,
    last: dt.date | None,
    today: dt.date,
    clock: Clock = time.perf_counter,
) -> Verdict:
    """Judge a candidate by later periods, or by the backtests where no later period is settled.

    Parameters
    ----------
    candidate : BundleFiles
        Who is judged.
    champion : BundleFiles or None
        Who serves; None where nobody does, and the best baseline takes its place.
    data : Path
        Data folder that reaches past both cut-offs.
    first, last : date or None
        First and last test date. Where both are None and nothing later is settled, the backtests decide.
    today : date
        No record can be later; the verdict's date.
    clock : callable
        Returns seconds that only move forward, for the time that a household takes.

    Raises
    ------
    UsageError
        If the two bundles answer different questions, or ``first`` lies before a cut-off.
    TooFewRows
        If there is nothing to judge by.
    """
    scorer, opponent = Scorer(candidate), Scorer(champion) if champion else None
    _check_pair(scorer, opponent)
    cutoff = max(cutoff_of(one) for one in (candidate, champion) if one is not None)
    if first is not None and first < cutoff:
        raise UsageError(f"--from {first}: candidate or champion has learned from what was recorded until {cutoff}")
    latency = time_bundles(candidate, champion, clock)
    line = timeline(read_panel(scorer.programme, data, today), scorer.programme)
    try:
        days = settled_days(scorer.programme, first or cutoff, last or line.end, line.end)
    except TooFewRows:
        if first is not None or last is not None:
            raise
        theirs = champion.json("evaluation.json") if champion else None
        measured, periods = measure_backtests(candidate.json("evaluation.json"), theirs, latency)
        digest = str(candidate.manifest["data_digest"])
        return _verdict(candidate, champion, Evidence.BACKTEST, periods, digest, today, measured)
    source, seed = ExampleSource(scorer.programme, line), int(candidate.manifest["seed"])
    train = _train_rows(candidate, source, seed)
    theirs_of = champion_log_odds(scorer, opponent, line, data, today) if opponent else None
    scored = [score_day(scorer, theirs_of, source, train, day) for day in days]
    measured = measure(scorer, opponent, scored, train, latency, seed)
    periods = tuple(day.isoformat() for day in days)
    return _verdict(candidate, champion, Evidence.LATER_DATA, periods, folder_digest(data), today, measured)


def cutoff_of(bundle: BundleFiles) -> dt.date:
    """Return the date up to which a bundle has learned."""
    return dt.date.fromisoformat(bundle.manifest["cutoff"])


def party_of(bundle: BundleFiles) -> Party:
    """Return how verdicts name a bundle."""
    return Party(bundle.version, bundle.digest)


def _check_pair(candidate: Scorer, champion: Scorer | None) -> None:
    if champion is None:
        return
    if candidate.id.digest == champion.id.digest:
        raise UsageError(f"{candidate.id.version} serves already; there is nothing to judge")
    asked = [(one.programme.name, one.programme.main_horizon) for one in (candidate, champion)]
    if asked[0] != asked[1]:
        raise UsageError(
            f"the candidate predicts {asked[0][0]} {asked[0][1]} months ahead, the champion {asked[1][0]} "
            f"{asked[1][1]} months: they can't be compared; a second person can promote it without a verdict"
        )


def _train_rows(candidate: BundleFiles, source: ExampleSource, seed: int) -> Examples:
    """Return what the candidate could learn from: baselines may know no more."""
    cutoff = cutoff_of(candidate)
    plan = Plan(source.programme, cutoff, source.line.end, seed)
    return sides_of(plan, source, fold_at(source.programme, cutoff)).at_risk


def _verdict(
    candidate: BundleFiles,
    champion: BundleFiles | None,
    evidence: Evidence,
    periods: tuple[str, ...],
    data_digest: str,
    today: dt.date,
    measured: Measured,
) -> Verdict:
    return Verdict(
        candidate.programme,
        party_of(candidate),
        party_of(champion) if champion else None,
        evidence,
        periods,
        data_digest,
        today.isoformat(),
        checks(measured),
    )
