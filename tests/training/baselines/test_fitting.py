"""Baselines are the simple rankings they claim to be."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from conftest import Tiny
from riskmodel.evaluation.ranking import Outcomes, Ranking
from riskmodel.training.baselines.fitting import (
    BOOSTING,
    DEPRIVATIONS,
    EXPECTED_POVERTY,
    LAST_STATUS,
    LOGISTIC,
    PROXY_MEANS,
    RULES,
    SCORECARD,
    WELFARE,
    Baseline,
    baseline_scores,
    fit_baselines,
)
from riskmodel.training.examples import Examples, ExampleSource
from riskmodel.training.fitting import Sides, sides_of
from riskmodel.training.folds import Slice, fold_at
from riskmodel.training.plan import Plan


@pytest.fixture(scope="module")
def sides(tiny: Tiny) -> tuple[ExampleSource, Examples, Examples]:
    source = ExampleSource(tiny.programme, tiny.line)
    fold = fold_at(tiny.programme, pd.Timestamp("2019-01-01").date())
    train = source.examples((*fold.trees, *fold.calibration), fold.as_of)
    return source, train, source.examples([Slice(fold.as_of, 12)], tiny.line.end)


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


@pytest.fixture(scope="module")
def fitted(tiny: Tiny, sides: tuple[ExampleSource, Examples, Examples]) -> tuple[Sides, tuple[Baseline, ...]]:
    day = pd.Timestamp("2019-01-01").date()
    parts = sides_of(Plan(tiny.programme, day, tiny.line.end), sides[0], fold_at(tiny.programme, day))
    return parts, fit_baselines(tiny.programme, sides[0].schema, parts, full=True)


def test_a_full_run_knows_them_all_in_order(fitted: tuple[Sides, tuple[Baseline, ...]]) -> None:
    always = [LAST_STATUS, WELFARE, RULES, LOGISTIC, PROXY_MEANS, DEPRIVATIONS]
    assert [one.name for one in fitted[1]] == [*always, EXPECTED_POVERTY, SCORECARD, BOOSTING]


def test_probabilities_rise_with_the_score_and_meet_the_rate_of_the_slice_they_were_drawn_on(
    fitted: tuple[Sides, tuple[Baseline, ...]],
) -> None:
    parts, baselines = fitted
    for one in baselines:
        scores = one.score(parts.calibration.matrix)
        chance = one.probability(scores)
        assert ((chance > 0) & (chance < 1)).all()
        assert (np.diff(chance[np.argsort(scores)]) >= 0).all()
        assert chance.mean() == pytest.approx(parts.calibration.outcome.mean(), abs=0.06), one.name


def test_what_is_fitted_ranks_better_than_chance(
    fitted: tuple[Sides, tuple[Baseline, ...]], sides: tuple[ExampleSource, Examples, Examples]
) -> None:
    test = sides[2]
    outcomes = Outcomes(test.outcome, test.weight, test.household, 0.2)
    for one in fitted[1]:
        # tinyland has hardly a proxy, so the two that rank by proxies rank by chance there
        if one.name in (LOGISTIC, SCORECARD, BOOSTING):
            assert Ranking(one.score(test.matrix), outcomes).measure()["roc_auc"] > 0.6, one.name
