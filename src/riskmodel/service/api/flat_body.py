"""Reads bodies that are flat objects: strict about names and types, silent about values."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from riskmodel.errors import Fault
from riskmodel.scoring.cells import day_of
from riskmodel.service.api.schemas import Shape
from riskmodel.service.errors import RequestInvalid
from riskmodel.service.json_body import Repeated, parse_json, whole_number

MOST_NUMBER = 2**62
"""Numbers of records are given by the database, which counts no further."""
# lines and tabs are what people type; PostgreSQL keeps no NUL, and half of a character can't be written anywhere
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


class Presence(StrEnum):
    """Whether a field has to be there."""

    REQUIRED = "required"
    NULLABLE = "nullable"
    """It has to be there, and may be null."""
    OPTIONAL = "optional"
    """It may be left out or null."""


@dataclass(frozen=True, slots=True)
class Broken:
    """The rule that a value breaks, in words that repeat nothing of it."""

    rule: str
    message: str


@dataclass(frozen=True, slots=True)
class Field:
    """One key of an object.

    Attributes
    ----------
    name : str
        The key.
    read : callable
        Returns what a value means, or the rule that it breaks.
    presence : Presence
        Whether it has to be there.
    """

    name: str
    read: Callable[[Any], Any]
    presence: Presence


def text(name: str, most_characters: int, presence: Presence = Presence.REQUIRED) -> Field:
    """Return a field that holds words."""

    def read(value: Any) -> str | Broken:
        if not isinstance(value, str):
            return Broken("text", "expected text")
        if _UNPRINTABLE.search(value):
            return Broken("unicode", "expected text without control characters or half of a character")
        if not value.strip():
            return Broken("blank", "is blank; expected words")
        if len(value) > most_characters:
            return Broken("too_long", f"expected at most {most_characters} characters")
        return value

    return Field(name, read, presence)


def choice(name: str, choices: Sequence[str], presence: Presence = Presence.REQUIRED) -> Field:
    """Return a field that holds one of some words."""
    broken = Broken("choice", f"expected one of {', '.join(choices)}")

    def read(value: Any) -> str | Broken:
        return value if isinstance(value, str) and value in choices else broken

    return Field(name, read, presence)


def date(name: str, latest: dt.date, presence: Presence = Presence.REQUIRED) -> Field:
    """Return a field that holds a date up to a day."""

    def read(value: Any) -> dt.date | Broken:
        day = day_of(value)
        if day is None:
            return Broken("date", "expected a date as YYYY-MM-DD")
        return day if day <= latest else Broken("future", "expected a date that is not in the future")

    return Field(name, read, presence)


def number(name: str, presence: Presence = Presence.REQUIRED, *, least: int = 1) -> Field:
    """Return a field that holds the number of a record; ``least`` is 0 where none may be meant."""
    broken = Broken("number", f"expected a whole number from {least} on")

    def read(value: Any) -> int | Broken:
        whole = whole_number(value)
        return broken if whole is None or not least <= whole <= MOST_NUMBER else whole

    return Field(name, read, presence)


def read_flat(body: bytes, fields: Sequence[Field]) -> dict[str, Any]:
    """Read an object; what is left out is None.

    Parameters
    ----------
    body : bytes
        As it came.
    fields : sequence of Field
        Every key that it may have.

    Raises
    ------
    InvalidJson
        If the body is not JSON.
    RequestInvalid
        With every fault; nothing of the body is repeated but names of ours.
    """
    document = parse_json(body)
    if not isinstance(document, dict):
        raise RequestInvalid("request", [Fault("body", "object", "expected an object")])
    faults = _key_faults(document, fields)
    values: dict[str, Any] = {field.name: None for field in fields}
    for field in fields:
        found = _value(document, field)
        if isinstance(found, Broken):
            faults.append(Fault(field.name, found.rule, found.message))
        else:
            values[field.name] = found
    if faults:
        raise RequestInvalid("request", faults)
    return values


def _value(document: dict[str, Any], field: Field) -> Any:
    required = Broken("required", "is required")
    if field.name not in document:
        return None if field.presence is Presence.OPTIONAL else required
    value = document[field.name]
    if value is None:
        return required if field.presence is Presence.REQUIRED else None
    return field.read(value)


def _key_faults(document: dict[str, Any], fields: Sequence[Field]) -> list[Fault]:
    known = {field.name for field in fields}
    faults = []
    if not document.keys() <= known:
        expected = ", ".join(field.name for field in fields)
        faults.append(Fault("body", "unknown_key", f"holds a key that is not known; expected {expected}"))
    if isinstance(document, Repeated):
        message = "the same key stands twice; which value is meant can't be known"
        faults += [Fault(name, "repeated_key", message) for name in sorted(document.keys_twice & known) or ["body"]]
    return faults


def described(shape: type[Shape]) -> dict[str, Any]:
    """Return what ``/openapi.json`` tells of a body that a route reads itself."""
    content = {"application/json": {"schema": shape.model_json_schema()}}
    return {"requestBody": {"required": True, "content": content}}
