"""Applies the checks to a run: to each fold, to all tests together, and to the rows that the final model learns from."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from riskmodel.evaluation.ranking import Interval, Outcomes, Ranking
from riskmodel.features.encode import MatrixSchema
from riskmodel.training.checks.codes import Finding
from riskmodel.training.checks.features import constant_features, label_leaks, unknown_at_serving
from riskmodel.training.checks.results import against_baselines, below_validation, moved_rate, too_good
from riskmodel.training.checks.rows import (
    duplicate_rows,
    few_events,
    overlapping_windows,
    same_households,
    unsettled_rows,
)
from riskmodel.training.examples import Cohort, Examples
from riskmodel.training.fitting import Fitted, Sides, keys_of

Values = npt.NDArray[np.float64]
Told = dict[str, Any]


def check_fold_rows(fitted: Fitted, test: Examples, log_odds: Values, settled_after_days: int) -> list[Finding]:
    """Check a fold's two sides and what came of them.

    Parameters
    ----------
    fitted : Fitted
        The fold's model with its rows.
    test : Examples
        Test rows with a known outcome.
    log_odds : ndarray, shape (n,)
        Their scores.
    settled_after_days : int
        Days from the end of a window until its outcome counts as recorded.
    """
    # a mixture of horizons is easier to rank than one of them
    later = fitted.sides.calibration.horizon_months == test.horizon_months[0]
    validation = _auc(fitted.calibration_log_odds[later], fitted.sides.calibration.where(later))
    return check_sides(fitted.sides, fitted.fold.as_of, test, log_odds, validation, settled_after_days)


def check_sides(
    sides: Sides, cutoff: dt.date, test: Examples, log_odds: Values, validation_auc: float, settled_after_days: int
) -> list[Finding]:
    """Check what a model learned from beside the rows that it is tested on.

    Parameters
    ----------
    sides : Sides
        The training side.
    cutoff : date
        Nothing recorded on or after it was seen in training.
    test : Examples
        Test rows with a known outcome.
    log_odds : ndarray, shape (n,)
        Their scores.
    validation_auc : float
        What the test's AUC is expected to come near to; NaN where nothing is.
    settled_after_days : int
        Days from the end of a window until its outcome counts as recorded.
    """
    train = sides.everything
    main = sides.at_risk.at_horizon(int(test.horizon_months[0]))
    seen, tested = keys_of(train), keys_of(test)
    unseen = ~np.isin(test.household, train.household)
    auc = _auc(log_odds, test)
    return [
        *overlapping_windows(seen, tested),
        *same_households(seen, tested, {"auc": _auc(log_odds[unseen], test.where(unseen))}),
        *unsettled_rows(seen, np.datetime64(cutoff, "D"), settled_after_days),
        *duplicate_rows(seen, "training"),
        *duplicate_rows(tested, "test"),
        *few_events(main.outcome, test.outcome),
        *below_validation(validation_auc, auc),
        *too_good(auc),
        *moved_rate(float(main.outcome.mean()), float(test.outcome.mean())),
    ]


def check_pooled(table: Mapping[str, Mapping[str, Interval]]) -> list[Finding]:
    """Hold the model against every baseline over all tests together."""
    metric = "model_minus_average_precision"
    return against_baselines({name: figures[metric] for name, figures in table.items() if metric in figures})


def check_final(fitted: Fitted, schema: MatrixSchema, served: Cohort, horizon_months: int) -> list[Finding]:
    """Check what the final model learns from, beside the cohort that it will be asked about first.

    Its rows hold those of every fold, so a feature that tells too much is looked for here alone.
    """
    main = fitted.sides.at_risk.at_horizon(horizon_months)
    own = len(schema.features)
    names = schema.names[:own]
    return [
        *label_leaks(main.matrix[:, :own], main.outcome, main.household, names, schema.categorical),
        *duplicate_rows(keys_of(fitted.sides.everything), "training"),
        *constant_features(fitted.sides.everything.matrix[:, :own], names),
        *unknown_at_serving(main.matrix[:, :own], served.matrix[:, :own], names, schema.categorical),
    ]


def told(where: str, findings: list[Finding], allowed: frozenset[str]) -> list[Told]:
    """Return findings as plain JSON, each with where it was found and whether it was allowed."""
    return [
        {
            "where": where,
            "code": one.code,
            "level": one.level,
            "allowed": one.code in allowed,
            "words": one.words,
            "figures": {name: _plain(value) for name, value in one.figures.items()},
        }
        for one in findings
    ]


def _plain(value: float | str | int) -> float | str | int | None:
    return None if isinstance(value, float) and not np.isfinite(value) else value


def _auc(log_odds: Values, rows: Examples) -> float:
    """Return the AUC of rows, each counted once; NaN without both outcomes."""
    if not 0 < rows.events < len(rows.outcome):
        return float("nan")
    outcomes = Outcomes(rows.outcome, rows.weight, rows.household, 1.0)
    return Ranking(log_odds, outcomes).measure()["roc_auc"]
