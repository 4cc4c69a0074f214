"""Whatever bytes come, the outcome is a value or one of our errors."""

from __future__ import annotations

import contextlib
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskmodel.service.errors import InvalidJson
from riskmodel.service.json_body import Repeated, parse_json, parse_quickly, whole_number

NOT_JSON = {
    "empty": b"",
    "blank": b" \n ",
    "cut short": b'{"households": [',
    "two values": b"{} {}",
    "utf-16": '{"a": 1}'.encode("utf-16"),
    "gbk": '{"a": "农户"}'.encode("gbk"),
    "mark": b"\xef\xbb\xbf{}",
    "binary": bytes(range(256)),
    "nul": b"\x00",
    "deep list": b"[" * 200_000,
    "deep object": b'{"a":' * 200_000,
    "long number": b"1" * 5_000,
    "arabic digit": '{"a": 1\u0663}'.encode(),
    "single quotes": b"{'a': 1}",
}


@pytest.mark.parametrize("body", NOT_JSON.values(), ids=NOT_JSON)
def test_what_is_not_json(body: bytes) -> None:
    with pytest.raises(InvalidJson) as error:
        parse_json(body)
    assert error.value.status == 400


def test_no_part_of_the_body_is_repeated() -> None:
    with pytest.raises(InvalidJson) as error:
        parse_json(b'{"household_id": 110101199003078888')
    assert "110101199003078888" not in str(error.value)


def test_numbers_that_are_no_json_become_floats_for_the_fields_to_refuse() -> None:
    found = parse_json(b"[NaN, Infinity, -Infinity, 1e999]")
    assert math.isnan(found[0]) and found[1:] == [math.inf, -math.inf, math.inf]


def test_repeated_keys_are_remembered() -> None:
    found = parse_json(b'{"a": 1, "b": 2, "a": 3}')
    assert isinstance(found, Repeated)
    assert found.keys_twice == {"a"}
    assert not isinstance(parse_json(b'{"a": 1, "b": {"a": 1}}'), Repeated)


@given(st.binary(max_size=200))
def test_any_bytes(body: bytes) -> None:
    with contextlib.suppress(InvalidJson):
        parse_json(body)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(VALUES, st.booleans())
def test_the_quick_parser_reads_the_same(value: object, escaped: bool) -> None:
    try:
        body = json.dumps(value, ensure_ascii=escaped).encode()
    except UnicodeEncodeError:
        return
    quick = parse_quickly(body)
    # nan is not equal to itself, but its repr is
    assert quick is None or repr(quick) == repr(parse_json(body))


@given(st.from_regex(r"-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,3})?", fullmatch=True))
def test_the_quick_parser_reads_numbers_to_the_bit(text: str) -> None:
    assert repr(parse_quickly(text.encode())) == repr(parse_json(text.encode()))


@pytest.mark.parametrize("body", NOT_JSON.values(), ids=NOT_JSON)
def test_the_quick_parser_leaves_what_is_not_json(body: bytes) -> None:
    assert parse_quickly(body) is None


@pytest.mark.parametrize(
    ("value", "whole"),
    [(3, 3), (3.0, 3), (-0.0, 0), (1e3, 1000), (3.5, None), (True, None), ("3", None), (None, None)],
)
def test_a_whole_number_is_one_however_it_is_written(value: object, whole: int | None) -> None:
    assert whole_number(value) == whole


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_no_number_is_no_whole_one(value: float) -> None:
    assert whole_number(value) is None
