"""Reads a request's JSON. Whatever bytes come, the outcome is a value or one of our errors.

``NaN``, ``Infinity`` and ``1e999`` are read as the floats they mean, so that the check of each field can refuse them by
name; a key that stands twice is remembered for the same reason.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from pydantic_core import from_json

from riskmodel.service.errors import InvalidJson


class Repeated(dict[str, Any]):
    """An object in which a key stands twice: which of the values was meant can't be known."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        counts = Counter(key for key, _ in pairs)
        self.keys_twice = frozenset(key for key, count in counts.items() if count > 1)


def parse_json(body: bytes) -> Any:
    """Return the value of a JSON text.

    Raises
    ------
    InvalidJson
        If the bytes are not UTF-8, not one JSON value, or nested or long beyond reason. The message says where the
        text stops being JSON but repeats none of it.
    """
    if not body.strip():
        raise InvalidJson("the body is empty; expected a JSON object")
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidJson(f"the body is not UTF-8 from byte {error.start} on; send UTF-8 without a mark") from None
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise InvalidJson(f"the body is not JSON from line {error.lineno}, column {error.colno} on") from None
    except RecursionError:
        raise InvalidJson("the body is nested too deeply") from None
    except ValueError:
        # a number of thousands of digits
        raise InvalidJson("the body holds a number with too many digits") from None


def parse_quickly(body: bytes) -> Any:
    """Return the value of a JSON text several times faster than :func:`parse_json`, or None where that has to look.

    Of a key that stands twice the last value is kept, and nobody told: whoever asks makes sure that none does.
    """
    try:
        return from_json(body, cache_strings="keys")
    except ValueError:
        return None


def whole_number(value: Any) -> int | None:
    """Return the whole number that a value is, else None; JSON knows one kind of number, so that 3.0 is 3."""
    if type(value) is float and value.is_integer():
        return int(value)
    # to Python, true is a number
    return value if type(value) is int else None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    return found if len(found) == len(pairs) else Repeated(pairs)


_DECODER = json.JSONDecoder(object_pairs_hook=_object)
