"""Turns what a run made into a bundle's files."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import lightgbm as lgb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from riskmodel.evaluation.calibration import Calibration
from riskmodel.evaluation.ranking import METRICS, Interval
from riskmodel.explain.model_text import read_model
from riskmodel.features.encode import MatrixSchema
from riskmodel.programme.freezing import freeze
from riskmodel.registry.bundle import canonical_json
from riskmodel.registry.neighbours import neighbours_table
from riskmodel.scoring.reference import summarise
from riskmodel.scoring.scorer import GOLDEN_ROWS
from riskmodel.training.card import card
from riskmodel.training.examples import ExampleSource
from riskmodel.training.fitting import Fitted
from riskmodel.training.judging import Backtest, FoldResult, Table
from riskmodel.training.plan import Plan
from riskmodel.training.remembering import remembered


def bundle_files(plan: Plan, source: ExampleSource, backtested: Backtest, fitted: Fitted) -> dict[str, bytes]:
    """Return the bytes of every file of the bundle.

    The reference cohort is the one at the cut-off: the households that the model will be asked about first.

    Raises
    ------
    ModelUnsupported
        If the model's settings made one that can't be explained exactly, such as linear trees.
    """
    read_model(model_text(fitted.booster))
    cohort = source.cohort(fitted.fold.as_of)
    asked = source.schema.at_horizon(cohort.matrix, plan.programme.main_horizon)
    log_odds = np.asarray(fitted.booster.predict(asked, raw_score=True))
    reference = summarise(source.schema, cohort.matrix, log_odds, fitted.fold.as_of.isoformat())
    evaluation = evaluation_json(backtested)
    return {
        "model.txt": model_text(fitted.booster),
        "calibration.json": canonical_json(asdict(fitted.calibration)),
        "programme.json": canonical_json(freeze(plan.programme)),
        "reference.json": canonical_json(reference.to_json(source.schema)),
        "neighbours.parquet": parquet_bytes(neighbours_table(remembered(plan, source, fitted))),
        "golden.parquet": _golden(fitted, source.schema, asked),
        "card.md": card(plan, backtested, fitted, cohort).encode(),
        "evaluation.json": canonical_json(evaluation),
    }


def model_text(booster: lgb.Booster) -> bytes:
    """Return LightGBM's text without the number of threads, which changes nothing but the bytes."""
    return re.sub(r"\[num_threads: \d+\]", "[num_threads: 0]", booster.model_to_string()).encode()


def evaluation_json(backtested: Backtest) -> dict[str, Any]:
    """Return the backtest's tables as plain JSON; an undefined figure is null."""
    folds = [_fold_json(result) for result in backtested.folds]
    validation = [_fold_json(result) for result in backtested.validation]
    pooled = _table_json(backtested.pooled, backtested.pooled_n, backtested.pooled_events)
    return {"pooled": pooled, "folds": folds, "validation": validation, **{"groups": {}, **backtested.parts}}


def _fold_json(result: FoldResult) -> dict[str, Any]:
    return {
        "as_of": result.as_of.isoformat(),
        "n": result.n,
        "events": result.events,
        "censored": result.censored,
        "rate": result.rate,
        "predicted_rate": result.predicted_rate,
        **_table_json(result.table, result.n, result.events),
    }


def _table_json(table: Table, n: int, events: int) -> dict[str, Any]:
    return {name: {**_metrics_json(metrics), "n": n, "events": events} for name, metrics in table.items()}


def _metrics_json(metrics: Mapping[str, Interval]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for name, figure in metrics.items():
        out[name] = _number(figure.value)
        out[f"{name}_interval"] = [_number(figure.low), _number(figure.high)]
    assert set(METRICS) <= set(out)
    return out


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value


def _spread_rows(n: int, count: int, log_odds: np.ndarray) -> np.ndarray:
    """Choose rows evenly over the range of scores, so that rare high ones are among them."""
    order = np.argsort(log_odds, kind="stable")
    return np.sort(order[np.unique(np.linspace(0, n - 1, min(n, count)).round().astype(int))])


def _golden(fitted: Fitted, schema: MatrixSchema, asked: np.ndarray) -> bytes:
    """Pick rows over the whole range of scores and keep their exact answers."""
    log_odds = np.asarray(fitted.booster.predict(asked, raw_score=True))
    rows = asked[_spread_rows(len(asked), GOLDEN_ROWS, log_odds)]
    return golden_bytes(fitted.booster, fitted.calibration, schema, rows)


def golden_bytes(booster: lgb.Booster, calibration: Calibration, schema: MatrixSchema, rows: np.ndarray) -> bytes:
    """Return golden rows with LightGBM's own answers: what serves reads the model by other means, and must agree."""
    odds = np.asarray(booster.predict(rows, raw_score=True))
    columns: dict[str, Any] = {name: rows[:, place] for place, name in enumerate(schema.names)}
    columns |= {"log_odds": odds, "probability": calibration.probability(odds)}
    columns["contributions"] = list(np.asarray(booster.predict(rows, pred_contrib=True)))
    return parquet_bytes(pa.table({name: pa.array(values) for name, values in columns.items()}))


def parquet_bytes(table: pa.Table) -> bytes:
    """Return a Parquet file's bytes; the same table gives the same bytes."""
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd", compression_level=9)
    return buffer.getvalue()
