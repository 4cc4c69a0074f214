"""A model is read whole or refused by name: whatever is in the file, no other error, no crash and no hanging kernel."""

from __future__ import annotations

import re

import lightgbm as lgb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.lightgbm_models import changed, invented, sized, tiny, train, without_trees
from riskmodel.errors import ModelUnreadable, ModelUnsupported
from riskmodel.explain.forest import lay_out
from riskmodel.explain.model_text import read_model
from riskmodel.explain.treeshap import FEW_ROWS, TreeExplainer


def real_text() -> str:
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.normal(size=200), rng.integers(0, 70, 200), rng.normal(size=200)])
    X[rng.random(X.shape) < 0.1] = np.nan
    y = (np.nan_to_num(X[:, 0]) + np.sin(np.nan_to_num(X[:, 1])) > 0).astype(float)
    return train(X, y, 3, categorical=(1,), num_leaves=5, min_data_per_group=1).model_to_string()


REAL = real_text()
RAW = REAL.encode()


def test_what_lightgbm_writes_is_read_as_lightgbm_tells_it() -> None:
    booster = lgb.Booster(model_str=REAL)
    told = booster.dump_model()
    model = read_model(REAL)
    assert list(model.feature_names) == told["feature_names"]
    assert len(model.trees) == len(told["tree_info"])
    for number, (tree, own) in enumerate(zip(model.trees, told["tree_info"], strict=True)):
        assert len(tree.leaf_value) == own["num_leaves"]
        assert tree.leaf_value == [booster.get_leaf_output(number, leaf) for leaf in range(own["num_leaves"])]
        todo = [own["tree_structure"]]
        while todo:
            node = todo.pop()
            if "leaf_index" in node:
                assert tree.leaf_count[node["leaf_index"]] == node["leaf_count"]
                continue
            place = node["split_index"]
            assert tree.feature[place] == node["split_feature"]
            assert tree.node_count[place] == node["internal_count"]
            if node["decision_type"] == "<=":
                assert tree.threshold[place] == node["threshold"]
            else:
                low, high = (tree.category_bounds[int(tree.threshold[place]) + step] for step in (0, 1))
                words = tree.category_bits[low:high]
                lefts = [32 * word + bit for word, bits in enumerate(words) for bit in range(32) if bits >> bit & 1]
                assert lefts == [int(one) for one in node["threshold"].split("||")]
            todo += [node["left_child"], node["right_child"]]


def test_bytes_and_text_are_read_alike() -> None:
    assert read_model(RAW) == read_model(REAL)


def test_names_of_any_script_are_read() -> None:
    text = tiny().replace("feature_names=a b c", "feature_names=收入 b c")
    assert read_model(text).feature_names == ("收入", "b", "c")


def test_the_third_version_of_the_format_is_read() -> None:
    old = sized(re.sub("(?m)^is_linear=0\n", "", tiny().replace("version=v4", "version=v3")))
    assert read_model(old) == read_model(tiny())


def test_a_model_without_trees_is_read() -> None:
    assert read_model(without_trees()).trees == ()


def test_a_large_model_is_read_and_laid_out() -> None:
    text = invented(0, leaves=63, features=40, trees=500)
    forest = lay_out(read_model(text))
    assert len(forest.trees.leaf_value) == 500 * 63
    assert len(forest.trees.feature) == 500 * 62


def test_a_file_cut_at_any_byte_of_the_trees_is_unreadable() -> None:
    whole = RAW.index(b"end of trees") + len(b"end of trees")
    for end in range(whole):
        with pytest.raises(ModelUnreadable):
            read_model(RAW[:end])
    assert read_model(RAW[:whole]) == read_model(RAW)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "\n\n",
        "tree",
        "tree\n\n",
        "tree\nversion=v4\n\n",
        "\0" * 50,
        "\ud800",
        "tree\n\ud800=1\n\n",
        "PK\x03\x04",
    ],
    ids=ascii,
)
def test_what_is_no_model_is_unreadable(text: str) -> None:
    with pytest.raises(ModelUnreadable):
        read_model(text)


