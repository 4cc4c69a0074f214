"""A flat object is read strictly, and whatever is wrong with it is told by place and rule without repeating it."""

from __future__ import annotations

import datetime as dt
import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskmodel.errors import InputError
from riskmodel.service.api.flat_body import Presence, choice, date, described, number, read_flat, text
from riskmodel.service.api.schemas import UnmaskingRequestShape
from riskmodel.service.errors import InvalidJson, RequestInvalid

TODAY = dt.date(2021, 6, 1)
SECRET = "110101199003078888"
FIELDS = (
    choice("outcome", ("yes", "no")),
    text("reason", 20),
    text("expected", 5, Presence.NULLABLE),
    date("as_of", TODAY, Presence.OPTIONAL),
    number("corrects", Presence.OPTIONAL),
)
SOUND: dict[str, Any] = {"outcome": "yes", "reason": "roof\tis\ngone 屋", "expected": None}


def faults(body: bytes) -> list[tuple[str, str]]:
    with pytest.raises(RequestInvalid) as refused:
        read_flat(body, FIELDS)
    assert (refused.value.code, refused.value.status) == ("invalid_request", 422)
    assert SECRET not in str(refused.value)
    return [(fault.where, fault.rule) for fault in refused.value.faults]


def test_what_is_left_out_is_none() -> None:
    assert read_flat(json.dumps(SOUND).encode(), FIELDS) == {**SOUND, "as_of": None, "corrects": None}


def test_every_kind() -> None:
    whole = {**SOUND, "expected": "12345", "as_of": "2021-06-01", "corrects": 2**62}
    assert read_flat(json.dumps(whole).encode(), FIELDS) == {**whole, "as_of": TODAY}


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("outcome", "maybe", "choice"),
        ("outcome", ["yes"], "choice"),
        ("outcome", None, "required"),
        ("reason", 7, "text"),
        ("reason", " \t\n\u3000", "blank"),
        ("reason", "", "blank"),
        ("reason", SECRET * 2, "too_long"),
        ("reason", "a\x00b", "unicode"),
        ("reason", "a\x1bb", "unicode"),
        ("reason", "\ud800", "unicode"),
        ("expected", "", "blank"),
        ("as_of", "2021-06-02", "future"),
        ("as_of", "2021-02-30", "date"),
        ("as_of", "20210601", "date"),
        ("as_of", 20210601, "date"),
        ("as_of", SECRET, "date"),
        ("corrects", 0, "number"),
        ("corrects", True, "number"),
        ("corrects", "1", "number"),
        ("corrects", 2**62 + 1, "number"),
    ],
)
def test_each_rule(name: str, value: Any, rule: str) -> None:
    assert faults(json.dumps({**SOUND, name: value}).encode()) == [(name, rule)]


def test_all_faults_come_together() -> None:
    body = json.dumps({"reason": 1, "as_of": SECRET, SECRET: SECRET}).encode()
    expected = [("as_of", "date"), ("body", "unknown_key"), ("expected", "required")]
    assert sorted(faults(body)) == sorted([*expected, ("outcome", "required"), ("reason", "text")])


def test_a_key_that_stands_twice() -> None:
    text_of = json.dumps(SOUND)[:-1]
    assert faults(f'{text_of}, "reason": "x"}}'.encode()) == [("reason", "repeated_key")]
    twice = f'{text_of}, "{SECRET}": 1, "{SECRET}": 2}}'.encode()
    assert faults(twice) == [("body", "unknown_key"), ("body", "repeated_key")]


@pytest.mark.parametrize("body", [b"[]", b"1", b'"x"', b"null", b"NaN"])
def test_what_is_no_object(body: bytes) -> None:
    assert faults(body) == [("body", "object")]


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 100_000])
def test_what_is_no_json(body: bytes) -> None:
    with pytest.raises(InvalidJson):
        read_flat(body, FIELDS)


@given(
    st.dictionaries(st.sampled_from(["outcome", "reason", "expected", "as_of", "corrects", "x"]), st.from_type(object))
)
def test_anything_is_read_or_refused(document: dict[str, Any]) -> None:
    body = json.dumps(document, default=str).encode("utf-8", "surrogatepass")
    with suppress(InputError):
        assert set(read_flat(body, FIELDS)) == {field.name for field in FIELDS}


def test_how_it_is_described() -> None:
    schema = described(UnmaskingRequestShape)["requestBody"]["content"]["application/json"]["schema"]
    assert schema["required"] == ["purpose"]
    assert "$ref" not in json.dumps(schema)
