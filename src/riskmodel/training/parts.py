"""What is told beside the tables: calibration by part, ranges, groups, segments, kinds of outcome, causes, who was lost.

Everything is measured on the pooled test cohorts and written as plain JSON, which the card and the pages read.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskmodel.evaluation.audit import audit_labels, listed_at_capacity
from riskmodel.evaluation.coverage import coverage
from riskmodel.evaluation.groups import by_group
from riskmodel.evaluation.intervals import figures_json, number_json
from riskmodel.evaluation.ranking import Outcomes, compare, rank_within
from riskmodel.evaluation.reliability import reliability, reliability_by, ventiles
from riskmodel.features.encode import schema_of
from riskmodel.features.timeline import Positions, Timeline
from riskmodel.labels.labels import label_causes, label_kinds
from riskmodel.programme.dictionary import Kind
from riskmodel.programme.programme import Programme
from riskmodel.scoring.measures import holds
from riskmodel.training.examples import Examples

Values = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
MINIMUM_ROWS, MINIMUM_EVENTS = 50, 10
"""Below these a part has too few rows for a figure of its own."""
RELIABILITY_SEED, GROUP_SEED, SEGMENT_SEED, KIND_SEED = 10, 11, 12, 13
"""Added to the run's seed, so that no two uses share a stream."""


@dataclass(frozen=True, slots=True)
class Pooled:
    """Test cohorts under one another.

    Attributes
    ----------
    rows : Examples
        All rows, those with an unknown outcome too (NaN).
    period : ndarray of int, shape (n,)
        Which cohort each row is of.
    scores : mapping of name to ndarray, shape (n,)
        The model's log-odds first, then each baseline's scores.
    probability, low, high : ndarray, shape (n,)
        The model's probabilities and the ends of their ranges.
    """

    rows: Examples
    period: Positions
    scores: Mapping[str, Values]
    probability: Values
    low: Values
    high: Values

    @property
    def log_odds(self) -> Values:
        """The model's log-odds."""
        return next(iter(self.scores.values()))


def outcomes_of(programme: Programme, rows: Examples) -> Outcomes:
    """Return what ranking figures need of rows with a known outcome."""
    capacity = programme.file.capacity
    share = capacity.share if capacity.share is not None else capacity.count(len(rows.outcome)) / len(rows.outcome)
    return Outcomes(rows.outcome, rows.weight, rows.household, share)


def tell_parts(programme: Programme, line: Timeline, pooled: Pooled, known_by: dt.date, seed: int) -> dict[str, Any]:
    """Measure every part.

    Parameters
    ----------
    line : Timeline
        The panel: audit columns, areas, other kinds of outcome.
    pooled : Pooled
        Test cohorts.
    known_by : date
        Outcomes recorded later are unknown.
    seed : int
        Seed of every bootstrap.

    Returns
    -------
    dict
        ``calibration``, ``ranges``, ``groups``, ``segments``, ``outcomes``, ``causes``, ``unknown``.
    """
    known = ~np.isnan(pooled.rows.outcome)
    return {
        "calibration": _calibration(line, pooled, known, seed),
        "ranges": _ranges(pooled, known),
        "groups": _groups(programme, line, pooled, known, seed),
        "segments": _segments(programme, pooled, known, seed),
        "outcomes": _kinds(programme, line, pooled, known_by, seed),
        "causes": _causes(programme, line, pooled, known_by),
        "unknown": _unknown(programme, pooled, known),
    }


def _calibration(line: Timeline, pooled: Pooled, known: Flags, seed: int) -> dict[str, Any]:
    rows = pooled.rows.where(known)
    whole = (pooled.probability[known], rows.outcome, rows.weight, rows.household)
    alike = (*whole[:2], np.ones(len(rows.outcome)), rows.household)
    areas = _area_labels(line, rows.household)
    rng = [np.random.default_rng([seed, RELIABILITY_SEED, place]) for place in range(4)]
    return {
        "weighted": reliability(*whole, rng[0]).to_json(),
        "each_row_once": reliability(*alike, rng[1]).to_json(),
        "by_period": _by(reliability_by(rows.as_of.astype(str), *alike, rng[2])),
        "by_area": _by(reliability_by(areas, *whole, rng[3])),
        "top_ventiles": [asdict(one) for one in ventiles(*alike[:3])],
    }


