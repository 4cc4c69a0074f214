"""CloudEvents 1.0 in JSON, one or a batch, as reports.

Source: CNCF, *CloudEvents Version 1.0.2* and *JSON Event Format for CloudEvents*, 2022. ``subject`` is the household's id,
the last part of ``type`` the kind of event, and the day of ``time`` is when it happened unless ``data.occurred_on`` says so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from riskmodel.errors import Fault
from riskmodel.service.errors import RequestInvalid
from riskmodel.service.json_body import Repeated
from riskmodel.service.reports import Reading, Report

SPECIFICATION = "1.0"
SINGLE, BATCH = "application/cloudevents+json", "application/cloudevents-batch+json"
MOST_EVENTS = 10_000
DATA = frozenset({"occurred_on", "amount", "cause"})
_TIME = re.compile(r"(\d{4}-\d{2}-\d{2})[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})", re.ASCII)
TWICE = Fault("event", "repeated_key", "the same key stands twice; which value is meant can't be known")
Read = tuple[int, Report | Fault]


def read_events(document: Any, media_type: str, reading: Reading) -> tuple[list[Read], bool]:
    """Read one event or a batch of them.

    Parameters
    ----------
    document : object
        The body's JSON value.
    media_type : str
        As declared; under ``application/json`` an array is a batch.
    reading : Reading
        What reports may say.

    Returns
    -------
    list of (int, Report or Fault)
        Each event with its place, from 0 on.
    bool
        Whether it was a batch.

    Raises
    ------
    RequestInvalid
        If the body as a whole is not what it is declared as, or holds too many events.
    """
    batch = isinstance(document, list)
    if (media_type == BATCH and not batch) or (media_type == SINGLE and batch):
        raise _invalid("form", f"expected an object under {SINGLE}, an array of them under {BATCH}")
    events = document if batch else [document]
    if not 1 <= len(events) <= MOST_EVENTS:
        raise _invalid("count", f"expected 1 to {MOST_EVENTS:,} events; send larger files as a job")
    return [(place, _read(event, reading)) for place, event in enumerate(events)], batch


def _invalid(rule: str, message: str) -> RequestInvalid:
    return RequestInvalid("request", [Fault("body", rule, message)])


def _read(event: Any, reading: Reading) -> Report | Fault:
    fault = _shape_fault(event)
    if fault is not None:
        return fault
    data = event.get("data") or {}
    values = {
        "event_id": event["id"],
        "household_id": event.get("subject"),
        "kind": event["type"].rpartition(".")[2],
        "occurred_on": _day(event.get("time")) if data.get("occurred_on") is None else data["occurred_on"],
        "amount": data.get("amount"),
        "cause": data.get("cause"),
    }
    if isinstance(values["amount"], str):
        return Fault("data.amount", "number", "expected a number, or null")
    found = reading.read(values, event["source"])
    return in_event(found) if isinstance(found, Fault) else found


def in_event(fault: Fault) -> Fault:
    """Return a report's fault with the place where an event has the value."""
    return Fault(PLACES.get(fault.where, fault.where), fault.rule, fault.message)


PLACES: Mapping[str, str] = {
    "event_id": "id",
    "household_id": "subject",
    "kind": "type",
    "occurred_on": "data.occurred_on",
    "amount": "data.amount",
    "cause": "data.cause",
}
"""Name of a value in a report -> where an event has it."""


def _shape_fault(event: Any) -> Fault | None:
    """Return what is wrong with an event as such; None where its values can be read."""
    if not isinstance(event, dict):
        return Fault("event", "object", "expected an object")
    if isinstance(event, Repeated):
        return TWICE
    if event.get("specversion") != SPECIFICATION:
        return Fault("specversion", "version", f'expected "{SPECIFICATION}"')
    for name in ("id", "source", "type"):
        if not isinstance(event.get(name), str) or not event[name]:
            return Fault(name, "required", "expected text that is not empty")
    if event.get("time") is not None and _day(event["time"]) is None:
        return Fault("time", "time", "expected an instant as RFC 3339 writes it, such as 2026-03-01T08:00:00Z")
    return Fault("data", "object", "expected an object, or nothing") if "data_base64" in event else _data_fault(event)


def _data_fault(event: Mapping[str, Any]) -> Fault | None:
    data = event.get("data")
    if data is not None and not isinstance(data, dict):
        return Fault("data", "object", "expected an object, or nothing")
    if isinstance(data, Repeated):
        return TWICE
    if data and not data.keys() <= DATA:
        return Fault("data", "unknown_key", f"holds a key that is not known; expected {', '.join(sorted(DATA))}")
    return None


def _day(time: Any) -> str | None:
    """Return the day of an instant, where its sender was."""
    found = _TIME.fullmatch(time) if isinstance(time, str) else None
    return found.group(1) if found else None