@pytest.mark.parametrize(
    ("field", "value", "tree", "says"),
    [
        ("version", "v5", -1, "version 'v5'"),
        ("version", "", -1, "version ''"),
        ("num_class", "x", -1, "header: num_class"),
        ("max_feature_idx", "3", -1, "header: 3 feature_names for 4"),
        ("max_feature_idx", "1_0", -1, "header: max_feature_idx"),
        ("tree_sizes", "1 2 3", -1, "tree 0 does not begin"),
        ("tree_sizes", "-5", -1, "header: tree_sizes must be above 0"),
        ("tree_sizes", "", -1, "'end of trees' after 0 trees"),
        ("tree_sizes", "9" * 30, -1, "tree 0 does not begin"),
        ("tree_sizes", "9" * 5000, -1, "header: tree_sizes"),
        ("num_leaves", "0", 0, "tree 0: num_leaves 0"),
        ("num_leaves", "-4", 0, "tree 0: num_leaves -4"),
        ("num_leaves", "5", 0, "tree 0: 4 values of leaf_value; expected 5"),
        ("num_leaves", "99999999999", 0, "tree 0: num_leaves 99999999999"),
        ("num_leaves", "4 4", 0, "tree 0: 2 values of num_leaves"),
        ("split_feature", "0 0 3", 0, "tree 0: node 2 splits feature 3 of 3"),
        ("split_feature", "0 -1 1", 0, "tree 0: node 1 splits feature -1"),
        ("split_feature", "0 0", 0, "tree 0: 2 values of split_feature; expected 3"),
        ("split_feature", "0 0 1.5", 0, "tree 0: split_feature"),
        ("split_feature", "0 0 ١", 0, "tree 0: split_feature"),
        ("threshold", "0.5 2.5", 0, "tree 0: 2 values of threshold"),
        ("threshold", "0.5 nan 1.5", 0, "tree 0: threshold"),
        ("threshold", "0.5 1_000 1.5", 0, "tree 0: threshold"),
        ("threshold", "0.5 fin 1.5", 0, "tree 0: threshold"),
        ("decision_type", "2 16 10", 0, "tree 0: node 1 has the unknown decision_type 16"),
        ("decision_type", "2 12 10", 0, "tree 0: node 1 has the unknown decision_type 12"),
        ("decision_type", "2 -1 10", 0, "tree 0: node 1 has the unknown decision_type -1"),
        ("decision_type", "3 8 10", 0, "tree 0: node 0 names categories 0.5 of 0"),
        ("left_child", "0 -2 -1", 0, "tree 0: node 0 has two parents"),
        ("left_child", "1 -2 -1", 0, "tree 0: node 1 has two parents"),
        ("left_child", "2 0 -1", 0, "tree 0: node 0 has two parents"),
        ("left_child", "2 -1 -1", 0, "tree 0: leaf 0 has two parents"),
        ("left_child", "2 -5 -1", 0, "tree 0: node 1 has the child -5"),
        ("left_child", "3 -2 -1", 0, "tree 0: node 0 has the child 3"),
        ("right_child", "-4 -4 -3", 0, "tree 0: leaf 3 has two parents|tree 0: 3 of 4 leaves"),
        ("right_child", "-3 -4 -3", 0, "tree 0: leaf 2 has two parents"),
        ("right_child", f"{2**63} -4 -3", 0, "tree 0: node 0 has the child 9223372036854775808"),
        ("leaf_value", "0.1 0.2 nan 1", 0, "tree 0: leaf_value"),
        ("leaf_value", "0.1 0.2 inf 1", 0, "tree 0: leaf_value"),
        ("leaf_value", "0.1 0.2 1e999 1", 0, "tree 0: leaf_value must hold finite numbers"),
        ("leaf_value", "0.1 0.2 1_000 1", 0, "tree 0: leaf_value"),
        ("leaf_value", "0.1 0.2 ３ 1", 0, "tree 0: leaf_value"),
        ("leaf_value", "0.1 0.2 0x1 1", 0, "tree 0: leaf_value"),
        ("leaf_value", "0.1 0.2 1 1 1", 0, "tree 0: 5 values of leaf_value; expected 4"),
        ("leaf_value", "", 1, "tree 1: 0 values of leaf_value; expected 1"),
        ("leaf_count", "20 -1 40 30", 0, "tree 0: leaf_count"),
        ("leaf_count", f"20 1{'0' * 400} 40 30", 0, "tree 0: leaf_count"),
        ("leaf_count", "20 10 40", 0, "tree 0: 3 values of leaf_count"),
        ("internal_count", f"1{'0' * 400} 40 60", 0, "tree 0: internal_count"),
        ("internal_count", "100 40 6e1", 0, "tree 0: internal_count"),
        ("num_cat", "-2", 2, "tree 2: .*cat_boundaries"),
        ("num_cat", "2", 2, "tree 2: 2 values of cat_boundaries; expected 3"),
        ("threshold", "1", 2, "tree 2: node 0 names categories 1 of 1"),
        ("threshold", "0.5", 2, "tree 2: node 0 names categories 0.5 of 1"),
        ("threshold", "inf", 2, "tree 2: node 0 names categories inf of 1"),
        ("threshold", "-1", 2, "tree 2: node 0 names categories -1 of 1"),
        ("cat_boundaries", "0 4", 2, "tree 2: 3 values of cat_threshold; expected 4"),
        ("cat_boundaries", "1 3", 2, "tree 2: cat_boundaries must begin at 0"),
        ("cat_boundaries", "3 3", 2, "tree 2: cat_boundaries must begin at 0"),
        ("cat_boundaries", "0 -3", 2, "tree 2: 3 values of cat_threshold; expected -3"),
        ("cat_boundaries", f"0 {2**70}", 2, "tree 2: 3 values of cat_threshold"),
        ("cat_threshold", "2 0 4294967296", 2, "tree 2: cat_threshold must hold words of 32 bits"),
        ("cat_threshold", "2 0 -1", 2, "tree 2: cat_threshold must hold words of 32 bits"),
    ],
)
def test_a_fault_is_named_with_its_place(field: str, value: str, tree: int, says: str) -> None:
    with pytest.raises(ModelUnreadable, match=says):
        read_model(changed(tiny(), field, value, tree))