def _by(found: Mapping[str, Any]) -> dict[str, Any]:
    return {str(name): one.to_json() for name, one in found.items()}


def _area_labels(line: Timeline, household: Positions) -> np.ndarray:
    """Name each row's area at the widest level that tells more than one apart."""
    for level, codes in line.area_codes.items():
        if len({code for code in codes.tolist() if code is not None}) > 1:
            return np.array([f"{level} {code or 'unknown'}" for code in codes[household]], dtype=object)
    return np.full(len(household), "all", dtype=object)


def _ranges(pooled: Pooled, known: Flags) -> dict[str, Any]:
    rows = pooled.rows.where(known)
    ends = (pooled.low[known], pooled.high[known])
    found = coverage(pooled.probability[known], *ends, rows.outcome, rows.weight, rows.as_of.astype(str))
    return found.to_json()


def _groups(programme: Programme, line: Timeline, pooled: Pooled, known: Flags, seed: int) -> dict[str, Any]:
    if not programme.file.audit_groups:
        return {}
    rows = pooled.rows.where(known)
    share = outcomes_of(programme, rows).capacity_share
    listed = listed_at_capacity(pooled.log_odds[known], rows.household, pooled.period[known], share)
    labels = audit_labels(programme.file.audit_groups, audit_columns(programme, line, rows))
    rng = np.random.default_rng([seed, GROUP_SEED])
    report = by_group(labels, listed, pooled.probability[known], rows.outcome, rows.weight, rows.household, rng)
    return report.to_json()


def audit_columns(programme: Programme, line: Timeline, rows: Examples) -> dict[str, npt.NDArray[Any]]:
    """Take each audit group's column: a fact of the household, or a feature with its categories in words."""
    columns: dict[str, npt.NDArray[Any]] = {}
    names = schema_of(programme).names
    for group in programme.file.audit_groups:
        feature = programme.dictionary.feature(group.column)
        if feature is None:
            own = line.households[group.column.partition(".")[2]]
            columns[group.column] = own.to_numpy()[rows.household]
            continue
        values = rows.matrix[:, names.index(group.column)]
        if feature.column.kind is Kind.CATEGORY:
            codes = np.array([*feature.column.categories, None], dtype=object)
            values = codes[np.where(np.isnan(values), -1, values).astype("int64")]
        columns[group.column] = values
    return columns


def _segments(programme: Programme, pooled: Pooled, known: Flags, seed: int) -> dict[str, Any]:
    """Tell of those that returned, those that fell for the first time, and each of the programme's segments."""
    rows, names = pooled.rows.where(known), schema_of(programme).names
    before = rows.matrix[:, names.index(programme.file.baselines.last_status)] > 0
    parts: dict[str, Flags] = {"returned": before, "fell": ~before}
    for segment in programme.file.segments:
        parts[segment.code] = np.logical_and.reduce(
            [holds(one, rows.matrix[:, names.index(one.feature)]) for one in segment.when]
        )
    told = {}
    for place, (name, part) in enumerate(parts.items()):
        rng = np.random.default_rng([seed, SEGMENT_SEED, place])
        scores = {who: score[known][part] for who, score in pooled.scores.items()}
        told[name] = _ranked(programme, rows.where(part), pooled.period[known][part], scores, rng)
    return told


def _ranked(
    programme: Programme, rows: Examples, period: Positions, scores: Mapping[str, Values], rng: np.random.Generator
) -> dict[str, Any]:
    n, events = len(rows.outcome), rows.events
    if n < MINIMUM_ROWS or not MINIMUM_EVENTS <= events < n:
        return {"n": n, "events": events, "too_few": True}
    ranked = {name: rank_within(score, period) for name, score in scores.items()}
    table = compare(ranked, outcomes_of(programme, rows), rng)
    figures = {name: figures_json(metrics) for name, metrics in table.items()}
    return {"n": n, "events": events, "too_few": False, "rate": events / n, **figures}


