"""Plain values are read as the same values in a table are: same matrix, same faults."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from conftest import TODAY
from riskmodel.features.encode import MatrixSchema
from riskmodel.programme.dictionary import Kind
from riskmodel.scoring.cells import CellReader
from riskmodel.scoring.inputs import BadCell, Inputs, read_inputs
from riskmodel.scoring.scorer import Scorer

NUMBERS = st.floats(-5, 200) | st.integers(-5, 200) | st.just(-0.0)
VALUES = {
    Kind.NUMBER: NUMBERS,
    Kind.INTEGER: NUMBERS,
    Kind.BOOLEAN: st.sampled_from([True, False, 0, 1, 1.0]),
    Kind.CATEGORY: st.sampled_from(["brick", "mud", "tent", "castle", "", "农"]),
}
IDS = st.sampled_from(["1", "2", "3", "", "x" * 64, "x" * 65])
DAYS = st.sampled_from(["2021-01-01", "2020-02-29", "2021-06-01", "2021-06-02"])


def household(schema: MatrixSchema) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({feature.name: st.none() | VALUES[feature.column.kind] for feature in schema.features})


def by_table(
    schema: MatrixSchema, ids: list[str], days: list[str], features: list[dict[str, Any]]
) -> tuple[Inputs, list[BadCell]]:
    columns: dict[str, Any] = {"household_id": pd.array(ids, dtype="str"), "as_of": pd.to_datetime(days)}
    for feature in schema.features:
        cells = [one[feature.name] for one in features]
        categorical = feature.column.kind is Kind.CATEGORY
        columns[feature.name] = pd.array(cells, dtype="str") if categorical else np.array(cells, dtype="float64")
    return read_inputs(schema, pd.DataFrame(columns), TODAY)


@hypothesis_settings(max_examples=300)
@given(st.data())
def test_as_a_table_is_read(scorer: Scorer, data: st.DataObject) -> None:
    ids = data.draw(st.lists(IDS, min_size=1, max_size=4))
    days = [data.draw(DAYS) for _ in ids]
    features = [data.draw(household(scorer.schema)) for _ in ids]
    expected, named = by_table(scorer.schema, ids, days, features)
    found, bad = scorer.cells.read(ids, days, features, TODAY)
    assert bad == named
    refused = {(cell.row, cell.column) for cell in bad}
    sound = [
        (row, place)
        for row in range(len(ids))
        for place, feature in enumerate(scorer.schema.features)
        if (row, feature.name) not in refused
    ]
    for cell in sound:
        assert found.matrix[cell].tobytes() == expected.matrix[cell].tobytes()
        assert found.unknown[cell] == expected.unknown[cell]
    assert list(found.household_id) == list(expected.household_id)
    assert (found.as_of == expected.as_of).all()


ANYTHING = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.integers(), max_size=2)


@hypothesis_settings(max_examples=300)
@given(st.data())
def test_whatever_comes_is_encoded_or_named(scorer: Scorer, data: st.DataObject) -> None:
    names = [feature.name for feature in scorer.schema.features]
    one = {name: data.draw(ANYTHING) for name in names}
    found, bad = scorer.cells.read([data.draw(ANYTHING)], [data.draw(ANYTHING)], [one], TODAY)
    assert not np.isinf(found.matrix).any()
    refused = {cell.column for cell in bad}
    for place, name in enumerate(names):
        if name not in refused and np.isnan(found.matrix[0, place]):
            assert one[name] is None or found.unknown[0, place]


@pytest.mark.parametrize("count", [0, 1])
def test_schemas_of_few_features(scorer: Scorer, count: int) -> None:
    schema = MatrixSchema(scorer.schema.features[:count], True)
    features = [{feature.name: 1 for feature in schema.features}] * 2
    found, bad = CellReader(schema).read(["1", "2"], ["2021-01-01"] * 2, features, dt.date(2021, 6, 1))
    assert bad == []
    assert found.matrix.shape == (2, count + 1)
    assert np.isnan(found.matrix[:, -1]).all()


def test_an_integer_at_the_edge_of_the_floats(scorer: Scorer, tiny_snapshot: pd.DataFrame) -> None:
    row = tiny_snapshot.iloc[0]
    one = {
        feature.name: None if pd.isna(row[feature.name]) else row[feature.name] for feature in scorer.schema.features
    }
    one = {name: value if isinstance(value, str | None) else float(value) for name, value in one.items()}
    for number, rule in [(2**1023, "range"), (2**1024, "finite"), (-(2**1024), "finite")]:
        _, bad = scorer.cells.read(["1"], ["2021-01-01"], [{**one, "persons": number}], TODAY)
        assert [(cell.column, cell.rule) for cell in bad] == [("persons", rule)]