def test_categories_that_overlap_or_go_back_are_unreadable() -> None:
    two = changed(changed(tiny(), "num_cat", "2", 2), "cat_boundaries", "0 2 2", 2)
    with pytest.raises(ModelUnreadable, match="tree 2: cat_boundaries must begin at 0 and ascend"):
        read_model(changed(two, "cat_threshold", "2 0", 2))


@pytest.mark.parametrize(
    "field",
    [
        "num_leaves",
        "num_cat",
        "split_feature",
        "threshold",
        "decision_type",
        "left_child",
        "right_child",
        "leaf_value",
        "leaf_count",
        "internal_count",
    ],
)
def test_a_missing_field_is_named(field: str) -> None:
    text = tiny()
    with pytest.raises(ModelUnreadable, match=f"tree 0: {field} is missing"):
        read_model(sized(re.sub(f"(?m)^{field}=.*\n", "", text, count=1)))


@pytest.mark.parametrize(
    "field", ["num_class", "num_tree_per_iteration", "max_feature_idx", "feature_names", "tree_sizes"]
)
def test_a_missing_field_of_the_header_is_named(field: str) -> None:
    with pytest.raises(ModelUnreadable, match=f"header.*{field}"):
        read_model(re.sub(f"(?m)^{field}=.*\n?", "", tiny().replace("\n\n", "\nlast=1\n\n", 1), count=1))


def test_a_field_told_twice_is_named() -> None:
    with pytest.raises(ModelUnreadable, match="tree 0: leaf_value is told twice"):
        read_model(sized(tiny().replace("leaf_value=0.125", "leaf_value=1 2 3 4\nleaf_value=0.125")))
    with pytest.raises(ModelUnreadable, match="header: version is told twice"):
        read_model(tiny().replace("version=v4", "version=v4\nversion=v4"))


def test_trees_that_the_header_does_not_count_are_unreadable() -> None:
    text = tiny()
    sizes = re.search("tree_sizes=(.*)", text)
    assert sizes is not None
    with pytest.raises(ModelUnreadable, match="'end of trees' after 2 trees"):
        read_model(changed(text, "tree_sizes", " ".join(sizes[1].split()[:2]), -1))
    with pytest.raises(ModelUnreadable, match="tree 3 does not begin"):
        read_model(changed(text, "tree_sizes", f"{sizes[1]} 7", -1))


