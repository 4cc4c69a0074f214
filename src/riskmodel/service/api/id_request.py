"""Reads the body of ``POST /v1/scores`` that names households by id."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from riskmodel.errors import Fault, ValuesInvalid
from riskmodel.scoring.cells import day_of, id_text_rule
from riskmodel.service.api.score_request import MOST_HOUSEHOLDS, fault, key_faults, reasons_of
from riskmodel.service.json_body import parse_json
from riskmodel.service.store.tables import LONGEST_CODE

IDS = "household_ids"
KEYS = (IDS, "as_of", "model", "reasons")


@dataclass(frozen=True, slots=True)
class IdRequest:
    """What is asked: which households, as of which date, by which model, and how many reasons each."""

    ids: tuple[str, ...]
    as_of: dt.date | None
    reasons: int


def asks_by_id(document: Any) -> bool:
    """Tell whether a request names households by id, before anything of it is checked."""
    return type(document) is dict and IDS in document


def read_id_request(body: bytes) -> IdRequest:
    """Read and check a request.

    Raises
    ------
    InvalidJson
        If the body is not JSON.
    ValuesInvalid
        With every fault; nothing of the body is repeated but names of ours.
    """
    document = parse_json(body)
    if not isinstance(document, dict):
        raise ValuesInvalid("request", [fault("body", "object")])
    faults = key_faults(document, "body", KEYS, optional=KEYS[1:])
    ids = document.get(IDS)
    if not isinstance(ids, list) or not 1 <= len(ids) <= MOST_HOUSEHOLDS:
        faults.append(fault(IDS, "id_list"))
    else:
        faults += _id_faults(ids)
    as_of = day_of(document.get("as_of"))
    if document.get("as_of") is not None and as_of is None:
        faults.append(fault("as_of", "date"))
    if faults:
        raise ValuesInvalid("request", faults)
    assert isinstance(ids, list)
    return IdRequest(tuple(ids), as_of, reasons_of(document))


def _id_faults(ids: list[Any]) -> list[Fault]:
    rules = ((place, id_text_rule(one)) for place, one in enumerate(ids))
    return [fault(f"{IDS}[{place}]", rule) for place, rule in rules if rule]


def model_of(document: Any) -> str | None:
    """Return the version that a request asks for; None where it names none.

    Raises
    ------
    ValuesInvalid
        If it is no text that a version could be.
    """
    named = document.get("model") if type(document) is dict else None
    if named is None or (isinstance(named, str) and 0 < len(named) <= LONGEST_CODE):
        return named
    raise ValuesInvalid("request", [fault("model", "version")])
