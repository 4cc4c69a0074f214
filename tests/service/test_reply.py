"""JSON keeps every bit of a float, and never holds what JSON does not have."""

from __future__ import annotations

import json
import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskmodel.service.reply import json_response


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_floats_keep_every_bit(number: float) -> None:
    found = json.loads(json_response({"number": number}).body)["number"]
    assert struct.pack("d", found) == struct.pack("d", number)


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_what_json_does_not_have_is_an_error_of_ours(number: float) -> None:
    with pytest.raises(ValueError, match="JSON"):
        json_response({"scores": [number]})


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_texts(text: str) -> None:
    for one in (text, f"NaN{text}", f"{text}Infinity"):
        assert json.loads(json_response({one: one}).body) == {one: one}
