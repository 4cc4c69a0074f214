"""How the model ranks parts of the cohort, and each kind of outcome."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from riskmodel.evaluation.audit import listed_at_capacity
from riskmodel.evaluation.intervals import figures_json
from riskmodel.evaluation.ranking import compare, rank_within
from riskmodel.features.encode import schema_of
from riskmodel.features.timeline import Positions, Timeline
from riskmodel.labels.labels import label_causes, label_kinds
from riskmodel.programme.programme import Programme
from riskmodel.scoring.measures import holds
from riskmodel.training.examples import Examples
from riskmodel.training.parts.pooled import Flags, Pooled, Values, by_date, outcomes_of

MINIMUM_ROWS, MINIMUM_EVENTS = 50, 10
"""Below these a part has too few rows for a figure of its own."""
SEGMENT_SEED, KIND_SEED = 12, 13
"""Added to the run's seed, so that no two uses share a stream."""


def tell_segments(programme: Programme, pooled: Pooled, known: Flags, seed: int) -> dict[str, Any]:
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


def tell_kinds(programme: Programme, line: Timeline, pooled: Pooled, known_by: dt.date, seed: int) -> dict[str, Any]:
    """Tell how the model ranks every kind of outcome, whichever it learned, and how far the kinds agree."""
    labels = by_date(
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


def tell_causes(programme: Programme, line: Timeline, pooled: Pooled, known_by: dt.date) -> dict[str, Any]:
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
