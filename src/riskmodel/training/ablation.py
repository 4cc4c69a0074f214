"""What each block of features is worth: the model without it, on a later slice that it had not seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from riskmodel.errors import TooFewRows
from riskmodel.evaluation.intervals import figures_json
from riskmodel.evaluation.ranking import Outcomes, compare
from riskmodel.features.encode import MatrixSchema
from riskmodel.programme.dictionary import EVENTS, Feature, How
from riskmodel.programme.programme import Programme
from riskmodel.training.examples import Examples
from riskmodel.training.fitting import Sides, fit_trees
from riskmodel.training.plan import Plan

ABLATION_SEED = 18
"""Added to the run's seed, so that no two uses share a stream."""
WHOLE, LINE, HISTORY, SHARES, AREA, SHOCKS, DATES = (
    "nothing left out",
    "distance to the line",
    "history",
    "shares and ratios",
    "area rates",
    "events",
    "time since",
)
ALL_BUT_LINE = f"all but {LINE}"
_BLOCKS = {
    How.PREVIOUS: HISTORY,
    How.CHANGE: HISTORY,
    How.MEAN: HISTORY,
    How.DEVIATION: HISTORY,
    How.COUNT: HISTORY,
    How.SUM: HISTORY,
    How.MONTHS_SINCE: DATES,
    How.SHARE_OF: SHARES,
    How.RATIO: SHARES,
    How.AREA_RATE: AREA,
}


def block_of(programme: Programme, feature: Feature) -> str:
    """Return the block of a feature: by how it is made, else by its factor group."""
    if feature.how is How.AREA_RATE:
        return AREA
    if feature.table == EVENTS:
        return SHOCKS
    if feature.how in (How.VALUE, How.PREVIOUS) and feature.name == programme.file.baselines.welfare:
        return LINE
    if feature.how in _BLOCKS:
        return _BLOCKS[feature.how]
    return f"group {feature.column.group}"


def ablate(
    plan: Plan, schema: MatrixSchema, sides: Sides, tell: Callable[[str], None] = lambda _: None
) -> dict[str, Any]:
    """Grow trees without each block on the rows of the trees that are calibrated, and test on the slice after them.

    Returns
    -------
    dict
        Plain JSON by block, ``nothing left out`` first: ``features`` left out, figures, and ``model_minus_...``, what the
        block adds, with its interval. ``all but distance to the line`` is the model that knows nothing else. Empty where
        the later slice has but one outcome.

    Notes
    -----
    A block's columns are emptied, so trees never split on them. What two blocks tell alike, neither adds on its own.
    """
    main = plan.programme.main_horizon
    later = sides.calibration.where(sides.calibration.at_risk).at_horizon(main)
    if not 0 < later.events < len(later.outcome):
        return {}
    blocks: dict[str, list[int]] = {}
    for place, feature in enumerate(schema.features):
        blocks.setdefault(block_of(plan.programme, feature), []).append(place)
    left_out = {WHOLE: [], **dict(sorted(blocks.items()))}
    if LINE in blocks:
        left_out[ALL_BUT_LINE] = [at for at in range(len(schema.features)) if at not in blocks[LINE]]
    scores = {}
    for name, columns in left_out.items():
        tell(f"without {name}" if columns else "with everything")
        try:
            trees = fit_trees(plan, schema, _emptied(sides.trees, columns))
        except TooFewRows:
            return {}
        scores[name] = trees.decision_function(_emptied(later, columns).matrix)
    share = plan.programme.file.capacity.share or plan.programme.file.capacity.count(len(later.outcome)) / len(
        later.outcome
    )
    outcomes = Outcomes(later.outcome, later.weight, later.household, share)
    table = compare(scores, outcomes, np.random.default_rng([plan.seed, ABLATION_SEED]))
    return {name: {"features": len(left_out[name]), **figures_json(figures)} for name, figures in table.items()}


def _emptied(rows: Examples, columns: list[int]) -> Examples:
    matrix = rows.matrix.copy()
    matrix[:, columns] = np.nan
    return replace(rows, matrix=matrix)
