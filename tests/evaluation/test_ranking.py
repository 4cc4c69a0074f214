"""Figures of a list agree with scikit-learn's, treat ties fairly, and their intervals draw households whole."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from riskmodel.evaluation.ranking import Outcomes, Ranking, compare, household_draws, rank_within


def outcomes(fell: np.ndarray, weight: np.ndarray | None = None, share: float = 0.2) -> Outcomes:
    n = len(fell)
    return Outcomes(fell.astype(float), np.ones(n) if weight is None else weight, np.arange(n), share)


@given(st.integers(0, 10_000), st.integers(2, 12))
def test_auc_and_average_precision_equal_scikit_learns_with_ties_and_weights(seed: int, levels: int) -> None:
    rng = np.random.default_rng(seed)
    n = 80
    score = rng.integers(0, levels, n).astype(float)
    fell = np.concatenate([[0, 1], rng.integers(0, 2, n - 2)])
    weight = rng.uniform(0.5, 3, n)
    found = Ranking(score, outcomes(fell, weight)).measure()
    for ending, weights in (("", None), ("_weighted", weight)):
        auc = roc_auc_score(fell, score, sample_weight=weights)
        precision = average_precision_score(fell, score, sample_weight=weights)
        assert found[f"roc_auc{ending}"] == pytest.approx(auc, abs=1e-12)
        assert found[f"average_precision{ending}"] == pytest.approx(precision, abs=1e-12)


def test_counting_a_row_twice_equals_having_it_twice() -> None:
    rng = np.random.default_rng(3)
    score, fell = rng.integers(0, 9, 50).astype(float), rng.integers(0, 2, 50)
    times = rng.integers(0, 4, 50).astype(float)
    again = np.repeat(np.arange(50), times.astype(int))
    once = Ranking(score, outcomes(fell)).measure(times)
    whole = Ranking(score[again], outcomes(fell[again])).measure()
    assert once == pytest.approx(whole)


def test_recall_at_capacity_is_the_share_of_all_falls_among_the_visits() -> None:
    score = np.array([9.0, 8, 7, 6, 5, 4, 3, 2, 1, 0])
    fell = np.array([1, 0, 0, 1, 0, 0, 0, 0, 0, 1])
    found = Ranking(score, outcomes(fell, share=0.4)).measure()
    assert found["recall_at_capacity"] == pytest.approx(2 / 3)
    assert found["precision_at_capacity"] == pytest.approx(2 / 4)
    assert found["lift_at_capacity"] == pytest.approx(0.5 / 0.3)


def test_ties_across_the_capacity_count_by_expectation_not_by_luck() -> None:
    fell = np.array([1, 1, 0, 0, 0, 0, 0, 0, 0, 0])
    found = Ranking(np.zeros(10), outcomes(fell, share=0.3)).measure()
    assert found["recall_at_capacity"] == pytest.approx(0.3)
    assert Ranking(np.zeros(10), outcomes(fell[::-1], share=0.3)).measure() == pytest.approx(found)


def test_one_outcome_alone_gives_no_figure_instead_of_a_wrong_one() -> None:
    assert np.isnan(list(Ranking(np.arange(5.0), outcomes(np.zeros(5))).measure().values())).all()


def test_draws_take_all_rows_of_a_household_or_none() -> None:
    household = np.array([4, 4, 9, 9, 9, 2])
    draws = household_draws(household, 50, np.random.default_rng(0))
    assert (draws[:, 0] == draws[:, 1]).all()
    assert (draws[:, 2] == draws[:, 3]).all()
    # three households drawn three times: their counts add up to three
    assert (draws[:, [0, 2, 5]].sum(axis=1) == 3).all()


def test_paired_difference_of_a_score_with_itself_is_zero() -> None:
    rng = np.random.default_rng(1)
    score, fell = rng.normal(size=200), rng.integers(0, 2, 200)
    gap = compare({"model": score, "twin": score}, outcomes(fell), rng, 20)["twin"]["model_minus_average_precision"]
    assert (gap.value, gap.low, gap.high) == (0, 0, 0)


def test_interval_holds_the_figure_of_most_samples() -> None:
    rng = np.random.default_rng(5)
    fell = (rng.random(1500) < 0.2).astype(float)
    score = fell + rng.normal(0, 1.5, 1500)
    figure = compare({"model": score}, outcomes(fell), rng, 100)["model"]["roc_auc"]
    assert figure.low < figure.value < figure.high
    # standard error of this AUC is about 0.017 (Hanley and McNeil), so 95 % is about 0.07 wide
    assert 0.04 < figure.high - figure.low < 0.1


def test_ranks_within_a_period_do_not_depend_on_other_periods_and_keep_ties() -> None:
    score = np.array([1.0, 5.0, 5.0, 100.0, 200.0])
    ranks = rank_within(score, np.array([0, 0, 0, 1, 1]))
    assert ranks == pytest.approx([1 / 3, 2.5 / 3, 2.5 / 3, 0.5, 1.0])
