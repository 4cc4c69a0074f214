"""A score as Arrow columns: the one shape that files, the API and pages read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

INTERVAL = pa.struct([("low", pa.float64()), ("high", pa.float64())])
REASON = pa.struct(
    [
        ("feature", pa.string()),
        ("group", pa.string()),
        ("log_odds", pa.float64()),
        ("value", pa.float64()),
        ("category", pa.string()),
        ("typical", pa.float64()),
        ("typical_category", pa.string()),
    ]
)
GROUP = pa.struct([("group", pa.string()), ("log_odds", pa.float64())])
MEASURE = pa.struct([("measure", pa.string()), ("group", pa.string())])
WARNING = pa.struct([("code", pa.string()), ("feature", pa.string())])
MODEL = pa.struct([("programme", pa.string()), ("version", pa.string()), ("digest", pa.string())])
HORIZON = pa.struct([("months", pa.int64()), ("probability", pa.float64()), ("interval", INTERVAL)])

SCORE = pa.schema(
    [
        ("household_id", pa.string()),
        ("as_of", pa.date32()),
        ("horizon_months", pa.int64()),
        ("probability", pa.float64()),
        ("interval", INTERVAL),
        ("band", pa.string()),
        ("rank_share", pa.float64()),
        ("log_odds", pa.float64()),
        ("base_log_odds", pa.float64()),
        ("reasons", pa.list_(REASON)),
        ("groups", pa.list_(GROUP)),
        ("measures", pa.list_(MEASURE)),
        ("warnings", pa.list_(WARNING)),
        ("model", MODEL),
        ("snapshot_digest", pa.string()),
        ("horizons", pa.list_(HORIZON)),
        ("probability_without_transfers", pa.float64()),
    ]
)
"""Every field of a score."""


def floats(values: npt.NDArray[np.float64]) -> pa.Array:
    """Return numbers, NaN as null."""
    return pa.array(values, pa.float64(), from_pandas=True)


def picked(names: Sequence[str | None], places: npt.NDArray[np.int64]) -> pa.Array:
    """Return ``names[place]`` for every place, without a Python loop; null for a negative place."""
    indices = pa.array(places, pa.int64(), mask=places < 0)
    return pa.array(names, pa.string()).take(indices)


def struct(fields: Mapping[str, pa.Array], kind: pa.StructType) -> pa.Array:
    """Put columns together into a struct column."""
    return pa.StructArray.from_arrays([fields[field.name] for field in kind], fields=list(kind))


def interval(low: npt.NDArray[np.float64], high: npt.NDArray[np.float64]) -> pa.Array:
    """Return a column of ranges."""
    return struct({"low": floats(low), "high": floats(high)}, INTERVAL)


def lists(counts: npt.NDArray[np.int64], items: pa.Array) -> pa.Array:
    """Cut a flat column into one list a row, ``counts`` long each."""
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype("int32")
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), items)
