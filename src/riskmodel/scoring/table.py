"""Scores as Arrow columns: how files and analyses hold them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from riskmodel.scoring import columns
from riskmodel.scoring.figures import Figures, Names
from riskmodel.scoring.inputs import MISSING_VALUE, UNKNOWN_CATEGORY


def score_table(names: Names, figures: Figures) -> pa.Table:
    """Return scores as columns of :data:`riskmodel.scoring.columns.SCORE`.

    Parameters
    ----------
    names : Names
        What the places in the figures stand for.
    figures : Figures
        Scores.
    """
    n, main = len(figures.log_odds), names.main
    without = figures.without_transfers
    fields = {
        "household_id": pa.array(figures.household_id, pa.string()),
        "as_of": pa.array(np.array(figures.as_of, dtype="datetime64[D]"), pa.date32()),
        "horizon_months": pa.array(np.full(n, names.months[main]), pa.int64()),
        "probability": pa.array(figures.probability[:, main], pa.float64()),
        "interval": columns.interval(figures.low[:, main], figures.high[:, main]),
        "band": columns.picked(names.bands, figures.band),
        "rank_share": pa.array(figures.rank_share, pa.float64()),
        "log_odds": pa.array(figures.log_odds, pa.float64()),
        "base_log_odds": pa.array(np.full(n, names.base), pa.float64()),
        "reasons": _reasons(names, figures),
        "groups": _groups(names, figures),
        "measures": _measures(names, figures),
        "warnings": _warnings(names, figures),
        "model": _model(names, n),
        "snapshot_digest": pa.array(figures.digests, pa.string()),
        "horizons": _horizons(names, figures),
        "probability_without_transfers": pa.nulls(n, pa.float64()) if without is None else pa.array(without),
    }
    return pa.table(fields, schema=columns.SCORE)


def _reasons(names: Names, figures: Figures) -> pa.Array:
    n, count = figures.strongest.shape
    place = figures.strongest.ravel()
    typical = np.array([np.nan if one is None else one for one in names.typical])
    fields = {
        "feature": columns.picked(names.features, place),
        "group": columns.picked(names.feature_groups, place),
        "log_odds": pa.array(figures.contribution.ravel(), pa.float64()),
        "value": columns.floats(figures.value.ravel()),
        "category": columns.picked(names.codes, figures.code.ravel()),
        "typical": columns.floats(typical[place]),
        "typical_category": columns.picked(names.codes, np.array(names.typical_code)[place]),
    }
    return columns.lists(np.full(n, count), columns.struct(fields, columns.REASON))


def _groups(names: Names, figures: Figures) -> pa.Array:
    n, count = figures.groups.shape
    fields = {
        "group": columns.picked(names.groups, np.tile(np.arange(count), n)),
        "log_odds": pa.array(figures.groups.ravel(), pa.float64()),
    }
    return columns.lists(np.full(n, count), columns.struct(fields, columns.GROUP))


def _measures(names: Names, figures: Figures) -> pa.Array:
    place = np.nonzero(figures.measures)[1]
    fields = {
        "measure": columns.picked([code for code, _ in names.measures], place),
        "group": columns.picked([group for _, group in names.measures], place),
    }
    return columns.lists(figures.measures.sum(axis=1), columns.struct(fields, columns.MEASURE))


def _warnings(names: Names, figures: Figures) -> pa.Array:
    row, place = np.nonzero(figures.missing)
    fields = {
        "code": columns.picked([MISSING_VALUE, UNKNOWN_CATEGORY], figures.unknown[row, place].astype("int64")),
        "feature": columns.picked(names.features, place),
    }
    return columns.lists(figures.missing.sum(axis=1), columns.struct(fields, columns.WARNING))


def _model(names: Names, n: int) -> pa.Array:
    fields = {
        name: pa.array([getattr(names.model, name)] * n, pa.string()) for name in ("programme", "version", "digest")
    }
    return columns.struct(fields, columns.MODEL)


def _horizons(names: Names, figures: Figures) -> pa.Array:
    n, count = figures.probability.shape
    fields = {
        "months": pa.array(np.tile(names.months, n), pa.int64()),
        "probability": pa.array(figures.probability.ravel(), pa.float64()),
        "interval": columns.interval(figures.low.ravel(), figures.high.ravel()),
    }
    return columns.lists(np.full(n, count), columns.struct(fields, columns.HORIZON))
