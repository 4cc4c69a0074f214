"""Columns in, matrix out: LightGBM checks no names, so every wrong, moved or doubled column is refused here."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import DATA, Tiny
from helpers.tinyland import altered
from riskmodel.errors import ColumnsMismatch
from riskmodel.features.encode import HORIZON, HORIZON_GROUP, MatrixSchema, check_columns, encode_column, schema_of
from riskmodel.features.snapshot import ID_COLUMNS
from riskmodel.programme.dictionary import Direction
from riskmodel.programme.loading import load_programme

PROGRAMME = load_programme(DATA / "tiny" / "tiny.yaml")
NAMES = [feature.name for feature in PROGRAMME.features]


@pytest.fixture(scope="module")
def schema() -> MatrixSchema:
    return schema_of(PROGRAMME)


@st.composite
def wrong_columns(draw: st.DrawFn) -> list[str]:
    """Draw a few steps that lead away from the right columns."""
    names = list(NAMES)
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, len(names) - 1))
        match draw(st.sampled_from(["drop", "rename", "extra", "swap", "repeat", "case", "space"])):
            case "drop" if len(names) > 1:
                del names[place]
            case "rename":
                names[place] = draw(st.text(min_size=0, max_size=5))
            case "extra":
                names.insert(draw(st.integers(0, len(names))), draw(st.text(min_size=1, max_size=5)))
            case "swap":
                other = draw(st.integers(0, len(names) - 1))
                names[place], names[other] = names[other], names[place]
            case "repeat":
                names.insert(draw(st.integers(0, len(names))), names[place])
            case "case":
                names[place] = names[place].upper()
            case "space":
                names[place] += " "
    return names


@settings(max_examples=200)
@given(found=wrong_columns())
def test_any_other_columns_are_refused_with_a_diff(found: list[str]) -> None:
    if found == NAMES:
        check_columns(NAMES, found)
        return
    with pytest.raises(ColumnsMismatch) as caught:
        check_columns(NAMES, found)
    told = {(fault.rule, fault.where) for fault in caught.value.faults}
    missing = {("missing_column", name) for name in set(NAMES) - set(found)}
    extra = {("extra_column", name) for name in set(found) - set(NAMES)}
    twice = {("duplicate_column", name) for name in found if found.count(name) > 1}
    if missing | extra | twice:
        assert told == missing | extra | twice
    else:
        ((rule, moved),) = told
        assert rule == "column_order"
        assert found.index(moved) != NAMES.index(moved)
        assert f"place {NAMES.index(moved) + 1} " in str(caught.value)


CHANGES = [
    ("missing", lambda snapshot: snapshot.drop(columns="persons"), {("missing_column", "persons")}),
    ("extra at the end", lambda snapshot: snapshot.assign(extra=1.0), {("extra_column", "extra")}),
    ("extra before the features", lambda snapshot: snapshot.assign(extra=1.0)[["extra", *snapshot.columns]], {("extra_column", "extra")}),
    ("renamed", lambda snapshot: snapshot.rename(columns={"persons": "people"}), {("missing_column", "persons"), ("extra_column", "people")}),
    ("twice", lambda snapshot: snapshot[[*snapshot.columns, "persons"]], {("duplicate_column", "persons")}),
    ("reversed", lambda snapshot: snapshot[[*ID_COLUMNS, *NAMES[::-1]]], {("column_order", NAMES[-1])}),
]  # fmt: skip


@pytest.mark.parametrize(("what", "change", "expected"), CHANGES, ids=[case[0] for case in CHANGES])
def test_a_whole_snapshot_is_refused_with_the_very_difference(
    schema: MatrixSchema, tiny_snapshot: pd.DataFrame, what: str, change: object, expected: set[tuple[str, str]]
) -> None:
    with pytest.raises(ColumnsMismatch) as caught:
        schema.encode(change(tiny_snapshot))  # type: ignore[operator]
    assert {(fault.rule, fault.where) for fault in caught.value.faults} == expected


def test_the_matrix_holds_the_snapshot_s_very_values(
    tiny: Tiny, schema: MatrixSchema, tiny_snapshot: pd.DataFrame
) -> None:
    matrix = schema.encode(tiny_snapshot)
    assert matrix.shape == (len(tiny_snapshot), len(NAMES))
    for place, feature in enumerate(tiny.programme.features):
        if place not in schema.categorical:
            np.testing.assert_array_equal(matrix[:, place], tiny_snapshot[feature.name])
    homes = tiny_snapshot["home_kind"].map({"brick": 0, "mud": 1, "tent": 2})
    np.testing.assert_array_equal(matrix[:, schema.categorical[0]], homes)


CATEGORIES = [("brick", 0), ("mud", 1), ("tent", 2), ("castle", None), ("Brick", None), ("", None), (None, None)]


@pytest.mark.parametrize("dtype", ["str", "object", "category"])
def test_categories_are_coded_by_the_dictionary_and_the_unknown_are_missing(schema: MatrixSchema, dtype: str) -> None:
    """Codes by appearance would change with the rows of the request."""
    home = schema.features[schema.categorical[0]]
    for cells in (CATEGORIES, CATEGORIES[::-1], CATEGORIES[2:3]):
        found = encode_column(pd.Series([cell for cell, _ in cells], dtype=dtype), home)
        np.testing.assert_array_equal(found, [np.nan if code is None else code for _, code in cells])


def test_signs_and_groups_follow_the_dictionary(schema: MatrixSchema) -> None:
    signs = dict(zip(schema.names, schema.monotone, strict=True))
    groups = dict(zip(schema.names, schema.groups, strict=True))
    assert signs == {
        "income_to_line": -1,
        "income_to_line_before": -1,
        "income_change": -1,
        "poor_before_count": 1,
        "persons": 0,
        "land": -1,
        "illness_count_12m": 1,
        "illness_cost_12m": 1,
        "months_since_illness": 0,
        "village_illness": 1,
        "cost_to_income": 0,
        "home_kind": 0,
        "months_settled": 0,
    }
    assert (groups["cost_to_income"], groups["village_illness"], groups["poor_before_count"]) == (
        "health",
        "area",
        "income",
    )
    assert [schema.names[place] for place in schema.categorical] == ["home_kind"]
    for feature, sign in zip(schema.features, schema.monotone, strict=True):
        assert (sign == 0) == (feature.column.direction is Direction.FREE)


def test_with_several_horizons_the_months_are_the_last_column_and_raise_risk(
    tmp_path_factory: pytest.TempPathFactory, tiny_snapshot: pd.DataFrame
) -> None:
    def edit(words: dict[str, dict[str, object]]) -> None:
        words["outcome"] = {
            "kind": "event_within", "events": ["illness"], "horizons_months": [3, 12], "main_horizon_months": 12
        }  # fmt: skip

    schema = schema_of(load_programme(altered(tmp_path_factory.mktemp("horizons"), edit)))
    assert (schema.names[-1], schema.groups[-1], schema.monotone[-1]) == (HORIZON, HORIZON_GROUP, 1)
    assert len(schema.names) == len(schema.groups) == len(schema.monotone) == len(NAMES) + 1
    matrix = schema.encode(tiny_snapshot)
    assert np.isnan(matrix[:, -1]).all()
    asked = schema.at_horizon(matrix, 3)
    assert set(asked[:, -1]) == {3}
    np.testing.assert_array_equal(asked[:, :-1], matrix[:, :-1])
    assert np.isnan(matrix[:, -1]).all(), "the matrix that was handed in must stay as it was"


def test_with_one_horizon_there_is_no_such_column(schema: MatrixSchema, tiny_snapshot: pd.DataFrame) -> None:
    matrix = schema.encode(tiny_snapshot)
    assert HORIZON not in schema.names
    assert schema.at_horizon(matrix, 12) is matrix
