"""Values written as JSON and read again: every float to the bit, every text to the letter, what is missing missing."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
from hypothesis import example, given
from hypothesis import strategies as st

from riskmodel.programme.dictionary import Kind
from riskmodel.service.store.json_columns import json_objects, json_texts, read_lists, typed_array, typed_values

FLOATS = st.lists(
    st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**53), 2**53).map(float) | st.none()
)
TEXTS = st.lists(st.none() | st.text(st.characters(exclude_categories=["Cs"])), min_size=1)


def round_trip(column: pd.Series, kind: Kind) -> object:
    text = f'{{"a":[{",".join(json_texts(column, kind).to_pylist())}]}}'
    json.loads(text)
    return typed_array(read_lists([text], {"a": kind})["a"].flatten(), kind)


@given(FLOATS)
@example([-0.0, 0.0, 5e-324, 1.7976931348623157e308, 0.1 + 0.2, 1e15, 1e16, 1e22, None])
def test_floats_come_back_to_the_bit(values: list[float | None]) -> None:
    column = pd.Series(values, dtype="float64")
    back = np.asarray(round_trip(column, Kind.NUMBER), dtype="float64")
    assert back.view("int64").tolist() == column.to_numpy().view("int64").tolist()


@given(TEXTS)
@example(['"', "\\", "\n", "\0", "\N{LINE SEPARATOR}", "", "甲", "null", None])
def test_texts_come_back(values: list[str | None]) -> None:
    column = pd.Series(values, dtype="str")
    pd.testing.assert_series_equal(pd.Series(round_trip(column, Kind.TEXT)), column)


@given(st.lists(st.none() | st.dates()))
def test_days_come_back(values: list[object]) -> None:
    column = pd.Series(np.array(values, dtype="datetime64[us]"))
    pd.testing.assert_series_equal(pd.Series(round_trip(column, Kind.DATE)), column)


def test_known_texts() -> None:
    numbers = pd.Series([3.0, 0.5, np.nan, -0.0])
    assert json_texts(numbers, Kind.NUMBER).to_pylist() == ["3", "0.5", "null", "-0.0"]
    days = pd.Series(np.array(["1970-01-02", "NaT", "1969-12-31"], dtype="datetime64[us]"))
    assert json_texts(days, Kind.DATE).to_pylist() == ["1", "null", "-1"]
    assert json_texts(pd.Series(['a"b', None], dtype="str"), Kind.CATEGORY).to_pylist() == ['"a\\"b"', "null"]


def test_a_column_in_several_pieces() -> None:
    pieces = [pd.Series(["a", None], dtype="str"), pd.Series(["b"], dtype="str")]
    assert json_texts(pd.concat(pieces), Kind.TEXT).to_pylist() == ['"a"', "null", '"b"']


def test_objects_are_for_people() -> None:
    frame = pd.DataFrame(
        {
            "size": [4.0, np.nan],
            "since": np.array(["2010-05-01", "NaT"], dtype="datetime64[us]"),
            "home": pd.array(["brick", None], dtype="str"),
        }
    )
    shape = {"size": Kind.INTEGER, "since": Kind.DATE, "home": Kind.CATEGORY}
    texts = json_objects(frame, shape)
    assert texts == ['{"size":4,"since":"2010-05-01","home":"brick"}', '{"size":null,"since":null,"home":null}']
    assert json_objects(frame, {}) == ["{}", "{}"]
    facts = [json.loads(text) for text in texts]
    for name, kind in shape.items():
        values = pd.Series(typed_values([fact[name] for fact in facts], kind), name=name)
        pd.testing.assert_series_equal(values, frame[name])


def test_lists_that_an_object_lacks_are_null() -> None:
    lists = read_lists(['{"a":[1,2]}', '{"a":[],"b":["x"],"c":[7]}'], {"a": Kind.NUMBER, "b": Kind.TEXT})
    assert lists["a"].to_pylist() == [[1, 2], []]
    assert lists["b"].to_pylist() == [None, ["x"]]
    assert read_lists([], {"a": Kind.DATE})["a"].to_pylist() == []
