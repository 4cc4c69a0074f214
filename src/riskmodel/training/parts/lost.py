"""Who was lost: households whose outcome nobody knows, and how much they may move the figures."""

from __future__ import annotations

from typing import Any

import numpy as np

from riskmodel.errors import TooFewRows
from riskmodel.evaluation.censoring import chance_known, how_far_moved
from riskmodel.evaluation.intervals import figures_json, number_json
from riskmodel.evaluation.ranking import rank_within
from riskmodel.features.encode import schema_of
from riskmodel.programme.programme import Programme
from riskmodel.training.parts.pooled import Flags, Pooled, outcomes_of

CENSORING_SEED = 16
"""Added to the run's seed, so that no two uses share a stream."""


def tell_unknown(programme: Programme, pooled: Pooled, known: Flags) -> dict[str, Any]:
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


def tell_moved(programme: Programme, pooled: Pooled, known: Flags, seed: int) -> dict[str, Any]:
    """Tell how far the model's figures move when the known rows are weighed for the unknown; empty where none is."""
    rows = pooled.rows
    traits = np.column_stack([rows.matrix, pooled.period])
    try:
        chance = chance_known(traits, known, rows.household, seed)
    except TooFewRows:
        return {}
    rank = np.full(len(known), np.nan)
    rank[known] = rank_within(pooled.log_odds[known], pooled.period[known])
    share = outcomes_of(programme, rows.where(known)).capacity_share
    rng = np.random.default_rng([seed, CENSORING_SEED])
    found = how_far_moved(rank, rows.outcome, chance, rows.household, share, rng)
    return {
        "selectivity_auc": found.selectivity_auc,
        "effective_n": found.effective_n,
        "known": figures_json(found.known),
        "weighed": figures_json(found.weighed),
        "moved": figures_json(found.moved),
    }
