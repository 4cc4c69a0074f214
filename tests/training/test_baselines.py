"""Baselines are the simple rankings they claim to be."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from conftest import Tiny
from riskmodel.programme.measures import Condition, Rule
from riskmodel.training.baselines import LAST_STATUS, LOGISTIC, RULES, WELFARE, baseline_scores, rules_fired
from riskmodel.training.examples import Examples, ExampleSource
from riskmodel.training.folds import Slice, fold_at


@pytest.fixture(scope="module")
def sides(tiny: Tiny) -> tuple[ExampleSource, Examples, Examples]:
    source = ExampleSource(tiny.programme, tiny.line)
    fold = fold_at(tiny.programme, pd.Timestamp("2019-01-01").date())
    train = source.examples((*fold.trees, *fold.calibration), fold.as_of)
    return source, train, source.examples([Slice(fold.as_of, 12)], tiny.line.end)


def test_each_rule_that_holds_is_one_flag() -> None:
    rules = [
        Rule(code="a", label={}, when=(Condition(feature="x", at_least=1),)),
        Rule(code="b", label={}, when=(Condition(feature="x", at_least=2), Condition(feature="y", at_most=0))),
    ]
    matrix = np.array([[0.0, 0.0], [1.0, 0.0], [2.0, 0.0], [2.0, 5.0], [np.nan, 0.0]])
    assert rules_fired(rules, ["x", "y"], matrix).tolist() == [0, 1, 2, 1, 0]


def test_rankings_follow_their_features(tiny: Tiny, sides: tuple[ExampleSource, Examples, Examples]) -> None:
    source, train, test = sides
    scores = baseline_scores(tiny.programme, source.schema, train, test)
    welfare = test.matrix[:, source.schema.names.index("income_to_line")]
    assert (np.argsort(scores[WELFARE], kind="stable") == np.argsort(-welfare, kind="stable")).all()
    assert (scores[LAST_STATUS] == np.nan_to_num(test.matrix[:, source.schema.names.index("poor_before_count")])).all()
    assert set(np.unique(scores[RULES])) <= {0.0, 1.0, 2.0}


def test_logistic_regression_learns_from_the_training_side_only(
    tiny: Tiny, sides: tuple[ExampleSource, Examples, Examples]
) -> None:
    source, train, test = sides
    scores = baseline_scores(tiny.programme, source.schema, train, test)[LOGISTIC]
    # other test rows beside it, and other outcomes of them, change no household's score
    some = np.arange(0, len(test.outcome), 3)
    flipped = test.where(some)
    flipped.outcome[:] = 1 - flipped.outcome
    alone = baseline_scores(tiny.programme, source.schema, train, flipped)[LOGISTIC]
    assert alone == pytest.approx(scores[some], abs=1e-12)
