"""A tiny run of the explanation benchmark: its differences hold; its times say nothing here and are not looked at."""

from __future__ import annotations

import numpy as np
import pytest

from riskmodel.bench.explaining import Load, explanation_figures
from riskmodel.bench.invented import CATEGORIES, FEATURES, NUMBERS, SIZES, grow_trees, invent_rows
from riskmodel.bench.report import Figure

TINY = Load(trees=12, training_rows=2_000, rows=40, slow_rows=20, single_rows=3)


@pytest.fixture(scope="module")
def figures() -> tuple[Figure, ...]:
    return explanation_figures(TINY, 1, lambda _: None)


def test_explanations_and_scores_agree_with_lightgbms(figures: tuple[Figure, ...]) -> None:
    differences = [one for one in figures if "difference" in one.name]
    assert len(differences) == 3 * len(SIZES)
    assert all(one.met for one in differences), differences


def test_every_target_of_every_size_is_measured(figures: tuple[Figure, ...]) -> None:
    names = [one.name for one in figures]
    assert len(set(names)) == len(names)
    for size in SIZES:
        asked = [one for one in figures if one.bar is not None and one.name.endswith(size.name)]
        assert len(asked) == 7
    assert all(one.values.low > 0 for one in figures if "difference" not in one.name)


def test_rows_are_the_same_every_time_with_values_missing_and_categories_of_many_sizes() -> None:
    matrix, outcome = invent_rows(4_000)
    np.testing.assert_array_equal(invent_rows(4_000)[0], matrix)
    assert matrix.shape == (4_000, FEATURES)
    assert 0.05 < outcome.mean() < 0.4
    assert np.isnan(matrix).mean() == pytest.approx(0.1, abs=0.01)
    for place, codes in enumerate(CATEGORIES, NUMBERS):
        assert np.nanmax(matrix[:, place]) == codes - 1


def test_trees_split_on_categories_and_may_grow_as_large_as_asked() -> None:
    booster = grow_trees(SIZES[0], 12, 4_000)
    assert booster.num_trees() == 12
    assert any(booster.feature_importance()[NUMBERS:] > 0)
    assert all(tree["num_leaves"] <= SIZES[0].leaves for tree in booster.dump_model()["tree_info"])
