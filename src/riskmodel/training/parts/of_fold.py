"""What is told of one fold's model on its test: recalibration, rates of areas, age of the model, score without transfers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.special import expit, logit

from riskmodel.evaluation.audit import listed_at_capacity
from riskmodel.evaluation.calibration import HALF_WIDTH, shifted
from riskmodel.evaluation.coverage import rate_coverage
from riskmodel.evaluation.importance import directions, mean_sizes
from riskmodel.evaluation.intervals import figures_json
from riskmodel.evaluation.ranking import compare
from riskmodel.evaluation.reliability import MINIMUM_ROWS
from riskmodel.explain.treeshap import TreeExplainer
from riskmodel.features.encode import DIRECTION_SIGNS
from riskmodel.features.support import without_transfers
from riskmodel.features.timeline import Timeline
from riskmodel.programme.programme import Programme
from riskmodel.training.examples import Examples, ExampleSource
from riskmodel.training.fitting import Fitted, Grown
from riskmodel.training.parts.pooled import outcomes_of
from riskmodel.training.parts.probabilities import area_labels
from riskmodel.training.recalibration import agreement

AGE_SEED, IMPORTANCE_SEED = 17, 19
"""Added to the run's seed, so that no two uses share a stream."""


def tell_fold(
    programme: Programme,
    source: ExampleSource,
    fitted: Fitted,
    test: Examples,
    older: Mapping[dt.date, Grown],
    seed: int,
) -> dict[str, Any]:
    """Measure what needs the fold's own model.

    Parameters
    ----------
    fitted : Fitted
        The fold's model.
    test : Examples
        Its test cohort, unknown outcomes too.
    older : mapping of date to Grown
        Models of earlier folds, to see how a model ages.
    seed : int
        Seed of the bootstrap.

    Returns
    -------
    dict
        ``recalibration``, ``area_rates``, ``ages``, ``importance``, and ``without_transfers`` (empty where the programme has none).
    """
    seen = test.where(~np.isnan(test.outcome))
    return {
        "recalibration": tell_recalibration(fitted, seen),
        "area_rates": tell_area_rates(programme, source.line, fitted, seen),
        "ages": tell_ages(programme, fitted, seen, older, seed),
        "importance": tell_importance(source, fitted, test, seed),
        "without_transfers": tell_without_transfers(programme, source, fitted, test),
    }


def tell_recalibration(fitted: Fitted, seen: Examples) -> dict[str, Any]:
    """Hold three maps side by side: none, the latest matured period's, and that one moved by short transitions."""
    odds = fitted.log_odds(seen)
    told: dict[str, Any] = {
        "none": agreement(np.asarray(expit(odds)), seen),
        "latest_matured": agreement(fitted.calibration.probability(odds), seen),
    }
    if fitted.transition_shift is not None:
        moved = shifted(fitted.calibration, fitted.transition_shift)
        told["moved_by_transitions"] = agreement(moved.probability(odds), seen) | {"by": fitted.transition_shift}
    return told


def tell_area_rates(programme: Programme, line: Timeline, fitted: Fitted, seen: Examples) -> dict[str, Any]:
    """State a range for each area's rate and count those that hold it, with and without the programme's shock.

    The range is that of 80 % by the spread between periods that was known on the date. A shock raises its upper end by
    the programme's stated size: it can't be foreseen, but it has happened before.
    """
    areas = area_labels(line, seen.household).astype(str)
    day = str(seen.as_of[0])
    centre = fitted.calibration.calibrated_log_odds(fitted.log_odds(seen))
    told: dict[str, Any] = {"between_periods": fitted.between_periods}
    shock = programme.file.shock
    for name, added in (("spread_alone", 0.0), *((("with_shock", shock.log_odds),) if shock else ())):
        half = HALF_WIDTH * fitted.between_periods
        ranges = {}
        for area in np.unique(areas):
            here = areas == area
            middle = float(logit(np.average(expit(centre[here]), weights=seen.weight[here])))
            ranges[day, area] = (float(expit(middle - half)), float(expit(middle + half + added)))
        cells = rate_coverage(seen.outcome, seen.weight, np.full(len(areas), day), areas, ranges)
        told[name] = cells.to_json()
    return told | ({"shock": shock.model_dump()} if shock else {})


def tell_ages(
    programme: Programme, fitted: Fitted, seen: Examples, older: Mapping[dt.date, Grown], seed: int
) -> list[dict[str, Any]]:
    """Score the test with the models of earlier folds, beside the fold's own on the same draws."""
    if not older or len(seen.outcome) < MINIMUM_ROWS:
        return []
    scores = {"model": fitted.log_odds(seen), **{str(day): model.log_odds(seen) for day, model in older.items()}}
    rng = np.random.default_rng([seed, AGE_SEED, seen.as_of[0].astype("int64")])
    table = compare(scores, outcomes_of(programme, seen), rng)
    today = seen.as_of[0].astype("datetime64[M]").astype("int64")
    return [
        {
            "trained_as_of": str(day),
            "months_old": int(today - np.datetime64(day, "M").astype("int64")),
            "predicted": float(model.calibration.probability(scores[str(day)]).mean()),
            "observed": float(seen.outcome.mean()),
            **figures_json(table[str(day)]),
        }
        for day, model in older.items()
    ]


def tell_importance(source: ExampleSource, fitted: Fitted, test: Examples, seed: int) -> dict[str, Any]:
    """Tell the mean size of contributions by factor group and by feature, and whether known directions hold."""
    schema, own = source.schema, len(source.schema.features)
    split = TreeExplainer(fitted.booster).explain(test.matrix)[0][:, :own]
    signs = [DIRECTION_SIGNS[feature.column.direction] for feature in schema.features]

    def sizes(names: tuple[str, ...]) -> dict[str, Any]:
        return figures_json(mean_sizes(split, names, test.household, np.random.default_rng([seed, IMPORTANCE_SEED])))

    return {
        "groups": sizes(schema.groups[:own]),
        "features": sizes(schema.names[:own]),
        "directions": directions(split, test.matrix[:, :own], schema.names[:own], signs),
    }


def tell_without_transfers(
    programme: Programme, source: ExampleSource, fitted: Fitted, test: Examples
) -> dict[str, Any]:
    """Tell how much risk transfers hide: the cohort's mean probability with them and without, and whom a list misses."""
    transfers = programme.file.without_transfers
    if transfers is None:
        return {}
    odds = [
        np.asarray(fitted.booster.predict(rows, raw_score=True))
        for rows in (test.matrix, without_transfers(transfers, source.schema, test.matrix))
    ]
    mean = [float(np.average(fitted.calibration.probability(one), weights=test.weight)) for one in odds]
    share = outcomes_of(programme, test).capacity_share
    period = np.zeros(len(test.outcome), dtype="int64")
    listed = [listed_at_capacity(one, test.household, period, share) for one in odds]
    return {
        "with_support": mean[0],
        "without_transfers": mean[1],
        "listed_only_without": int((listed[1] & ~listed[0]).sum()),
        "listed": int(listed[0].sum()),
    }


def parts_by_date(told: Sequence[tuple[dt.date, Mapping[str, Any]]]) -> dict[str, Any]:
    """Turn each date's parts into each part's dates."""
    names = told[0][1] if told else {}
    return {name: {str(day): one[name] for day, one in told if one[name]} for name in names}
