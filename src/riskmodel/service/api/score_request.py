"""Reads the body of ``POST /v1/scores``: strict about names and types, silent about values."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from riskmodel.errors import Fault, ValuesInvalid
from riskmodel.features.encode import MatrixSchema
from riskmodel.programme.dictionary import Feature, Kind
from riskmodel.scoring.inputs import MESSAGES, BadCell, Inputs, read_inputs
from riskmodel.scoring.scorer import DEFAULT_REASONS
from riskmodel.service.json_body import Repeated, parse_json

MOST_HOUSEHOLDS = 10_000
MOST_REASONS = 50
HOUSEHOLD_KEYS = ("household_id", "as_of", "features")
DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
OWN_MESSAGES = {
    **MESSAGES,
    "unicode": "expected text without control characters or half of a character",
    "text": "expected text",
    "required": "is required; null says that it is not known",
    "list": f"expected a list of 1 to {MOST_HOUSEHOLDS} households",
    "object": "expected an object",
    "unknown_key": "holds a key that is not known; expected {expected}",
    "unknown_feature": "unknown feature; GET /v1/models lists the features of the model that serves",
    "repeated_key": "the same key stands twice; which value is meant can't be known",
    "reasons": f"expected a whole number from 0 to {MOST_REASONS}",
}


@dataclass(frozen=True, slots=True)
class ScoreRequest:
    """What is asked: rows that may be scored, and how many reasons each."""

    inputs: Inputs
    reasons: int


def read_score_request(body: bytes, schema: MatrixSchema, today: dt.date) -> ScoreRequest:
    """Read and check a request.

    Parameters
    ----------
    body : bytes
        The body as it came.
    schema : MatrixSchema
        What the model expects.
    today : date
        No household may be as of a later day.

    Raises
    ------
    InvalidJson
        If the body is not JSON.
    ValuesInvalid
        With every fault; nothing of the body is repeated but names of ours.
    """
    document = parse_json(body)
    households = _households(document)
    reasons = _reasons(document)
    names = [feature.name for feature in schema.features]
    faults = [fault for place, one in enumerate(households) for fault in _shape_faults(place, one, names)]
    if faults:
        raise ValuesInvalid("request", faults)
    snapshot, bad = _frame(households, schema)
    inputs, found = read_inputs(schema, snapshot, today)
    # a cell that is refused for its type is missing in the frame; it is not missing in the request
    seen = {(cell.row, cell.column) for cell in bad}
    bad += [cell for cell in found if (cell.row, cell.column) not in seen]
    if bad:
        bad.sort(key=lambda cell: (cell.row, cell.column, cell.rule))
        raise ValuesInvalid("request", [_fault(_where(cell), cell.rule) for cell in bad])
    return ScoreRequest(inputs, reasons)


def _fault(where: str, rule: str, **values: str) -> Fault:
    return Fault(where, rule, OWN_MESSAGES[rule].format(**values) if values else OWN_MESSAGES[rule])


def _where(cell: BadCell) -> str:
    middle = "" if cell.column in HOUSEHOLD_KEYS else "features."
    return f"households[{cell.row}].{middle}{cell.column}"


def _households(document: Any) -> list[Any]:
    """Return the list of households, after checking the document around it."""
    if not isinstance(document, dict):
        raise ValuesInvalid("request", [_fault("body", "object")])
    faults = _key_faults(document, "body", ("households", "reasons"), optional=("reasons",))
    households = document.get("households")
    if "households" in document and not (isinstance(households, list) and 1 <= len(households) <= MOST_HOUSEHOLDS):
        faults.append(_fault("households", "list"))
    if faults:
        raise ValuesInvalid("request", faults)
    assert isinstance(households, list)
    return households


def _reasons(document: dict[str, Any]) -> int:
    reasons = document.get("reasons", DEFAULT_REASONS)
    if type(reasons) is not int or not 0 <= reasons <= MOST_REASONS:
        raise ValuesInvalid("request", [_fault("reasons", "reasons")])
    return reasons


def _key_faults(
    found: dict[str, Any], where: str, known: Sequence[str], *, optional: Sequence[str] = (), inside: str = ""
) -> list[Fault]:
    """Compare an object's keys with those it should have; ``inside`` is written before the name of a missing one."""
    prefix = inside or ("" if where == "body" else f"{where}.")
    faults = [_fault(f"{prefix}{name}", "required") for name in known if name not in found and name not in optional]
    if len(found) > len(known) - len([name for name in known if name not in found]):
        rule = "unknown_feature" if where.endswith(".features") else "unknown_key"
        faults.append(_fault(where, rule, expected=", ".join(known)))
    if isinstance(found, Repeated):
        own = sorted(found.keys_twice & set(known))
        faults += [_fault(f"{prefix}{name}", "repeated_key") for name in own] or [_fault(where, "repeated_key")]
    return faults


