"""The snapshot's shape is a contract: names, order, types, missing values, and rows by household."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from conftest import AS_OF, DATA, Tiny
from helpers.tinyland import events, households, line_of, observations, same_bits
from riskmodel.features.snapshot import ID_COLUMNS, build_snapshot, household_weights
from riskmodel.programme.loading import load_programme
from riskmodel.programme.programme import Programme


@pytest.fixture(scope="module")
def programme() -> Programme:
    return load_programme(DATA / "tiny" / "tiny.yaml")


def test_columns_are_the_ids_and_the_features_in_the_dictionary_s_order(
    tiny: Tiny, tiny_snapshot: pd.DataFrame
) -> None:
    names = [feature.name for feature in tiny.programme.features]
    assert list(tiny_snapshot.columns) == [*ID_COLUMNS, *names]
    assert names[:3] == ["income_to_line", "income_to_line_before", "income_change"]
    assert {str(tiny_snapshot[name].dtype) for name in names if name != "home_kind"} == {"float64"}
    assert str(tiny_snapshot["home_kind"].dtype) == "str"
    assert set(tiny_snapshot["as_of"]) == {pd.Timestamp(AS_OF)}


def test_rows_stand_by_household_id_whatever_order_was_asked_for(tiny: Tiny) -> None:
    asked = np.array([17, 3, 250])
    snapshot = build_snapshot(tiny.programme, tiny.line, AS_OF, asked)
    assert snapshot["household_id"].tolist() == sorted(snapshot["household_id"])
    assert asked.tolist() == [17, 3, 250]


def test_a_household_s_features_do_not_depend_on_who_else_is_asked_for(tiny: Tiny, tiny_snapshot: pd.DataFrame) -> None:
    """One by one in the service, a cohort in training: the same bits."""
    everyone = build_snapshot(tiny.programme, tiny.line, AS_OF, np.arange(tiny.line.size))
    ids = everyone["household_id"].isin(tiny_snapshot["household_id"])
    same_bits(everyone[ids].reset_index(drop=True), tiny_snapshot)
    one = build_snapshot(tiny.programme, tiny.line, AS_OF, np.array([5]))
    same_bits(everyone.iloc[[5]].reset_index(drop=True), one)


def test_a_household_worked_through_by_hand(programme: Programme) -> None:
    line = line_of(
        programme,
        households(("1", "n1"), ("2", "n1"), ("3", "s1")),
        observations(
            ("1", "2018-12-31", "2018-12-31", 250, 2, "true"),
            ("1", "2019-12-31", "2019-12-31", 520, 2, "false"),
            ("2", "2019-12-31", "2019-12-31", 130, 2, None),
            ("3", "2019-12-31", "2020-01-01", 999, 1, None),
        ),
        events(
            ("1", "illness", "2019-01-15", "2019-01-20", 100),
            ("1", "illness", "2019-12-30", "2019-12-30", 30),
            ("2", "illness", "2019-06-15", "2019-06-15", 40),
        ),
    )
    snapshot = build_snapshot(programme, line, dt.date(2020, 1, 1), np.arange(3)).drop(columns=list(ID_COLUMNS))
    nan = np.nan
    expected = {
        "income_to_line": [520 / 260, 130 / 260, nan],
        "income_to_line_before": [250 / 250, nan, nan],
        "income_change": [270.0, nan, nan],
        "poor_before_count": [0.0, 1.0, nan],
        "persons": [2.0, 2.0, nan],
        "land": [0.0, nan, nan],
        # the second illness is known ten days after its record
        "illness_count_12m": [1.0, 1.0, 0.0],
        "illness_cost_12m": [100.0, 40.0, 0.0],
        "months_since_illness": [12.0, 7.0, nan],
        "village_illness": [1.0, 1.0, nan],
        "cost_to_income": [100 / 520, 40 / 130, nan],
        "months_settled": [116.0, 116.0, 116.0],
    }
    for name, values in expected.items():
        np.testing.assert_array_equal(snapshot.pop(name), values, err_msg=name)
    assert snapshot.pop("home_kind").tolist() == ["brick"] * 3
    assert snapshot.empty or not list(snapshot.columns)


def test_an_empty_cohort_gives_no_rows_and_all_columns(programme: Programme) -> None:
    line = line_of(programme, households(("1", "n1")), observations(("1", "2019-12-31", "2019-12-31", 500, 1, None)))
    snapshot = build_snapshot(programme, line, dt.date(2015, 1, 1))
    assert snapshot.empty
    assert list(snapshot.columns) == [*ID_COLUMNS, *(feature.name for feature in programme.features)]
    assert str(snapshot["persons"].dtype) == "float64"


def test_weights_are_as_known_then_and_one_where_there_are_none(programme: Programme) -> None:
    rows = [
        ("1", "2018-12-31", "2018-12-31", 500, 2, None),
        ("1", "2018-12-31", "2020-06-01", 500, 9, None),
        ("2", "2018-12-31", "2018-12-31", 500, None, None),
    ]
    line = line_of(programme, households(("1", "n1"), ("2", "n1"), ("3", "n1")), observations(*rows))
    asked = np.array([0, 1, 2])
    assert household_weights(programme, line, dt.date(2020, 1, 1), asked).tolist() == [1, 1, 1]
    weighted = replace(programme, file=programme.file.model_copy(update={"weight": "observations.size"}))
    assert household_weights(weighted, line, dt.date(2020, 1, 1), asked).tolist() == [2, 1, 1]
    assert household_weights(weighted, line, dt.date(2020, 6, 2), asked).tolist() == [9, 1, 1]
