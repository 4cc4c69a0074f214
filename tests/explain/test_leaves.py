"""Which leaf a row comes to, as LightGBM numbers leaves: similar households are found by it."""

from __future__ import annotations

import lightgbm as lgb
import numpy as np

from helpers.lightgbm_models import tiny
from riskmodel.explain.leaves import leaves_of_row
from riskmodel.explain.treeshap import TreeExplainer

ROWS = np.array([[0.0, 0.0, 0.0], [0.0, 5.0, 1.0], [5.0, 0.0, 64.0], [1.0, 2.0, 3.0], [np.nan, np.nan, np.nan]])


def test_leaves_have_lightgbms_numbers_and_not_those_from_left_to_right() -> None:
    explainer = TreeExplainer(tiny())
    found = explainer.leaves(ROWS)
    assert np.array_equal(found, lgb.Booster(model_str=tiny()).predict(ROWS, pred_leaf=True))
    # the first tree's leaves stand as 0, 2, 1, 3 from left to right
    assert explainer.forest.leaf_number[:4].tolist() == [0, 2, 1, 3]
    assert found[:, 1].tolist() == [0] * len(ROWS), "a tree of one leaf"


def test_a_request_compiles_nothing() -> None:
    explainer = TreeExplainer(tiny())
    explainer.warm()
    before = len(leaves_of_row.signatures)
    frozen = ROWS.copy()
    frozen.flags.writeable = False
    explainer.leaves(frozen)
    explainer.leaves(ROWS[:1].tolist())
    assert len(leaves_of_row.signatures) == before == 1
