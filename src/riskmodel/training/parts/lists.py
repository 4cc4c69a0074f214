"""What the lists hold: ties, unknown outcomes, errors, how they change, how early they warn, and what they are worth."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np

from riskmodel.errors import TooFewRows
from riskmodel.evaluation.audit import listed_at_capacity
from riskmodel.evaluation.intervals import figures_json, number_json
from riskmodel.evaluation.lists import lead_time, list_figures, listed_share, overlap, places_of, probability_figures
from riskmodel.evaluation.ranking import rank_within
from riskmodel.evaluation.utility import Recipients, utility
from riskmodel.features.timeline import Positions, Timeline
from riskmodel.labels.labels import label_days, label_welfare
from riskmodel.programme.programme import Programme
from riskmodel.training.parts.pooled import Flags, Pooled, Values, by_date, outcomes_of

PROBABILITY_SEED, UTILITY_SEED = 14, 15
"""Added to the run's seed, so that no two uses share a stream."""


def tell_lists(programme: Programme, line: Timeline, pooled: Pooled, known_by: dt.date) -> dict[str, Any]:
    """Measure the list of every score.

    Returns
    -------
    dict
        ``figures`` by name, as :func:`riskmodel.evaluation.lists.list_figures` gives them; ``overlap`` of the model's
        list with that of the test date before; ``lead_time`` by name.
    """
    share = outcomes_of(programme, pooled.rows).capacity_share
    rows, places = pooled.rows, places_of(share, len(pooled.period))
    listed = {
        name: listed_at_capacity(score, rows.household, pooled.period, share) for name, score in pooled.scores.items()
    }
    return {
        "figures": {
            name: _plain(list_figures(rank_within(score, pooled.period), rows.outcome, rows.weight, places))
            for name, score in pooled.scores.items()
        },
        "overlap": _overlaps(pooled, next(iter(listed.values()))),
        "lead_time": _lead_times(programme, line, pooled, listed, known_by),
    }


def tell_losses(pooled: Pooled, seed: int) -> dict[str, Any]:
    """Measure the probabilities of the model and of each baseline that has any: Brier, log loss, error of the rate."""
    rows, model = pooled.rows, next(iter(pooled.scores))
    return {
        name: figures_json(
            probability_figures(
                chance,
                rows.outcome,
                rows.weight,
                rows.household,
                np.random.default_rng([seed, PROBABILITY_SEED]),
            )
        )
        for name, chance in {model: pooled.probability, **pooled.chances}.items()
    }


def tell_utility(programme: Programme, line: Timeline, pooled: Pooled, known_by: dt.date, seed: int) -> dict[str, Any]:
    """Compare what equal transfers to each list would have been worth; empty where no welfare is known."""
    rows = pooled.rows
    welfare = by_date(
        pooled,
        lambda who, day: {"welfare": label_welfare(programme, line, who, day, programme.main_horizon, known_by)},
    )["welfare"]
    places = places_of(outcomes_of(programme, rows).capacity_share, len(rows.outcome))
    lists = {name: listed_share(rank_within(score, pooled.period), places) for name, score in pooled.scores.items()}
    recipients = Recipients(welfare, rows.weight, rows.household, places)
    try:
        table = utility(lists, recipients, np.random.default_rng([seed, UTILITY_SEED]))
    except TooFewRows:
        return {}
    return {name: figures_json(figures) for name, figures in table.items()}


def _plain(figures: Mapping[str, float]) -> dict[str, float | None]:
    return {name: number_json(float(value)) for name, value in figures.items()}


def _overlaps(pooled: Pooled, listed: Flags) -> list[dict[str, Any]]:
    """Hold each date's list against that of the date before."""
    rows, periods = pooled.rows, [pooled.period == one for one in np.unique(pooled.period)]
    return [
        {"as_of": str(rows.as_of[now][0]), "before": str(rows.as_of[before][0])}
        | _plain(overlap(rows.household[now], listed[now], rows.household[before], listed[before]))
        for before, now in pairwise(periods)
    ]


def _lead_times(
    programme: Programme, line: Timeline, pooled: Pooled, listed: Mapping[str, Flags], known_by: dt.date
) -> dict[str, Any]:
    rows = pooled.rows

    def days(who: Positions, day: dt.date) -> dict[str, Values]:
        found = label_days(programme, line, who, day, programme.main_horizon, known_by)
        return {"day": found.astype("datetime64[D]").astype("float64")}

    fell = rows.outcome == 1
    fell_on = by_date(pooled, days)["day"][fell].astype("int64").astype("datetime64[D]")
    dates = np.unique(rows.as_of.astype("datetime64[M]"))
    months = float(np.diff(dates).min().astype("int64")) if len(dates) > 1 else float(programme.main_horizon)
    return {
        name: _plain(
            lead_time(
                rows.household[on],
                rows.as_of[on].astype("datetime64[D]"),
                rows.household[fell],
                fell_on,
                rows.weight[fell],
                months,
            )
        )
        for name, on in listed.items()
    }
