"""Sizes of contributions by hand, and directions that are right, wrong, flat or nobody's business."""

from __future__ import annotations

import numpy as np
import pytest

from riskmodel.evaluation.importance import directions, mean_sizes


def test_columns_of_a_group_are_summed_before_their_size_is_taken() -> None:
    rows = np.array([[1.0, -1.0, 0.5], [2.0, 0.0, -1.5]])
    found = mean_sizes(rows, ("a", "a", "b"), np.arange(2), np.random.default_rng(0))
    assert {name: one.value for name, one in found.items()} == {"a": 1.0, "b": 1.0}
    assert all(one.low <= one.value <= one.high for one in found.values())


def test_the_largest_stands_first() -> None:
    rows = np.random.default_rng(0).normal(size=(500, 3)) * [1, 5, 2]
    assert list(mean_sizes(rows, ("a", "b", "c"), np.arange(500), np.random.default_rng(0))) == ["b", "c", "a"]


def test_a_household_of_many_rows_widens_the_interval() -> None:
    sizes = np.repeat(np.random.default_rng(0).normal(size=100), 20)[:, None]
    alone, whole = (
        mean_sizes(sizes, ("a",), who, np.random.default_rng(0))["a"]
        for who in (np.arange(2_000), np.arange(2_000) // 20)
    )
    assert whole.high - whole.low > 2 * (alone.high - alone.low)


def test_directions_are_held_against_the_dictionary() -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(size=(400, 4))
    values[::7, 0] = np.nan
    own = np.column_stack([np.nan_to_num(values[:, 0]), values[:, 1], values[:, 2] * 1e-4, values[:, 3]])
    found = directions(own, values, ("up", "down", "flat", "free"), (1, -1, 1, 0))
    assert {name: verdict for name, (verdict, _) in found.items()} == {
        "up": "agrees",
        "down": "against",
        "flat": "flat",
    }
    assert found["up"][1] == pytest.approx(1)
