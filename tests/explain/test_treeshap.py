"""Contributions are exact and scores are LightGBM's to the bit: against LightGBM, and against Shapley's own definition."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from itertools import combinations, pairwise
from math import comb, isnan

import lightgbm as lgb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.lightgbm_models import SPECIAL, ZERO, asked_rows, changed, invented, sized, tiny, train, without_trees
from riskmodel.errors import ColumnsMismatch
from riskmodel.explain import block_kernel, deciding, row_kernel
from riskmodel.explain.model_text import (
    CATEGORICAL,
    DEFAULT_LEFT,
    MISSING_NAN,
    MISSING_NONE,
    MISSING_SHIFT,
    MISSING_ZERO,
    TextTree,
    read_model,
)
from riskmodel.explain.treeshap import FEW_ROWS, LARGEST_BLOCK, SMALLEST_BLOCK, TreeExplainer, block_size

SHAP_TOLERANCE, SUM_TOLERANCE, KERNEL_TOLERANCE = 1e-10, 1e-9, 1e-12
Explained = tuple[np.ndarray, np.ndarray]


def one_by_one(explainer: TreeExplainer, X: np.ndarray) -> Explained:
    """Explain with the kernel of single rows."""
    parts = [explainer.explain(X[row : row + 1]) for row in range(len(X))]
    return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])


def agrees_with_lightgbm(model: lgb.Booster | str, X: np.ndarray) -> None:
    booster = lgb.Booster(model_str=model) if isinstance(model, str) else model
    explainer = TreeExplainer(model)
    score = booster.predict(X, raw_score=True, num_threads=1)
    oracle = booster.predict(X, pred_contrib=True, num_threads=1)
    assert len(X) > FEW_ROWS
    assert explainer.base == pytest.approx(oracle[0, -1], abs=KERNEL_TOLERANCE)
    assert np.array_equal(explainer(X)[:, -1], np.full(len(X), explainer.base))
    assert np.array_equal(explainer.log_odds(X), score)
    assert np.array_equal(explainer.leaves(X), booster.predict(X, pred_leaf=True, num_threads=1).reshape(len(X), -1))
    single = np.concatenate([explainer.log_odds(X[row : row + 1]) for row in range(len(X))])
    assert np.array_equal(single, score)
    block, single_row = explainer.explain(X), one_by_one(explainer, X)
    for contributions, scores in (block, single_row):
        assert np.array_equal(scores, score)
        np.testing.assert_allclose(contributions, oracle[:, :-1], rtol=0, atol=SHAP_TOLERANCE)
        np.testing.assert_allclose(contributions.sum(axis=1) + explainer.base, score, rtol=0, atol=SUM_TOLERANCE)
    np.testing.assert_allclose(block[0], single_row[0], rtol=0, atol=KERNEL_TOLERANCE)


def table(seed: int, rows: int = 160) -> tuple[np.ndarray, np.ndarray]:
    """Invent training rows: a smooth column, a coarse one, one of many zeros, two categories, a lone constant."""
    rng = np.random.default_rng(seed)
    sparse = np.where(rng.random(rows) < 0.5, 0.0, rng.normal(size=rows))
    many, few = rng.integers(0, 100, rows).astype(float), rng.integers(0, 4, rows).astype(float)
    X = np.column_stack([rng.normal(size=rows), rng.integers(-2, 3, rows), sparse, many, few, np.ones(rows)])
    X[rng.random(X.shape) < 0.15] = np.nan
    known = np.nan_to_num(X)
    pull = known[:, 0] * known[:, 2] + known[:, 1] + np.sin(known[:, 3] * 7) + known[:, 4] - 1
    return X, (pull + rng.normal(size=rows) > 0).astype(float)


SETTINGS = st.fixed_dictionaries(
    {
        "objective": st.sampled_from(["binary", "cross_entropy", "regression"]),
        "boosting": st.sampled_from(["gbdt", "gbdt", "dart", "rf"]),
        "bagging_fraction": st.just(0.7),
        "bagging_freq": st.just(1),
        "use_missing": st.booleans(),
        "zero_as_missing": st.booleans(),
        "num_leaves": st.sampled_from([2, 5, 31]),
        "min_data_in_leaf": st.sampled_from([1, 5, 100]),
        "learning_rate": st.sampled_from([0.05, 0.7]),
        "max_bin": st.sampled_from([8, 255]),
        "min_data_per_group": st.just(1),
        "cat_smooth": st.just(0.5),
        "max_cat_to_onehot": st.sampled_from([1, 8]),
        "max_cat_threshold": st.sampled_from([8, 80]),
    }
)


@settings(max_examples=40)
@given(params=SETTINGS, seed=st.integers(0, 10_000), categorical=st.booleans())
def test_every_kind_of_model_agrees_with_lightgbm(params: dict[str, object], seed: int, categorical: bool) -> None:
    X, y = table(seed)
    booster = train(X, y, 5, categorical=(3, 4) if categorical else (), **params)
    agrees_with_lightgbm(booster, np.concatenate([X[:20], asked_rows(booster.model_to_string(), seed, 60)]))


def decisions(booster: lgb.Booster) -> set[int]:
    trees = read_model(booster.model_to_string()).trees
    return {decision for tree in trees for decision in tree.decision}


@pytest.mark.parametrize(
    ("params", "missing"),
    [
        ({"use_missing": False}, MISSING_NONE),
        ({"zero_as_missing": True}, MISSING_ZERO),
        ({"use_missing": True}, MISSING_NAN),
    ],
    ids=["none", "zero", "nan"],
)
def test_each_rule_for_missing_values_agrees_with_lightgbm(params: dict[str, bool], missing: int) -> None:
    X, y = table(1, 600)
    booster = train(X[:, :3], y, 20, **params)
    found = decisions(booster)
    assert missing in {decision >> MISSING_SHIFT for decision in found}
    if missing != MISSING_NONE:
        assert {decision & DEFAULT_LEFT for decision in found} == {0, DEFAULT_LEFT}
    agrees_with_lightgbm(booster, asked_rows(booster.model_to_string(), 2, 400))


@pytest.mark.parametrize("zero_as_missing", [False, True])
def test_categories_of_several_words_agree_with_lightgbm(zero_as_missing: bool) -> None:
    X, y = table(2, 900)
    X = X[:, [3, 0]]
    options = {"min_data_per_group": 1, "cat_smooth": 0.1, "max_cat_threshold": 100, "max_cat_to_onehot": 1}
    booster = train(X, y, 15, categorical=(0,), zero_as_missing=zero_as_missing, **options)
    trees = read_model(booster.model_to_string()).trees
    widths = {high - low for tree in trees for low, high in pairwise(tree.category_bounds)}
    assert max(widths) >= 3 and any(decision & CATEGORICAL for decision in decisions(booster))
    hard = [-1e300, -(2.0**31), -5.0, -1.0, -0.999, -0.0, 0.0, 0.5, 31.0, 32.0, 63.999, 64.0, 99.0, 127.0, 128.0, 4e9]
    codes = np.concatenate([np.arange(-2.0, 131.0, 0.5), hard, SPECIAL])
    agrees_with_lightgbm(booster, np.column_stack([codes, np.linspace(-2, 2, len(codes))]))


def test_columns_repeated_many_times_on_a_path_agree_with_lightgbm() -> None:
    rng = np.random.default_rng(3)
    X = rng.random((800, 2))
    y = (np.sin(25 * X[:, 0]) + np.cos(25 * X[:, 1]) + rng.normal(0, 0.1, 800) > 0).astype(float)
    booster = train(X, y, 10, num_leaves=200, min_data_in_leaf=1)
    assert TreeExplainer(booster).forest.levels > 8
    agrees_with_lightgbm(booster, asked_rows(booster.model_to_string(), 3, 200))


def test_trees_of_a_single_leaf_agree_with_lightgbm() -> None:
    X, _ = table(4)
    y = (np.arange(len(X)) % 4 == 0).astype(float)
    booster = train(X, y, 4, min_gain_to_split=1e9)
    assert {len(tree.leaf_value) for tree in read_model(booster.model_to_string()).trees} == {1}
    agrees_with_lightgbm(booster, asked_rows(booster.model_to_string(), 4, 20))


def test_an_early_stopped_model_ends_with_its_best_iteration_as_lightgbms_predict_does() -> None:
    X, y = table(5, 400)
    own = {"objective": "binary", "verbose": -1, "num_threads": 1, "learning_rate": 0.5, "metric": "binary_logloss"}
    data, held = lgb.Dataset(X[:200], y[:200]), lgb.Dataset(X[200:], y[200:])
    stop = lgb.early_stopping(5, verbose=False)
    booster = lgb.train(own, data, 80, valid_sets=[held], callbacks=[stop], keep_training_booster=True)
    assert 0 < booster.best_iteration < booster.num_trees()
    assert len(TreeExplainer(booster).forest.trees.points) == booster.best_iteration
    agrees_with_lightgbm(booster, asked_rows(booster.model_to_string(), 5, 60))


@pytest.mark.parametrize("boosting", ["dart", "rf"])
def test_shrunken_and_averaged_trees_agree_with_lightgbm(boosting: str) -> None:
    X, y = table(6, 400)
    booster = train(X, y, 25, boosting=boosting, bagging_fraction=0.5, bagging_freq=1, drop_rate=0.5)
    assert ("average_output" in booster.model_to_string()) == (boosting == "rf")
    agrees_with_lightgbm(booster, asked_rows(booster.model_to_string(), 6, 60))


@settings(max_examples=40)
@given(st.integers(0, 10_000), st.integers(2, 40), st.integers(1, 5), st.booleans())
def test_trees_of_any_shape_agree_with_lightgbm(seed: int, leaves: int, features: int, chain: bool) -> None:
    text = invented(seed, leaves, features, trees=3, chain=chain)
    agrees_with_lightgbm(text, asked_rows(text, seed, 40))


EXTREMES = [0.0, -0.0, 1e-35, -1e-35, ZERO, -ZERO, 1e-40, 5e-324, 1.7976931348623157e308, np.inf, -np.inf]


@pytest.mark.parametrize("decision", [0, 2, 4, 6, 8, 10])
@pytest.mark.parametrize("threshold", EXTREMES, ids=repr)
def test_extreme_thresholds_agree_with_lightgbm(threshold: float, decision: int) -> None:
    """LightGBM takes for zero what is at most ``1e-35f``, a little more than 1e-35, and puts thresholds exactly there."""
    text = changed(tiny(), "threshold", " ".join([repr(threshold)] * 3))
    text = changed(text, "decision_type", " ".join([str(decision)] * 3))
    values = [*SPECIAL, *EXTREMES, np.nextafter(ZERO, 1), np.nextafter(-ZERO, -1), np.nextafter(ZERO, 0)]
    values += [-1.7976931348623157e308, 1e-37, 1.0, -1.0]
    agrees_with_lightgbm(text, np.array([[a, b, 0.0] for a in values for b in values[::4]]))


def turns_left(tree: TextTree, node: int, value: float) -> bool:
    decision = tree.decision[node]
    missing = decision >> MISSING_SHIFT
    if isnan(value) and missing != MISSING_NAN:
        value = 0.0
    if isnan(value) or (missing == MISSING_ZERO and abs(value) <= ZERO):
        return bool(decision & DEFAULT_LEFT)
    return (0.0 if abs(value) <= ZERO else value) <= tree.threshold[node]


def expectation(tree: TextTree, row: np.ndarray, known: frozenset[int], node: int = 0) -> float:
    """Return the tree's value where only some columns are known: elsewhere, the mean over training rows' shares."""
    if node < 0:
        return tree.leaf_value[~node]
    children = (tree.left[node], tree.right[node])
    if tree.feature[node] in known:
        return expectation(tree, row, known, children[not turns_left(tree, node, row[tree.feature[node]])])
    counts = [tree.node_count[child] if child >= 0 else tree.leaf_count[~child] for child in children]
    return sum(
        count / tree.node_count[node] * expectation(tree, row, known, child)
        for count, child in zip(counts, children, strict=True)
    )


def shapley(text: str, row: np.ndarray) -> list[float]:
    """Return Shapley values by their definition: every subset of the other columns, weighed."""
    model = read_model(text)
    features = range(len(model.feature_names))
    game = {
        known: sum(expectation(tree, row, known) for tree in model.trees)
        for size in range(len(features) + 1)
        for known in map(frozenset, combinations(features, size))
    }
    return [
        sum(
            (game[known | {column}] - value) / len(features) / comb(len(features) - 1, len(known))
            for known, value in game.items()
            if column not in known
        )
        for column in features
    ]


@settings(max_examples=30)
@given(st.integers(0, 10_000), st.integers(2, 14), st.integers(1, 5), st.booleans())
def test_contributions_are_shapley_values_by_their_definition(
    seed: int, leaves: int, features: int, chain: bool
) -> None:
    text = invented(seed, leaves, features, trees=2, chain=chain)
    rows = asked_rows(text, seed, FEW_ROWS + 2)
    oracle = np.array([shapley(text, row) for row in rows])
    explainer = TreeExplainer(text)
    np.testing.assert_allclose(explainer.explain(rows)[0], oracle, rtol=0, atol=KERNEL_TOLERANCE)
    np.testing.assert_allclose(one_by_one(explainer, rows)[0], oracle, rtol=0, atol=KERNEL_TOLERANCE)


def test_a_leaf_that_no_training_row_reached_keeps_contributions_exact() -> None:
    """LightGBM itself divides zero by zero there."""
    text = changed(invented(1, leaves=8, features=3), "leaf_count", "0 3 4 5 6 7 8 9")
    rows = np.array([[a, b, c] for a in (-3.0, 0.2, 3.0) for b in (-3.0, 0.2, 3.0) for c in (-3.0, 0.2, 3.0)])
    oracle = np.array([shapley(text, row) for row in rows])
    explainer = TreeExplainer(text)
    np.testing.assert_allclose(explainer.explain(rows)[0], oracle, rtol=0, atol=KERNEL_TOLERANCE)
    np.testing.assert_allclose(one_by_one(explainer, rows)[0], oracle, rtol=0, atol=KERNEL_TOLERANCE)


def by_fractions(text: str, row: np.ndarray) -> list[float]:
    """Return contributions leaf by leaf in exact fractions, for paths too long to enumerate subsets."""
    model = read_model(text)
    found = [Fraction(0)] * len(model.feature_names)
    for tree in model.trees:
        todo: list[tuple[int, dict[int, tuple[int, Fraction]]]] = [(0, {})]
        while todo:
            node, path = todo.pop()
            if node < 0:
                for column, (kept, share) in path.items():
                    others = [own for other, own in path.items() if other != column]
                    found[column] += Fraction(tree.leaf_value[~node]) * (kept - share) * integral(others)
                continue
            feature, left = tree.feature[node], turns_left(tree, node, row[tree.feature[node]])
            for child, taken in ((tree.left[node], left), (tree.right[node], not left)):
                count = tree.node_count[child] if child >= 0 else tree.leaf_count[~child]
                kept, share = path.get(feature, (1, Fraction(1)))
                todo.append((child, {**path, feature: (kept * taken, share * Fraction(count, tree.node_count[node]))}))
    return [float(value) for value in found]


def integral(factors: list[tuple[int, Fraction]]) -> Fraction:
    """Return the integral over t from 0 to 1 of the product of ``t kept + (1 - t) share``."""
    powers = [Fraction(1)]
    for kept, share in factors:
        grown = [Fraction(0)] * (len(powers) + 1)
        for power, value in enumerate(powers):
            grown[power] += value * share
            grown[power + 1] += value * (kept - share)
        powers = grown
    return sum((value / (power + 1) for power, value in enumerate(powers)), Fraction(0))


@pytest.mark.parametrize("features", [9, 30])
def test_paths_of_many_columns_stay_exact(features: int) -> None:
    text = invented(features, leaves=features + 4, features=features, chain=True)
    row = asked_rows(text, features, 1)
    oracle, explainer = [by_fractions(text, row[0])], TreeExplainer(text)
    assert explainer.forest.most_points == -(-features // 2)
    for rows in (row, row.repeat(FEW_ROWS + 1, axis=0)):
        expected = np.repeat(oracle, len(rows), axis=0)
        np.testing.assert_allclose(explainer.explain(rows)[0], expected, rtol=0, atol=KERNEL_TOLERANCE)


def test_a_column_that_no_split_tests_contributes_exactly_nothing() -> None:
    text = invented(7, leaves=20, features=3, trees=4)
    text = text.replace("max_feature_idx=2", "max_feature_idx=3").replace("=f0 f1 f2", "=f0 f1 f2 dummy")
    rows = np.column_stack([asked_rows(invented(7, 20, 3, 4), 7, 30), np.linspace(-1, 1, 30)])
    explainer = TreeExplainer(text)
    for contributions, _ in (explainer.explain(rows), one_by_one(explainer, rows)):
        assert (contributions[:, 3] == 0).all()
        assert (contributions[:, :3] != 0).any(axis=0).all()


@pytest.fixture(scope="module")
def booster() -> lgb.Booster:
    X, y = table(8, 1500)
    return train(X, y, 30, categorical=(3, 4))


@pytest.fixture(scope="module")
def asked(booster: lgb.Booster) -> np.ndarray:
    return asked_rows(booster.model_to_string(), 8, 1100)


def everything(explainer: TreeExplainer, X: np.ndarray) -> list[np.ndarray]:
    found = explainer.summarise(X, [0, 1, 1, 2, 0, 2], groups=3, top=4, eligible=5)
    parts = [explainer.log_odds(X), *explainer.explain(X)]
    return [*parts, found.log_odds, found.groups, found.strongest, found.contribution]


def same(one: list[np.ndarray], other: list[np.ndarray]) -> None:
    assert len(one) == len(other) and all(map(np.array_equal, one, other))


def test_a_rows_bits_do_not_depend_on_the_size_of_blocks(booster: lgb.Booster, asked: np.ndarray) -> None:
    explainer = TreeExplainer(booster)
    expected = everything(explainer, asked)
    for size in (SMALLEST_BLOCK, 2 * SMALLEST_BLOCK, 100, LARGEST_BLOCK, 4 * LARGEST_BLOCK):
        explainer._block = size
        same(everything(explainer, asked), expected)


@pytest.mark.parametrize("rows", [FEW_ROWS + 1, 31, 32, 33, 517])
def test_a_rows_bits_do_not_depend_on_its_place_and_company(booster: lgb.Booster, asked: np.ndarray, rows: int) -> None:
    explainer = TreeExplainer(booster)
    expected = everything(explainer, asked)
    chosen = np.random.default_rng(rows).permutation(len(asked))[:rows]
    same(everything(explainer, asked[chosen]), [part[chosen] for part in expected])


@pytest.mark.parametrize("threads", [2, 3, 7])
def test_a_rows_bits_do_not_depend_on_threads(booster: lgb.Booster, asked: np.ndarray, threads: int) -> None:
    shared = TreeExplainer(booster, threads=threads)
    shared._block = SMALLEST_BLOCK
    same(everything(shared, asked), everything(TreeExplainer(booster), asked))


def test_callers_on_many_threads_share_one_explainer(booster: lgb.Booster, asked: np.ndarray) -> None:
    explainer = TreeExplainer(booster)
    parts = [asked[first : first + size] for first in range(0, 1000, 50) for size in (1, 5, 40)]
    expected = [everything(explainer, part) for part in parts]
    with ThreadPoolExecutor(12) as pool:
        for found, alone in zip(
            pool.map(lambda part: everything(explainer, part), parts * 3), expected * 3, strict=True
        ):
            same(found, alone)


@pytest.mark.parametrize("rows", [1, FEW_ROWS, FEW_ROWS + 1, 300])
@pytest.mark.parametrize(("top", "eligible"), [(0, 6), (1, 6), (3, 4), (4, 2), (6, 6), (50, 6), (50, 60)])
def test_summaries_are_what_the_contributions_say(
    booster: lgb.Booster, asked: np.ndarray, rows: int, top: int, eligible: int
) -> None:
    explainer, group = TreeExplainer(booster), [2, 0, 0, 2, 0, 3]
    contributions, scores = explainer.explain(asked[:rows])
    found = explainer.summarise(asked[:rows], group, groups=4, top=top, eligible=eligible)
    named = min(top, eligible, 6)
    strongest = [
        sorted(range(min(eligible, 6)), key=lambda column: (-abs(row[column]), column))[:named]
        for row in contributions.tolist()
    ]
    assert found.strongest.tolist() == strongest
    expected = np.take_along_axis(contributions, np.array(strongest, dtype=int).reshape(rows, named), axis=1)
    assert np.array_equal(found.contribution, expected)
    sums = [contributions[:, [own == number for own in group]].sum(axis=1) for number in range(4)]
    np.testing.assert_allclose(found.groups, np.column_stack(sums), rtol=0, atol=1e-14)
    assert (found.groups[:, 1] == 0).all()
    assert np.array_equal(found.log_odds, scores)


@pytest.mark.parametrize("top", [1, 2, 3, 4])
@pytest.mark.parametrize("rows", [1, 20])
def test_among_equals_the_first_column_is_named_first(rows: int, top: int) -> None:
    """Columns a and b contribute the same, with opposite signs; c and d nothing."""
    head, body = tiny().split("\n\n", 1)
    stump = "num_leaves=2\nnum_cat=0\nsplit_feature={}\nthreshold=0.5\ndecision_type=2\nleft_child=-1\nright_child=-2\n"
    stump += "leaf_value={}\nleaf_count=50 50\ninternal_count=100\nis_linear=0\nshrinkage=1\n\n\n"
    trees = "".join(
        f"Tree={number}\n" + stump.format(*split) for number, split in enumerate([(2, "1 -1"), (1, "-1 1")])
    )
    head = head.replace("feature_names=a b c", "feature_names=c a b d").replace("idx=2", "idx=3")
    explainer = TreeExplainer(sized(f"{head}\n\n{trees}end of trees{body.split('end of trees')[1]}"))
    found = explainer.summarise(np.zeros((rows, 4)), [0] * 4, groups=1, top=top, eligible=4)
    assert found.strongest.tolist() == [[1, 2, 0, 3][:top]] * rows
    assert found.contribution.tolist() == [[-1, 1, 0, 0][:top]] * rows


@pytest.mark.parametrize("shape", [(6,), (0,), (3, 5), (3, 7), (2, 3, 6), (0, 5), ()])
def test_a_matrix_of_other_columns_is_refused(booster: lgb.Booster, shape: tuple[int, ...]) -> None:
    explainer, X = TreeExplainer(booster), np.zeros(shape)
    calls: list[Callable[[], object]] = [
        lambda: explainer(X),
        lambda: explainer.explain(X),
        lambda: explainer.log_odds(X),
        lambda: explainer.summarise(X, [0] * 6, 1, 3, 6),
    ]
    for call in calls:
        with pytest.raises(ColumnsMismatch, match=r"expected \(rows, 6\)"):
            call()


def test_no_rows_are_no_answers(booster: lgb.Booster) -> None:
    explainer, none = TreeExplainer(booster, threads=2), np.zeros((0, 6))
    assert explainer(none).shape == (0, 7)
    assert [part.shape for part in everything(explainer, none)] == [(0,), (0, 6), (0,), (0,), (0, 3), (0, 4), (0, 4)]


@pytest.mark.parametrize("rows", [2, 40])
def test_rows_may_lie_in_memory_in_any_way(booster: lgb.Booster, asked: np.ndarray, rows: int) -> None:
    explainer, plain = TreeExplainer(booster), np.round(np.nan_to_num(asked[:rows], posinf=9, neginf=-9).clip(-99, 99))
    expected, before = everything(explainer, plain), plain.copy()
    wide = np.zeros((rows, 12))
    wide[:, ::2] = plain
    for other in (np.asfortranarray(plain), wide[:, ::2], plain.astype("float32"), plain.astype(">f8"), plain.tolist()):
        same(everything(explainer, other), expected)
    assert np.array_equal(plain, before)


def test_rows_that_cannot_be_written_do_not_compile_kernels_anew(booster: lgb.Booster, asked: np.ndarray) -> None:
    """As pandas gives them: it would take seconds, within a request."""
    explainer = TreeExplainer(booster)
    explainer.warm()
    kernels = (
        deciding.score_row,
        deciding.score_rows,
        row_kernel.explain_row,
        block_kernel.explain_rows,
        block_kernel.summarise_rows,
    )
    before = [len(kernel.signatures) for kernel in kernels]
    bytes_of = np.frombuffer(b"\0" + asked[:30].tobytes(), dtype=np.uint8)[1:].view("float64").reshape(30, 6)
    for rows in (bytes_of, bytes_of[:2]):
        assert not rows.flags.writeable and not rows.flags.aligned
        same(everything(explainer, rows), everything(explainer, asked[: len(rows)]))
    assert [len(kernel.signatures) for kernel in kernels] == before == [1] * 5


@pytest.mark.parametrize("rows", [1, 20])
def test_a_model_without_trees_scores_zero(rows: int) -> None:
    found = everything(TreeExplainer(widened := without_trees_of(6)), np.ones((rows, 6)))
    assert all((part == 0).all() for part in found[:5])
    assert np.array_equal(lgb.Booster(model_str=widened).predict(np.ones((rows, 6)), raw_score=True), found[0])


def without_trees_of(features: int) -> str:
    names = " ".join(f"f{column}" for column in range(features))
    infos = " ".join(["none"] * features)
    text = without_trees().replace("idx=2", f"idx={features - 1}").replace("names=a b c", f"names={names}")
    return text.replace("[0:9] [0:9] [0:9]", infos)


def test_blocks_shrink_with_the_cache_but_stay_usable(booster: lgb.Booster) -> None:
    forest = TreeExplainer(booster).forest
    sizes = [block_size(forest, cache) for cache in (1, 1 << 16, 1 << 18, 1 << 30)]
    assert sizes == sorted(sizes)
    assert (sizes[0], sizes[-1]) == (SMALLEST_BLOCK, LARGEST_BLOCK)


@pytest.mark.parametrize("group", [[0], [0, 0, 2], [0, -1, 0], [0, 0, 0, 0]])
@pytest.mark.parametrize("rows", [1, 50])
def test_a_group_that_is_not_there_is_refused_before_the_kernel_writes_beyond(group: list[int], rows: int) -> None:
    rng = np.random.default_rng(0)
    matrix = rng.normal(size=(300, 3))
    explainer = TreeExplainer(train(matrix, (matrix[:, 0] > 0).astype(float)))
    with pytest.raises(ValueError, match="each of 3 columns"):
        explainer.summarise(matrix[:rows], group, 2, 1, 3)
