"""Audit groups read as people say them, unknown stays unknown, and the list is each period's top share."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskmodel.errors import ColumnsMismatch
from riskmodel.evaluation.audit import audit_labels, listed_at_capacity
from riskmodel.programme.programme import AuditGroup


def group(name: str, column: str, cuts: tuple[float, ...] = ()) -> AuditGroup:
    return AuditGroup(name=name, label={"en": name}, column=column, cuts=cuts)


def labelled(values: np.ndarray, cuts: tuple[float, ...] = ()) -> list[str | None]:
    return audit_labels([group("g", "households.x", cuts)], {"households.x": values})["g"].tolist()


def test_numbers_are_cut_and_an_edge_belongs_above() -> None:
    values = np.array([0.0, 0.5, 4.99, 5.0, 70.0, np.nan])
    assert labelled(values, (0.5, 5)) == ["< 0.5", "0.5 to 5", "0.5 to 5", ">= 5", ">= 5", None]
    assert labelled(values, (0.5,)) == ["< 0.5", ">= 0.5", ">= 0.5", ">= 0.5", ">= 0.5", None]


@pytest.mark.parametrize(
    "values",
    [
        np.array([1.0, 0.0, np.nan]),
        np.array([True, False, None], dtype=object),
        np.array([1, 0, pd.NA], dtype=object),
    ],
    ids=["as the snapshot holds them", "objects", "pandas"],
)
def test_booleans_are_yes_and_no_however_they_are_stored(values: np.ndarray) -> None:
    assert labelled(values) == ["yes", "no", None]
    assert labelled(np.array([True, False])) == ["yes", "no"]


def test_categories_keep_their_code_and_missing_ones_are_unknown() -> None:
    assert labelled(np.array(["han", "zhuang", None, np.nan], dtype=object)) == ["han", "zhuang", None, None]
    text = pd.array(["han", None], dtype="str").to_numpy()
    assert labelled(np.asarray(text)) == ["han", None]


def test_whole_numbers_without_cuts_are_their_own_groups() -> None:
    assert labelled(np.array([1.0, 2.0, np.nan])) == ["1", "2", None]


def test_nothing_known_is_nothing_labelled() -> None:
    assert labelled(np.full(2, np.nan), (0.5,)) == labelled(np.full(2, np.nan)) == [None, None]


def test_labels_go_by_the_groups_name_and_a_missing_column_is_named() -> None:
    found = audit_labels([group("sex", "households.head_sex")], {"households.head_sex": np.array(["f"], dtype=object)})
    assert list(found) == ["sex"]
    with pytest.raises(ColumnsMismatch, match=r"audit_groups\.road.*road_km"):
        audit_labels([group("road", "road_km", (5,))], {"households.head_sex": np.array(["f"], dtype=object)})


def test_list_is_the_top_share_of_each_period_alone() -> None:
    log_odds = np.array([5.0, 6, 7, 8, 1, 2, 3, 4])
    period = np.repeat(["2018", "2019"], 4)
    assert listed_at_capacity(log_odds, np.arange(8), period, 0.5).tolist() == [False, False, True, True] * 2


def test_ties_go_to_the_first_household_and_a_tiny_share_still_visits_one() -> None:
    listed = listed_at_capacity(np.zeros(5), np.array([9, 3, 7, 1, 5]), np.zeros(5), 0.4)
    assert listed.tolist() == [False, True, False, True, False]
    assert listed_at_capacity(np.arange(5.0), np.arange(5), np.zeros(5), 0.001).sum() == 1


@given(st.integers(0, 1000), st.integers(1, 60), st.floats(0.01, 1))
def test_nobody_left_out_outranks_anybody_listed(seed: int, n: int, share: float) -> None:
    score = np.random.default_rng(seed).integers(0, 6, n).astype(float)
    listed = listed_at_capacity(score, np.arange(n), np.zeros(n), share)
    assert listed.sum() == max(1, round(share * n))
    if not listed.all():
        assert score[listed].min() >= score[~listed].max()
