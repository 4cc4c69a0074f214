"""The snapshot: every feature of a cohort as of a date. Training and serving both go through here."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from riskmodel.features.cohort import cohort
from riskmodel.features.making import Knowledge, make, value
from riskmodel.features.timeline import Positions, Timeline
from riskmodel.programme.dictionary import Kind
from riskmodel.programme.programme import Programme

ID_COLUMNS = ("household_id", "area_code", "as_of")
"""Columns of a snapshot before its features."""


def build_snapshot(
    programme: Programme, line: Timeline, as_of: dt.date, households: Positions | None = None
) -> pd.DataFrame:
    """Make every feature as known on a date.

    Parameters
    ----------
    programme : Programme
        Its dictionary says which features, and how.
    line : Timeline
        The panel.
    as_of : date
        Cut-off, exclusive: only rows recorded before it are seen.
    households : ndarray of int, optional
        Positions of the households wanted; the cohort where None.

    Returns
    -------
    DataFrame, shape (n, 3 + n_features)
        ``household_id``, ``area_code``, ``as_of`` and the features in the dictionary's order, rows by household_id.
        Numbers and booleans are float64 with NaN for missing, categories text.
    """
    knowledge = Knowledge(line, programme.dictionary, as_of)
    wanted = cohort(programme, knowledge) if households is None else np.sort(households)
    columns: dict[str, object] = {
        "household_id": pd.array(line.household_ids[wanted], dtype="str"),
        "area_code": line.households["area_code"].to_numpy()[wanted],
        "as_of": np.full(len(wanted), np.datetime64(as_of, "D").astype("datetime64[us]")),
    }
    for feature in programme.features:
        values = make(feature, knowledge)[wanted]
        is_category = feature.column.kind is Kind.CATEGORY
        columns[feature.name] = pd.array(values, dtype="str") if is_category else values.astype("float64")
    return pd.DataFrame(columns)


def household_weights(programme: Programme, line: Timeline, as_of: dt.date, households: Positions) -> np.ndarray:
    """Return the survey weight of each household as known on a date; 1 where the programme has none."""
    if not programme.file.weight:
        return np.ones(len(households))
    knowledge = Knowledge(line, programme.dictionary, as_of)
    weights = value(knowledge.column(programme.file.weight))[households]
    return np.asarray(np.nan_to_num(weights, nan=1.0), dtype="float64")
