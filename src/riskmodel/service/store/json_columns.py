"""Columns of checked tables as JSON texts, and back to the bit: written by Arrow, a column at a time.

Days are counted from 1970-01-01, whole numbers are written without a fraction.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pa_json

from riskmodel.programme.dictionary import Kind

NULL = "null"
Shape = Mapping[str, Kind]
"""Columns in order, and what they hold."""

to_json: Callable[[Any], str] = json.JSONEncoder(
    separators=(",", ":"), ensure_ascii=False, allow_nan=False, check_circular=False
).encode


def json_texts(column: pd.Series, kind: Kind) -> Any:
    """Return each value as JSON writes it, as an Arrow array of texts."""
    if kind in (Kind.TEXT, Kind.CATEGORY):
        # a column that was put together of several comes in as many pieces
        pieces = pa.Table.from_pandas(column.to_frame("text"), preserve_index=False)["text"].combine_chunks()
        coded = pieces.cast(pa.string()).dictionary_encode()
        texts = pa.array([to_json(text) for text in coded.dictionary.to_pylist()], pa.string())
        return texts.take(coded.indices).fill_null(NULL)
    if kind is Kind.DATE:
        days = column.to_numpy(dtype="datetime64[D]")
        return pa.array(days.astype("int64"), mask=np.isnat(days)).cast(pa.string()).fill_null(NULL)
    values = column.to_numpy(dtype="float64")
    texts = pa.array(values, mask=np.isnan(values)).cast(pa.string()).fill_null(NULL)
    # JSON's whole numbers have no minus zero
    minus = (values == 0) & np.signbit(values)
    return pc.if_else(pa.array(minus), "-0.0", texts) if minus.any() else texts


def json_objects(frame: pd.DataFrame, shape: Shape) -> list[str]:
    """Write each row as a JSON object; dates as ``YYYY-MM-DD``, since people read these."""
    if not shape:
        return ["{}"] * len(frame)
    values = {
        name: json_texts(frame[name].dt.strftime("%Y-%m-%d"), Kind.TEXT)
        if kind is Kind.DATE
        else json_texts(frame[name], kind)
        for name, kind in shape.items()
    }
    return joined_objects(values)


def joined_objects(values: Mapping[str, Any]) -> list[str]:
    """Put texts of values together to objects.

    Parameters
    ----------
    values : mapping of str to Arrow array
        By name, the text of its value in each object.
    """
    pieces: list[Any] = []
    for name, texts in values.items():
        pieces += [f"{',' if pieces else '{'}{to_json(name)}:", texts]
    # the last one is what stands between the others
    whole = (_large(piece) for piece in (*pieces, "}", ""))
    return list(pc.binary_join_element_wise(*whole).to_pylist())


def _large(piece: Any) -> Any:
    return pa.scalar(piece, pa.large_string()) if isinstance(piece, str) else piece.cast(pa.large_string())


def read_lists(texts: Sequence[str], shape: Shape) -> dict[str, Any]:
    """Read JSON objects of lists.

    Returns
    -------
    dict of str to Arrow array
        By name, a list an object; null where an object has none.
    """
    schema = pa.schema([(name, pa.list_(_ARROW.get(kind, pa.float64()))) for name, kind in shape.items()])
    if not texts:
        return {name: pa.array([], schema.field(name).type) for name in shape}
    lines = "\n".join(texts).encode()
    table = pa_json.read_json(
        pa.BufferReader(lines),
        # all in one block: an object may not be longer than a block
        pa_json.ReadOptions(use_threads=False, block_size=len(lines) + 1),
        pa_json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore"),
    )
    return {name: table[name].combine_chunks() for name in shape}


_ARROW = {Kind.TEXT: pa.string(), Kind.CATEGORY: pa.string(), Kind.DATE: pa.int64()}


def typed_array(values: Any, kind: Kind) -> Any:
    """Return an Arrow array as checked tables have its values: text, ``datetime64[us]`` or float64."""
    if kind in (Kind.TEXT, Kind.CATEGORY):
        return pd.array(values, dtype="str")
    if kind is Kind.DATE:
        values = values.cast(pa.int32()).cast(pa.date32()).cast(pa.timestamp("us"))
    return values.to_numpy(zero_copy_only=False)


def typed_values(values: Sequence[Any], kind: Kind) -> Any:
    """Return values of :func:`json_objects` as checked tables have them: text, ``datetime64[us]`` or float64."""
    if kind in (Kind.TEXT, Kind.CATEGORY):
        return pd.array(values, dtype="str")
    return iso_dates(values) if kind is Kind.DATE else np.array(values, dtype="float64")


def iso_dates(values: Sequence[str | None]) -> npt.NDArray[np.datetime64]:
    """Return dates that are written as ``YYYY-MM-DD``."""
    days: npt.NDArray[np.datetime64] = (
        pa.array(values, pa.string()).cast(pa.timestamp("us")).to_numpy(zero_copy_only=False)
    )
    return days
