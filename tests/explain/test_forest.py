"""The layout of a model whose arrays can be worked out by hand, and the base of models that LightGBM trained."""

from __future__ import annotations

import numpy as np
import pytest

from helpers.lightgbm_models import changed, invented, tiny, train, without_trees
from riskmodel.errors import ModelUnsupported
from riskmodel.explain.forest import CATEGORIES, LEFT, RIGHT, Forest, lay_out
from riskmodel.explain.model_text import MISSING_NAN, MISSING_NONE, read_model


@pytest.fixture(scope="module")
def forest() -> Forest:
    return lay_out(read_model(tiny()))


def test_splits_stand_in_preorder_and_leaves_from_left_to_right(forest: Forest) -> None:
    trees = forest.trees
    assert trees.split_start.tolist() == [0, 3, 3, 4]
    assert trees.leaf_start.tolist() == [0, 4, 5, 7]
    assert trees.feature.tolist() == [0, 1, 0, 2]
    assert trees.threshold[:3].tolist() == [0.5, 1.5, 2.5]
    assert trees.child.tolist() == [[1, 2], [-1, -2], [-3, -4], [-1, -2]]
    assert trees.leaf_value.tolist() == [0.125, -0.5, 0.25, -1, 0.0625, 3, -1]
    assert trees.first_leaf.tolist() == [0, 0, 2, 0]
    assert trees.right_leaf.tolist() == [2, 1, 3, 1]


def test_slots_tell_the_level_and_the_side(forest: Forest) -> None:
    assert forest.trees.slot.tolist() == [0, 2, 3, 0]
    assert forest.levels == 2


def test_decisions_are_read_from_lightgbms_bits(forest: Forest) -> None:
    trees = forest.trees
    assert trees.way.tolist() == [MISSING_NONE, MISSING_NAN, MISSING_NAN, CATEGORIES]
    assert trees.default_side.tolist() == [LEFT, LEFT, RIGHT, RIGHT]


def test_shares_multiply_over_the_splits_of_the_same_column_only(forest: Forest) -> None:
    left, right, above = forest.trees.numbers[:, :3].T
    assert left == pytest.approx([0.6, 1 / 3, 0.4 * 0.25, 0.25], rel=1e-15)
    assert right == pytest.approx([0.4, 2 / 3, 0.4 * 0.75, 0.75], rel=1e-15)
    assert above == pytest.approx([1, 1, 0.4, 1], rel=1e-15)
    assert forest.trees.numbers[:, 3:5] == pytest.approx(
        np.array([[0.6, 0.4], [1 / 3, 2 / 3], [0.25, 0.75], [0.25, 0.75]]), rel=1e-15
    )


def test_a_leafs_value_stands_with_its_split_and_its_slot_after_the_trees_splits(forest: Forest) -> None:
    assert forest.trees.numbers[:, 5:].tolist() == [[1, 1], [0.125, -0.5], [0.25, -1], [3, -1]]
    assert forest.trees.places[:, :2].tolist() == [[1, 2], [3, 4], [5, 6], [1, 2]]
    assert forest.trees.places[:, 2].tolist() == [0, 1, 0, 2]


def test_a_repeated_column_knows_its_nearest_earlier_split_and_the_side_it_was_left_by(forest: Forest) -> None:
    trees = forest.trees
    assert trees.earlier_level.tolist() == [-1, -1, 0, -1]
    assert trees.earlier_side.tolist() == [LEFT, LEFT, RIGHT, LEFT]
    assert trees.earlier.tolist() == [-1, -1, 0, -1]
    assert trees.repeated.tolist() == [2]
    assert trees.places[:, 3].tolist() == [0, 0, 1, 0]


def test_earlier_splits_of_later_trees_are_counted_from_the_first_tree() -> None:
    trees = lay_out(read_model(invented(5, leaves=12, features=1, trees=3))).trees
    for split in range(len(trees.earlier)):
        tree = np.searchsorted(trees.split_start, split, side="right") - 1
        first = trees.split_start[tree]
        assert trees.earlier[split] == -1 if split == first else first <= trees.earlier[split] < split
        if split > first:
            assert trees.slot[trees.earlier[split]] // 2 == trees.earlier_level[split] == trees.slot[split] // 2 - 1


def test_categories_are_followed_by_a_word_of_zeros(forest: Forest) -> None:
    trees = forest.trees
    assert trees.bits.tolist() == [2, 0, 5, 0]
    assert (trees.first_word[3], trees.words[3]) == (0, 3)


def test_points_are_half_the_columns_of_the_richest_path_rounded_up(forest: Forest) -> None:
    assert forest.trees.points.tolist() == [1, 0, 1]
    for features, points in ((1, 1), (2, 1), (3, 2), (4, 2), (7, 4)):
        chain = lay_out(read_model(invented(0, leaves=30, features=features, chain=True)))
        assert (chain.trees.points.tolist(), chain.levels, chain.most_points) == ([points], 29, points)


def test_base_is_the_mean_over_training_rows(forest: Forest) -> None:
    first = 0.2 * 0.125 + 0.1 * 0.25 - 0.4 * 0.5 - 0.3
    assert forest.base == pytest.approx(first + 0.0625 + 0.25 * 3 - 0.75, abs=1e-15)


@pytest.mark.parametrize("boosting", ["gbdt", "dart", "rf"])
def test_base_is_the_last_column_of_lightgbms_contributions(boosting: str) -> None:
    rng = np.random.default_rng(1)
    X = rng.normal(size=(300, 4))
    y = (X[:, 0] + rng.normal(size=300) > 0).astype(float)
    bagging = {"bagging_fraction": 0.6, "bagging_freq": 1}
    booster = train(X, y, 12, boosting=boosting, num_leaves=9, **bagging)
    last = booster.predict(X[:1], pred_contrib=True)[0, -1]
    assert lay_out(read_model(booster.model_to_string())).base == pytest.approx(last, abs=1e-12)


def test_a_tree_that_is_one_long_chain_is_laid_out_without_recursion() -> None:
    assert lay_out(read_model(invented(0, leaves=1001, features=2, chain=True))).levels == 1000


def test_a_chain_that_would_take_hours_to_lay_out_is_refused() -> None:
    with pytest.raises(ModelUnsupported, match="a path of more than 1000 splits"):
        read_model(invented(0, leaves=1002, features=2, chain=True))


def test_a_threshold_next_to_infinity_is_laid_out_without_a_warning() -> None:
    text = changed(tiny(), "threshold", "1.7976931348623157e308 2.5 1.7976931348623157e308")
    assert lay_out(read_model(text)).trees.limit[:2].tolist() == [1.7976931348623157e308, -np.inf]


def test_a_model_without_trees_is_laid_out() -> None:
    forest = lay_out(read_model(without_trees()))
    assert (forest.levels, forest.base, forest.most_points) == (0, 0.0, 1)
