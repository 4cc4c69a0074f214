"""Reads the body of ``POST /v1/scores`` that gives features: strict about names and types, silent about values."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from riskmodel.errors import Fault, ValuesInvalid
from riskmodel.scoring.cells import CellReader
from riskmodel.scoring.inputs import MESSAGES, BadCell, Inputs
from riskmodel.scoring.scorer import DEFAULT_REASONS
from riskmodel.service.json_body import Repeated, parse_json, whole_number

MOST_HOUSEHOLDS = 10_000
MOST_REASONS = 50
KEYS = ("households", "model", "reasons")
HOUSEHOLD_KEYS = ("household_id", "as_of", "features")
HOUSEHOLD_KEY_SET = frozenset(HOUSEHOLD_KEYS)
OWN_MESSAGES = {
    **MESSAGES,
    "unicode": "expected text without control characters or half of a character",
    "text": "expected text",
    "required": "is required; null says that it is not known",
    "list": f"expected a list of 1 to {MOST_HOUSEHOLDS} households",
    "id_list": f"expected a list of 1 to {MOST_HOUSEHOLDS} ids",
    "version": "expected the name of a version; GET /v1/models lists them",
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


def read_score_request(document: Any, body: bytes, reader: CellReader, today: dt.date) -> ScoreRequest:
    """Read and check a request.

    Parameters
    ----------
    document : object
        What :func:`riskmodel.service.json_body.parse_quickly` made of the body.
    body : bytes
        The body as it came.
    reader : CellReader
        Reads what the model expects.
    today : date
        No household may be as of a later day.

    Raises
    ------
    InvalidJson
        If the body is not JSON.
    ValuesInvalid
        With every fault; nothing of the body is repeated but names of ours.
    """
    if not _in_shape(document, body, reader):
        if type(document) is dict and len(document) > len(KEYS):
            # surely a key that is not known: not worth the slower parser, which takes much memory for a million of them
            _households(document)
        document = parse_json(body)
        _check_shape(document, reader)
    households, reasons = _households(document), reasons_of(document)
    inputs, bad = reader.read(
        [one["household_id"] for one in households],
        [one["as_of"] for one in households],
        [one["features"] for one in households],
        today,
    )
    if bad:
        raise ValuesInvalid("request", [fault(_where(cell), cell.rule) for cell in bad])
    return ScoreRequest(inputs, reasons)


def fault(where: str, rule: str, **values: str) -> Fault:
    """Return a fault with the words of its rule."""
    return Fault(where, rule, OWN_MESSAGES[rule].format(**values) if values else OWN_MESSAGES[rule])


def _where(cell: BadCell) -> str:
    middle = "" if cell.column in HOUSEHOLD_KEYS else "features."
    return f"households[{cell.row}].{middle}{cell.column}"


def _households(document: Any) -> list[Any]:
    """Return the list of households, after checking the document around it."""
    if not isinstance(document, dict):
        raise ValuesInvalid("request", [fault("body", "object")])
    faults = key_faults(document, "body", KEYS, optional=KEYS[1:])
    households = document.get("households")
    if "households" in document and not (isinstance(households, list) and 1 <= len(households) <= MOST_HOUSEHOLDS):
        faults.append(fault("households", "list"))
    if faults:
        raise ValuesInvalid("request", faults)
    assert isinstance(households, list)
    return households


def reasons_of(document: dict[str, Any]) -> int:
    """Return how many reasons are wanted.

    Raises
    ------
    ValuesInvalid
        If that is no number that can be given.
    """
    reasons = whole_number(document.get("reasons", DEFAULT_REASONS))
    if reasons is None or not 0 <= reasons <= MOST_REASONS:
        raise ValuesInvalid("request", [fault("reasons", "reasons")])
    return reasons


def key_faults(
    found: dict[str, Any], where: str, known: Sequence[str], *, optional: Sequence[str] = (), inside: str = ""
) -> list[Fault]:
    """Compare an object's keys with those it should have; ``inside`` is written before the name of a missing one."""
    prefix = inside or ("" if where == "body" else f"{where}.")
    faults = [fault(f"{prefix}{name}", "required") for name in known if name not in found and name not in optional]
    if len(found) > len(known) - len([name for name in known if name not in found]):
        rule = "unknown_feature" if where.endswith(".features") else "unknown_key"
        faults.append(fault(where, rule, expected=", ".join(known)))
    if isinstance(found, Repeated):
        own = sorted(found.keys_twice & set(known))
        faults += [fault(f"{prefix}{name}", "repeated_key") for name in own] or [fault(where, "repeated_key")]
    return faults


def _check_shape(document: Any, reader: CellReader) -> None:
    """Name every key that is missing, unknown or repeated."""
    households = _households(document)
    reasons_of(document)
    faults = [found for place, one in enumerate(households) for found in _shape_faults(place, one, reader.features)]
    if faults:
        raise ValuesInvalid("request", faults)


def _in_shape(document: Any, body: bytes, reader: CellReader) -> bool:
    """Tell at once what is true of nearly every request: each object has the keys that it should have, each once.

    Every key is followed by a colon. Where a text holds no more colons than the keys that were found, no key stands
    twice; where it holds more, they may be part of an id, and the slower parser has to look.
    """
    households = document.get("households") if type(document) is dict else None
    if type(households) is not list or not all(_household_in_shape(one, reader) for one in households):
        return False
    keys = len(document) + len(households) * (len(HOUSEHOLD_KEYS) + len(reader.features))
    return body.count(b":") == keys


def _household_in_shape(household: Any, reader: CellReader) -> bool:
    if type(household) is not dict or household.keys() != HOUSEHOLD_KEY_SET:
        return False
    features = household["features"]
    return type(features) is dict and features.keys() == reader.names


def _shape_faults(place: int, household: Any, names: Sequence[str]) -> list[Fault]:
    where = f"households[{place}]"
    if not isinstance(household, dict):
        return [fault(where, "object")]
    faults = key_faults(household, where, HOUSEHOLD_KEYS)
    features = household.get("features")
    if isinstance(features, dict):
        faults += key_faults(features, f"{where}.features", names)
    elif "features" in household:
        faults.append(fault(f"{where}.features", "object"))
    return faults
