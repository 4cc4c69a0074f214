"""How a model and its baselines did on later cohorts, and on several of them pooled."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from riskmodel.errors import TooFewRows
from riskmodel.evaluation.calibration import shift
from riskmodel.evaluation.ranking import Interval, compare, rank_within
from riskmodel.features.timeline import Timeline
from riskmodel.programme.programme import Programme
from riskmodel.training.checks.codes import Finding
from riskmodel.training.examples import Examples, stack
from riskmodel.training.parts.pooled import Pooled, outcomes_of
from riskmodel.training.parts.telling import tell_parts

Values = npt.NDArray[np.float64]
Table = dict[str, dict[str, Interval]]
MODEL = "model"
POOLED_SEED, FOLD_SEED = 1, 2
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
        By how much calibrated log-odds were off in the mean, rows counted once as in fitting.
    table : mapping of name to metrics
        The model first, then each baseline.
    findings : tuple of Finding
        What the checks of rows and results found.
    told : mapping
        Plain JSON of what needs the fold's own model; see :mod:`riskmodel.training.parts.of_fold`.
    """

    as_of: dt.date
    n: int
    events: int
    censored: int
    rate: float
    predicted_rate: float
    shift: float
    table: Table
    findings: tuple[Finding, ...] = ()
    told: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Judged:
    """One later cohort with its scores and how they did.

    Attributes
    ----------
    result : FoldResult
        Figures.
    rows : Examples
        The whole cohort; rows whose outcome is unknown have NaN.
    scores : mapping of name to ndarray, shape (n,)
        The model's log-odds, then each baseline's scores.
    probability, low, high : ndarray, shape (n,)
        The model's probabilities and their ranges.
    chances : mapping of name to ndarray, shape (n,)
        Each baseline's probabilities, where it has any.
    """

    result: FoldResult
    rows: Examples
    scores: Mapping[str, Values]
    probability: Values
    low: Values
    high: Values
    chances: Mapping[str, Values] = field(default_factory=dict)


def pooled_rows(judged: Sequence[Judged]) -> Pooled:
    """Put cohorts under one another."""
    return Pooled(
        stack([one.rows for one in judged]),
        np.concatenate([np.full(len(one.rows.outcome), place) for place, one in enumerate(judged)]),
        {name: np.concatenate([one.scores[name] for one in judged]) for name in judged[0].scores},
        np.concatenate([one.probability for one in judged]),
        np.concatenate([one.low for one in judged]),
        np.concatenate([one.high for one in judged]),
        {name: np.concatenate([one.chances[name] for one in judged]) for name in judged[0].chances},
    )


@dataclass(frozen=True, slots=True)
class Backtest:
    """All folds, and all of them pooled by rank within their dates.

    Attributes
    ----------
    folds : tuple of FoldResult
        By date.
    pooled : mapping of name to metrics
        Model and baselines, each household ranked within its date.
    pooled_n, pooled_events : int
        Rows with a known outcome, and how many of them fell.
    parts : mapping
        Plain JSON of everything told beside the tables; see :mod:`riskmodel.training.parts`.
    validation : tuple of FoldResult
        Dates that features and settings were chosen on; in no pooled figure.
    """

    folds: tuple[FoldResult, ...]
    pooled: Table
    pooled_n: int
    pooled_events: int
    parts: Mapping[str, Any]
    validation: tuple[FoldResult, ...] = ()


def judge(
    programme: Programme,
    as_of: dt.date,
    rows: Examples,
    scores: Mapping[str, Values],
    ranges: tuple[Values, Values, Values],
    seed: int,
) -> Judged:
    """Measure the scores of one cohort.

    Parameters
    ----------
    as_of : date
        Date of the cohort.
    rows : Examples
        All its rows, those with an unknown outcome too; they are left out of every figure that needs it.
    scores : mapping of name to ndarray, shape (n,)
        The model's log-odds first, then each baseline's.
    ranges : tuple of ndarray, shape (n,)
        The model's probabilities, and the low and high end of their ranges.
    seed : int
        Seed of the bootstrap.

    Raises
    ------
    TooFewRows
        If nobody fell, or everybody did: no ranking can be measured.
    """
    known = ~np.isnan(rows.outcome)
    seen, probability = rows.where(known), ranges[0][known]
    if not 0 < seen.events < len(seen.outcome):
        raise TooFewRows(f"as of {as_of} {seen.events} of {len(seen.outcome)} rows fell; a test needs both outcomes")
    rng = np.random.default_rng([seed, FOLD_SEED, as_of.toordinal()])
    result = FoldResult(
        as_of,
        len(seen.outcome),
        seen.events,
        int((~known).sum()),
        float(np.average(seen.outcome, weights=seen.weight)),
        float(np.average(probability, weights=seen.weight)),
        shift(probability, seen.outcome, np.ones(len(seen.outcome))),
        compare({name: score[known] for name, score in scores.items()}, outcomes_of(programme, seen), rng),
    )
    return Judged(result, rows, scores, *ranges)


def pool(
    programme: Programme, line: Timeline, judged: Sequence[Judged], known_by: dt.date, seed: int, *, full: bool = False
) -> Backtest:
    """Put several cohorts together, each household ranked within its own date; empty where there is none."""
    if not judged:
        return Backtest((), {}, 0, 0, {})
    together = pooled_rows(judged)
    known = ~np.isnan(together.rows.outcome)
    rows = together.rows.where(known)
    ranked = {name: rank_within(score[known], together.period[known]) for name, score in together.scores.items()}
    table = compare(ranked, outcomes_of(programme, rows), np.random.default_rng([seed, POOLED_SEED]))
    return Backtest(
        tuple(one.result for one in judged),
        table,
        len(rows.outcome),
        rows.events,
        tell_parts(programme, line, together, known_by, seed, full=full),
    )
