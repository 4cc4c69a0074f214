"""Rankings without any fit are the simple rankings they claim to be."""

from __future__ import annotations

import numpy as np

from riskmodel.programme.measures import Condition, Rule
from riskmodel.training.baselines.simple import all_hold, rules_fired


def test_each_rule_that_holds_is_one_flag() -> None:
    rules = [
        Rule(code="a", label={}, when=(Condition(feature="x", at_least=1),)),
        Rule(code="b", label={}, when=(Condition(feature="x", at_least=2), Condition(feature="y", at_most=0))),
    ]
    matrix = np.array([[0.0, 0.0], [1.0, 0.0], [2.0, 0.0], [2.0, 5.0], [np.nan, 0.0]])
    assert rules_fired(rules, ["x", "y"], matrix).tolist() == [0, 1, 2, 1, 0]
    assert all_hold(rules[1].when, ["x", "y"], matrix).tolist() == [False, False, True, False, False]