def _shape_faults(place: int, household: Any, names: Sequence[str]) -> list[Fault]:
    where = f"households[{place}]"
    if not isinstance(household, dict):
        return [_fault(where, "object")]
    faults = _key_faults(household, where, HOUSEHOLD_KEYS)
    features = household.get("features")
    if isinstance(features, dict):
        faults += _key_faults(features, f"{where}.features", names)
    elif "features" in household:
        faults.append(_fault(f"{where}.features", "object"))
    return faults


def _frame(households: list[dict[str, Any]], schema: MatrixSchema) -> tuple[pd.DataFrame, list[BadCell]]:
    """Return the snapshot that the request describes; cells of a wrong type are missing in it and named."""
    ids, bad = _ids([one["household_id"] for one in households])
    dates, found = _dates([one["as_of"] for one in households])
    bad += found
    columns: dict[str, Any] = {"household_id": pd.array(ids, dtype="str"), "as_of": dates}
    for feature in schema.features:
        cells = [one["features"][feature.name] for one in households]
        columns[feature.name], found = _column(cells, feature)
        bad += found
    return pd.DataFrame(columns), bad


def _ids(cells: list[Any]) -> tuple[list[str | None], list[BadCell]]:
    bad = []
    for row, cell in enumerate(cells):
        if not isinstance(cell, str):
            bad.append(BadCell(row, "household_id", "text"))
        elif UNPRINTABLE.search(cell):
            bad.append(BadCell(row, "household_id", "unicode"))
    refused = {cell.row for cell in bad}
    return [None if row in refused else cell for row, cell in enumerate(cells)], bad


def _dates(cells: list[Any]) -> tuple[np.ndarray, list[BadCell]]:
    days = [_day(cell) for cell in cells]
    bad = [BadCell(row, "as_of", "date") for row, day in enumerate(days) if day is None]
    return np.array(days, dtype="datetime64[us]"), bad


def _day(cell: Any) -> dt.date | None:
    if not isinstance(cell, str) or not DATE.fullmatch(cell):
        return None
    try:
        return dt.date.fromisoformat(cell)
    except ValueError:
        return None


def _column(cells: list[Any], feature: Feature) -> tuple[Any, list[BadCell]]:
    """Return one feature's column, and which cells of it have the wrong type."""
    check = {Kind.CATEGORY: _category_rule, Kind.BOOLEAN: _boolean_rule}.get(feature.column.kind, _number_rule)
    rules = [check(cell) for cell in cells]
    bad = [BadCell(row, feature.name, rule) for row, rule in enumerate(rules) if rule]
    sound = [None if rule else cell for cell, rule in zip(cells, rules, strict=True)] if bad else cells
    if feature.column.kind is Kind.CATEGORY:
        return pd.array(sound, dtype="str"), bad
    return np.array(sound, dtype="float64"), bad


def _number_rule(cell: Any) -> str:
    if cell is None:
        return ""
    if type(cell) is int:
        # beyond the floats
        return "" if -(2**1023) < cell < 2**1023 else "finite"
    if type(cell) is float:
        return "" if math.isfinite(cell) else "finite"
    return "number"


def _boolean_rule(cell: Any) -> str:
    if cell is None or isinstance(cell, bool):
        return ""
    return "" if type(cell) in (int, float) and cell in (0, 1) else "boolean"


def _category_rule(cell: Any) -> str:
    if cell is None:
        return ""
    if not isinstance(cell, str):
        return "text"
    return "unicode" if UNPRINTABLE.search(cell) else ""