def _kinds(programme: Programme, line: Timeline, pooled: Pooled, known_by: dt.date, seed: int) -> dict[str, Any]:
    """Tell how the model ranks every kind of outcome, whichever it learned, and how far the kinds agree."""
    labels = _by_date(
        pooled, lambda rows, day: label_kinds(programme, line, rows, day, programme.main_horizon, known_by)
    )
    told: dict[str, Any] = {}
    for place, (kind, outcome) in enumerate(labels.items()):
        known = ~np.isnan(outcome)
        rows = pooled.rows.where(known)
        rows.outcome[:] = outcome[known]
        scores = {"model": pooled.log_odds[known]}
        rng = np.random.default_rng([seed, KIND_SEED, place])
        told[kind] = _ranked(programme, rows, pooled.period[known], scores, rng)
    if "objective" in labels:
        told["agreement"] = _agreement(labels["administrative"], labels["objective"])
    return told


def _by_date(pooled: Pooled, make: Any) -> dict[str, Values]:
    """Make labels date by date and put them under one another in the rows' order."""
    found: dict[str, Values] = {}
    for place in np.unique(pooled.period):
        here = pooled.period == place
        day = pooled.rows.as_of[here][0].astype(object)
        for kind, values in make(pooled.rows.household[here], day).items():
            found.setdefault(kind, np.full(len(here), np.nan))[here] = values
    return found


def _agreement(administrative: Values, objective: Values) -> dict[str, int]:
    """Count households by what an office decided and what happened, where both are known."""
    known = ~np.isnan(administrative) & ~np.isnan(objective)
    decided, hard = administrative[known] == 1, objective[known] == 1
    return {
        "both": int((decided & hard).sum()),
        "administrative_only": int((decided & ~hard).sum()),
        "objective_only": int((~decided & hard).sum()),
        "neither": int((~decided & ~hard).sum()),
    }


def _causes(programme: Programme, line: Timeline, pooled: Pooled, known_by: dt.date) -> dict[str, Any]:
    """Tell by recorded cause how many fell, and how many of them were on the list."""
    share = programme.file.capacity.share
    found: dict[str, Any] = {}
    for place in np.unique(pooled.period):
        here = pooled.period == place
        rows = pooled.rows.where(here)
        day = rows.as_of[0].astype(object)
        causes = label_causes(programme, line, rows.household, day, programme.main_horizon, known_by)
        if causes is None:
            return {}
        capacity = share if share is not None else programme.file.capacity.count(len(causes)) / len(causes)
        listed = listed_at_capacity(pooled.log_odds[here], rows.household, pooled.period[here], capacity)
        for cause in sorted({one for one in causes if one is not None and not pd.isna(one)}):
            mine = causes == cause
            told = found.setdefault(cause, {"events": 0, "listed": 0})
            told["events"] += int(mine.sum())
            told["listed"] += int((mine & listed).sum())
    return {cause: told | {"recall_at_capacity": told["listed"] / told["events"]} for cause, told in found.items()}


def _unknown(programme: Programme, pooled: Pooled, known: Flags) -> dict[str, Any]:
    """Tell who was lost: rows without a known outcome beside the others."""
    rows, names = pooled.rows, schema_of(programme).names
    welfare = rows.matrix[:, names.index(programme.file.baselines.welfare)]
    before = rows.matrix[:, names.index(programme.file.baselines.last_status)] > 0

    def side(part: Flags) -> dict[str, Any]:
        if not part.any():
            return {"n": 0}
        return {
            "n": int(part.sum()),
            "mean_probability": float(pooled.probability[part].mean()),
            "median_welfare": number_json(float(np.nanmedian(welfare[part]))),
            "poor_before_share": float(before[part].mean()),
        }

    return {"known": side(known), "unknown": side(~known)}
