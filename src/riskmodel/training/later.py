"""Cohorts later than two bundles' cut-offs, scored by both, and what the gate looks at."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from riskmodel.errors import TooFewRows
from riskmodel.evaluation.audit import Labels, audit_labels, listed_at_capacity
from riskmodel.evaluation.gates import AVERAGE_PRECISION, LIMITS, RECALL, Measured
from riskmodel.evaluation.paired import Rows, further_off, worst_groups
from riskmodel.evaluation.ranking import Interval, compare, rank_within
from riskmodel.evaluation.reliability import reliability
from riskmodel.features.snapshot import build_snapshot
from riskmodel.features.timeline import Timeline, timeline
from riskmodel.panel.panel import read_panel
from riskmodel.programme.programme import Programme
from riskmodel.scoring.scorer import Scorer
from riskmodel.training.baselines.fitting import baseline_scores
from riskmodel.training.examples import Examples, ExampleSource, stack
from riskmodel.training.folds import Slice
from riskmodel.training.judging import MODEL
from riskmodel.training.latency import Latency
from riskmodel.training.parts.groups import audit_columns
from riskmodel.training.parts.pooled import outcomes_of

Values = npt.NDArray[np.float64]
CHAMPION = "champion"
RANKING_SEED, CALIBRATION_SEED, OWN_SEED, GROUP_SEED = 20, 21, 22, 23
"""Added to the candidate's seed, so that no two uses share a stream."""
READS = {"importer", "areas", "tables", "welfare", "weight", "cohort", "outcome"}
"""Parts of a programme file that decide what is read and made; the rest is about models and words."""
LogOdds = Callable[[dt.date, Examples], Values]
"""Scores the rows of one date."""


@dataclass(frozen=True, slots=True)
class Day:
    """One later cohort, scored by everyone, rows with an unknown outcome left out.

    Attributes
    ----------
    rows : Examples
        The candidate's cohort and outcomes.
    labels : mapping of column to ndarray of object, shape (n,)
        Audit groups.
    candidate : ndarray, shape (n,)
        The candidate's log-odds.
    opponents : mapping of name to ndarray, shape (n,)
        The champion's log-odds, or every baseline's scores.
    """

    rows: Examples
    labels: Mapping[str, Labels]
    candidate: Values
    opponents: Mapping[str, Values]


def champion_log_odds(candidate: Scorer, champion: Scorer, line: Timeline, data: Path, today: dt.date) -> LogOdds:
    """Return how the champion scores the candidate's rows.

    A champion of the same words reads the same matrix. One of other words (another dictionary, other features) gets the
    snapshot that it would have had of the same households; those that it does not know are NaN.
    """
    if _same_matrix(candidate.programme, champion.programme):
        return lambda _, rows: champion.log_odds(rows.matrix)
    own_line = timeline(read_panel(champion.programme, data, today), champion.programme)
    positions = {household: place for place, household in enumerate(own_line.household_ids)}
    translated = np.array([positions.get(household, -1) for household in line.household_ids], dtype="int64")

    def score(day: dt.date, rows: Examples) -> Values:
        households = translated[rows.household]
        known = np.flatnonzero(households >= 0)
        # a snapshot is sorted by household, and so is each cohort: ids ascend in both panels
        snapshot = build_snapshot(champion.programme, own_line, day, households[known])
        odds = np.full(len(households), np.nan)
        odds[known] = champion.log_odds(champion.schema.encode(snapshot))
        return odds

    return score


def _same_matrix(one: Programme, other: Programme) -> bool:
    """Tell whether two programmes read the same rows from the same data and make the same features of them."""
    words = [programme.file.model_dump(include=READS) for programme in (one, other)]
    tables = [(each.dictionary, each.lines, each.area_rows, each.importer_tables) for each in (one, other)]
    return words[0] == words[1] and tables[0] == tables[1]