def test_a_split_that_no_training_row_reached_is_unsupported() -> None:
    with pytest.raises(ModelUnsupported, match=r"tree 0: .*internal_count 0"):
        read_model(changed(tiny(), "internal_count", "100 0 60"))


def test_several_outputs_are_unsupported_by_name() -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(90, 2))
    booster = train(X, np.arange(90) % 3, 2, objective="multiclass", num_class=3)
    with pytest.raises(ModelUnsupported, match="multiclass"):
        read_model(booster.model_to_string())


def test_linear_leaves_are_unsupported_by_name() -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 2))
    booster = train(X, X[:, 0] * 3, 2, objective="regression", linear_tree=True)
    with pytest.raises(ModelUnsupported, match=r"tree 0 is linear in its leaves"):
        read_model(booster.model_to_string())


ROWS = np.array([[-9.0, -1, np.nan], [0, 3, 0], [np.inf, 65, -np.inf], [np.nan, np.nan, 1]]).repeat(3, axis=0)


def read_or_refused(raw: bytes) -> bool:
    """Read what may be damaged; what is read is scored and explained, by both kernels."""
    try:
        explainer = TreeExplainer(raw)
    except (ModelUnreadable, ModelUnsupported):
        return False
    rows = np.resize(ROWS.T, (explainer.forest.features, len(ROWS))).T
    for some in (rows, rows[:1]):
        found = explainer.summarise(some, [0] * rows.shape[1], 1, 3, rows.shape[1])
        assert explainer(some).shape == (len(some), rows.shape[1] + 1)
        assert np.array_equal(found.log_odds, explainer.log_odds(some))
        assert ((found.strongest >= 0) & (found.strongest < rows.shape[1])).all()
    return True


def test_the_undamaged_model_is_read() -> None:
    """What lets the damaged ones below prove nothing if it fails."""
    assert len(ROWS) > FEW_ROWS
    assert read_or_refused(RAW) and read_or_refused(tiny().encode())


@settings(max_examples=400)
@given(st.integers(0, RAW.index(b"end of trees") + 12), st.integers(0, 255), st.sampled_from(["put", "insert", "drop"]))
def test_one_changed_byte_is_read_or_refused(place: int, byte: int, how: str) -> None:
    middle = {"put": bytes([byte]), "insert": bytes([byte]) + RAW[place : place + 1], "drop": b""}[how]
    read_or_refused(RAW[:place] + middle + RAW[place + 1 :])


HOSTILE = [
    "0",
    "-0",
    "-1",
    "1",
    "2",
    "3",
    "4",
    "-2",
    "-5",
    "7",
    "1e308",
    "-1e308",
    "5e-324",
    "inf",
    "-inf",
    "1e999",
    "nan",
    "1_0",
    "١",
    "0x1",
    "-",
    "+",
    "e",
    ".",
    "2147483647",
    "2147483648",
    "-2147483649",
]
HOSTILE += [
    "4294967295",
    "9" * 25,
    "9" * 400,
    "9" * 5000,
    "",
    "1 1",
    "=",
    "\r",
    "\0",
    "\n",
    "1\nnum_leaves=1",
    "Tree=1",
]
TOKENS = [match.span() for match in re.finditer(r"(?<=[= ])[-\d.e]+(?=[ \n])", REAL.split("end of trees")[0])]


@settings(max_examples=400)
@given(st.lists(st.tuples(st.sampled_from(TOKENS), st.sampled_from(HOSTILE)), min_size=1, max_size=3))
def test_hostile_numbers_under_true_sizes_are_read_or_refused(changes: list[tuple[tuple[int, int], str]]) -> None:
    text = REAL
    for (begin, end), value in sorted(changes, reverse=True):
        text = text[:begin] + value + text[end:]
    read_or_refused(sized(text).encode())


@settings(max_examples=100)
@given(st.binary(max_size=300), st.booleans())
def test_bytes_of_any_kind_are_refused(raw: bytes, begun: bool) -> None:
    header = RAW[: RAW.index(b"\n\n") + 2] if begun else b""
    assert not read_or_refused(header + raw)
