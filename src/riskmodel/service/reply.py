"""Scores as JSON: exactly the fields of the Arrow table, with each reason in words."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

import pyarrow as pa
from starlette.responses import Response

from riskmodel.explain.reasons import Driver, Words

Row = dict[str, Any]


def score_rows(table: pa.Table, words: Mapping[str, Words]) -> list[Row]:
    """Return each score as JSON values.

    Parameters
    ----------
    table : Table
        Columns of :data:`riskmodel.scoring.columns.SCORE`.
    words : mapping of language code to Words
        Languages of ``reasons[].text``.
    """
    rows: list[Row] = table.to_pylist()
    for row in rows:
        row["as_of"] = _iso(row["as_of"])
        row["reasons"] = [with_text(reason, words) for reason in row["reasons"]]
    return rows


def with_text(reason: Row, words: Mapping[str, Words]) -> Row:
    """Return a reason with its text in every language."""
    driver = Driver.of(reason)
    return {**reason, "text": {code: own.reason(driver) for code, own in words.items()}}


def json_response(value: Any) -> Response:
    """Return a value as JSON; floats keep every bit."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return Response(text.encode(), media_type="application/json")


def _iso(day: dt.date) -> str:
    return day.isoformat()
