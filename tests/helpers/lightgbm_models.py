"""LightGBM models for tests of the explanation kernel: trained, written by hand, invented, or changed in their text."""

from __future__ import annotations

import re
from typing import Any

import lightgbm as lgb
import numpy as np

from riskmodel.explain.model_text import CATEGORICAL, TextTree, read_model

ZERO = 1.0000000180025095e-35
SPECIAL = (np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-36, -1e-36, 1e-35, -1e-35, ZERO, -ZERO, 1e300, -1e300)
CATEGORIES = (-1.0, -0.5, 0.5, 3.7, 63.0, 64.0, 64.9, 95.0, 96.0, 1e6, 2.0**31, 2.0**40, np.nan, np.inf)
QUIET = {"verbose": -1, "num_threads": 1, "seed": 3, "deterministic": True, "force_row_wise": True}

TINY = """tree
version=v4
num_class=1
num_tree_per_iteration=1
label_index=0
max_feature_idx=2
objective=binary sigmoid:1
feature_names=a b c
feature_infos=[0:9] [0:9] [0:9]
tree_sizes=0

Tree=0
num_leaves=4
num_cat=0
split_feature=0 0 1
threshold=0.5 2.5 1.5
decision_type=2 8 10
left_child=2 -2 -1
right_child=1 -4 -3
leaf_value=0.125 0.25 -0.5 -1
leaf_count=20 10 40 30
internal_count=100 40 60
is_linear=0
shrinkage=1


Tree=1
num_leaves=1
num_cat=0
split_feature=
threshold=
decision_type=
left_child=
right_child=
leaf_value=0.0625
is_linear=0
shrinkage=1


Tree=2
num_leaves=2
num_cat=1
split_feature=2
threshold=0
decision_type=1
left_child=-1
right_child=-2
leaf_value=3 -1
leaf_count=25 75
internal_count=100
cat_boundaries=0 3
cat_threshold=2 0 5
is_linear=0
shrinkage=1


end of trees

feature_importances:
a=2
b=1
c=1

parameters:
end of parameters

pandas_categorical:null
"""


def train(X: np.ndarray, y: np.ndarray, rounds: int = 8, categorical: Any = (), **params: Any) -> lgb.Booster:
    """Train quietly, on one thread."""
    own = {**QUIET, "objective": "binary", "min_data_in_leaf": 2, **params}
    data = lgb.Dataset(X, y, categorical_feature=list(categorical), params=own)
    return lgb.train(own, data, rounds)


def sized(text: str) -> str:
    """Make the header's tree_sizes true again."""
    head, rest = text.split("\n\n", 1)
    body, tail = rest.split("end of trees", 1)
    blocks = re.split(r"(?m)^(?=Tree=)", body)[1:]
    sizes = " ".join(str(len(block.encode())) for block in blocks)
    head = re.sub("(?m)^tree_sizes=.*$", f"tree_sizes={sizes}", head)
    return f"{head}\n\n{''.join(blocks)}end of trees{tail}"


def changed(text: str, field: str, value: str, tree: int = 0) -> str:
    """Put another value into a field: of a tree, or of the header where ``tree`` is -1."""
    begins = text.index(f"Tree={tree}\n") if tree >= 0 else 0
    line = re.compile(rf"(?m)^{field}=.*$")
    assert line.search(text, begins), field
    found = text[:begins] + line.sub(lambda _: f"{field}={value}", text[begins:], count=1)
    return found if field == "tree_sizes" else sized(found)


def tiny() -> str:
    """Return a model of three trees small enough to work out by hand."""
    return sized(TINY)


def without_trees() -> str:
    """Return what LightGBM writes before its first round."""
    head, rest = TINY.split("\n\n", 1)
    return f"{head.replace('tree_sizes=0', 'tree_sizes=')}\n\nend of trees{rest.split('end of trees')[1]}"


def invented(seed: int, leaves: int, features: int, trees: int = 1, chain: bool = False) -> str:
    """Invent a model: any shape, any rule for missing values, counts that add up, thresholds that rows will hit."""
    rng = np.random.default_rng(seed)
    blocks = [_block(rng, number, leaves, features, chain) for number in range(trees)]
    head = TINY.split("\n\n", 1)[0]
    head = head.replace("max_feature_idx=2", f"max_feature_idx={features - 1}")
    head = re.sub("feature_names=.*", "feature_names=" + " ".join(f"f{column}" for column in range(features)), head)
    infos = " ".join(["[0:9]"] * features)
    head = re.sub("feature_infos=.*", f"feature_infos={infos}", head)
    return sized(
        f"{head}\n\n{''.join(blocks)}end of trees\n\nparameters:\nend of parameters\n\npandas_categorical:null\n"
    )


def _block(rng: np.random.Generator, number: int, leaves: int, features: int, chain: bool) -> str:
    nodes = leaves - 1
    left, right = np.zeros(nodes, dtype=int), np.zeros(nodes, dtype=int)
    places: list[tuple[int, int]] = []
    for node in range(nodes):
        if places:
            # a chain grows at one of the two children that came last
            at = len(places) - 1 - int(rng.integers(2)) if chain else int(rng.integers(len(places)))
            parent, side = places.pop(at)
            (left, right)[side][parent] = node
        places += [(node, 0), (node, 1)]
    for leaf, (parent, side) in enumerate(places):
        (left, right)[side][parent] = ~leaf
    leaf_count = rng.integers(1, 50, leaves)
    node_count = np.zeros(nodes, dtype=int)
    for node in reversed(range(nodes)):
        node_count[node] = sum(
            node_count[child] if child >= 0 else leaf_count[~child] for child in (left[node], right[node])
        )
    feature = np.arange(nodes) % features if chain else rng.integers(features, size=nodes)
    lines = {
        "num_leaves": [leaves],
        "num_cat": [0],
        "split_feature": feature,
        "threshold": rng.integers(-2, 3, nodes) / 2,
        "decision_type": rng.choice([0, 2, 4, 6, 8, 10], nodes),
        "left_child": left,
        "right_child": right,
        "leaf_value": rng.normal(size=leaves),
        "leaf_count": leaf_count,
        "internal_count": node_count,
        "is_linear": [0],
        "shrinkage": [1],
    }
    told = "".join(f"{name}={' '.join(map(repr, np.asarray(values).tolist()))}\n" for name, values in lines.items())
    return f"Tree={number}\n{told}\n\n"


def asked_rows(text: str, seed: int, rows: int) -> np.ndarray:
    """Return rows of values that are hard to get right for the model: on thresholds, beside them, missing, infinite."""
    rng = np.random.default_rng(seed)
    model = read_model(text)
    features = len(model.feature_names)
    found = rng.normal(size=(rows, features))
    for column in range(features):
        on = thresholds_of(model.trees, column)
        beside = np.concatenate([on, np.nextafter(on, np.inf), np.nextafter(on, -np.inf)])
        pool = np.concatenate([SPECIAL, beside, beside, CATEGORIES, np.arange(0.0, 100.0, 7.0)])
        hard = rng.random(rows) < 0.7
        found[hard, column] = rng.choice(pool, int(hard.sum()))
    return found


def thresholds_of(trees: tuple[TextTree, ...], column: int) -> np.ndarray:
    """Return what a model compares a column with."""
    return np.array(
        [
            threshold
            for tree in trees
            for feature, decision, threshold in zip(tree.feature, tree.decision, tree.threshold, strict=True)
            if feature == column and not decision & CATEGORICAL
        ]
    )