def score_day(candidate: Scorer, champion: LogOdds | None, source: ExampleSource, train: Examples, day: dt.date) -> Day:
    """Score one cohort with the candidate, and with the champion or every baseline.

    Parameters
    ----------
    champion : callable or None
        See :func:`champion_log_odds`; baselines take its place where None.
    source : ExampleSource
        Rows, with the candidate's words.
    train : Examples
        What the logistic regression learns from.
    """
    programme = candidate.programme
    rows = source.with_unknown([Slice(day, programme.main_horizon)], source.line.end)
    by_baselines = {} if champion else baseline_scores(programme, source.schema, train, rows)
    opponents: Mapping[str, Values] = {CHAMPION: champion(day, rows)} if champion else by_baselines
    labels = audit_labels(programme.file.audit_groups, audit_columns(programme, source.line, rows))
    keep = ~np.isnan(rows.outcome) & ~np.logical_or.reduce([np.isnan(one) for one in opponents.values()])
    return Day(
        rows.where(keep),
        {name: label[keep] for name, label in labels.items()},
        candidate.log_odds(rows.matrix[keep]),
        {name: one[keep] for name, one in opponents.items()},
    )


def measure(
    candidate: Scorer, champion: Scorer | None, days: Sequence[Day], train: Examples, latency: Latency, seed: int
) -> Measured:
    """Measure candidate and opponent on the same rows, each household ranked within its date.

    Raises
    ------
    TooFewRows
        If no row of these dates has a known outcome.
    """
    rows = stack([day.rows for day in days])
    if not len(rows.outcome):
        raise TooFewRows("no household of the later cohorts has a known outcome; nothing can be judged")
    period = np.repeat(np.arange(len(days)), [len(day.rows.outcome) for day in days])
    odds = np.concatenate([day.candidate for day in days])
    opponents = {name: np.concatenate([day.opponents[name] for day in days]) for name in days[0].opponents}
    outcomes = outcomes_of(candidate.programme, rows)
    ranked = {MODEL: odds, **opponents}
    table = compare(
        {name: rank_within(score, period) for name, score in ranked.items()}, outcomes, _rng(seed, RANKING_SEED)
    )
    best = max(opponents, key=lambda name: np.nan_to_num(table[name][AVERAGE_PRECISION].value))
    plain = Rows(rows.outcome, rows.weight, rows.household)
    lists = [
        listed_at_capacity(score, rows.household, period, outcomes.capacity_share) for score in (odds, opponents[best])
    ]
    labels = {name: np.concatenate([day.labels[name] for day in days]) for name in days[0].labels}
    groups = worst_groups(labels, lists[0], lists[1], plain, _rng(seed, GROUP_SEED))
    probability = candidate.calibration.probability(odds)
    theirs = champion.calibration.probability(opponents[CHAMPION]) if champion else None
    return Measured(
        opponent="the champion" if champion else f"the best baseline, {best}",
        average_precision=table[best][f"model_minus_{AVERAGE_PRECISION}"],
        recall=table[best][f"model_minus_{RECALL}"],
        worst_group=groups.gap if groups else None,
        worst_groups=groups.words if groups else "no group is large enough",
        calibration=_own_calibration(probability, rows, seed),
        further_off={} if theirs is None else further_off(probability, theirs, plain, _rng(seed, CALIBRATION_SEED)),
        why_not_further="too few fell" if champion else "baselines state no probabilities",
        base_rate_moved_points=_base_rate_moved(train.at_horizon(candidate.programme.main_horizon), rows),
        latency_ratio=latency.ratio,
        milliseconds=latency.milliseconds,
    )


def _own_calibration(probability: Values, rows: Examples, seed: int) -> dict[str, Interval]:
    alike = np.ones(len(rows.outcome))
    found = reliability(probability, rows.outcome, alike, rows.household, _rng(seed, OWN_SEED)).figures
    return {code: found[code] for code in LIMITS} if found else {}


def _base_rate_moved(train: Examples, test: Examples) -> float | None:
    """Return by how many points the share that fell moved; None where nothing is known of the training rows."""
    if not len(train.outcome):
        return None
    return 100 * abs(float(test.outcome.mean()) - float(train.outcome.mean()))


def _rng(seed: int, use: int) -> np.random.Generator:
    return np.random.default_rng([seed, use])
