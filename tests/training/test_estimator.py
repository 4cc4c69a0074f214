"""The estimator is a good citizen of scikit-learn, repeats itself, and keeps its promises about direction."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import cross_val_score
from sklearn.utils.estimator_checks import check_estimator

from riskmodel.training.estimator import RiskClassifier

PARAMS = {"learning_rate": 0.1, "num_leaves": 7, "min_data_in_leaf": 20}


@pytest.fixture(scope="module")
def data() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    matrix = rng.normal(size=(3000, 4))
    matrix[:, 3] = rng.integers(0, 6, 3000)
    odds = -1.5 * matrix[:, 0] + 0.5 * matrix[:, 1] + (matrix[:, 3] == 4)
    matrix[rng.random(3000) < 0.1, 1] = np.nan
    return matrix, (rng.random(3000) < 1 / (1 + np.exp(-odds))).astype(int)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_scikit_learns_own_checks_pass() -> None:
    # LightGBM's histograms and leaf minimums count rows, not weights
    known = {"check_sample_weight_equivalence_on_dense_data": "bins are made from rows, whatever their weight"}
    model = RiskClassifier(rounds=5, params={"min_data_in_leaf": 1})
    results = check_estimator(model, on_fail=None, expected_failed_checks=known)
    failed = [result["check_name"] for result in results if result["status"] == "failed"]
    assert failed == []


def test_clone_and_cross_validation_work(data: tuple[np.ndarray, np.ndarray]) -> None:
    model = RiskClassifier(PARAMS, rounds=30, categorical=(3,), monotone=(-1, 0, 0, 0), seed=1)
    assert clone(model).get_params() == model.get_params()
    assert cross_val_score(model, *data, scoring="roc_auc", cv=3).mean() > 0.75


def test_probabilities_are_of_both_classes_and_an_unfitted_model_says_so(data: tuple[np.ndarray, np.ndarray]) -> None:
    with pytest.raises(NotFittedError):
        RiskClassifier().predict_proba(data[0])
    probability = RiskClassifier(PARAMS, rounds=5).fit(*data).predict_proba(data[0])
    assert probability.shape == (3000, 2)
    assert probability.sum(axis=1) == pytest.approx(np.ones(3000))


def test_risk_never_rises_with_a_feature_that_lowers_it(data: tuple[np.ndarray, np.ndarray]) -> None:
    model = RiskClassifier(PARAMS, rounds=60, categorical=(3,), monotone=(-1, 0, 0, 0)).fit(*data)
    rows = np.repeat(data[0][:50], 40, axis=0)
    rows[:, 0] = np.tile(np.linspace(-3, 3, 40), 50)
    assert (np.diff(model.decision_function(rows).reshape(50, 40), axis=1) <= 1e-12).all()


@pytest.mark.parametrize("threads", [1, 2])
def test_same_data_and_seed_give_the_same_trees_with_any_threads(
    data: tuple[np.ndarray, np.ndarray], threads: int
) -> None:
    first = RiskClassifier(PARAMS, rounds=20, seed=5, threads=1).fit(*data).booster_
    again = RiskClassifier(PARAMS, rounds=20, seed=5, threads=threads).fit(*data).booster_
    assert trees(first) == trees(again)


def trees(booster: object) -> str:
    return booster.model_to_string().split("parameters:")[0]  # type: ignore[attr-defined]


def test_other_than_two_classes_are_refused(data: tuple[np.ndarray, np.ndarray]) -> None:
    with pytest.raises(ValueError, match="one class"):
        RiskClassifier().fit(data[0], np.zeros(3000))


def test_column_names_are_kept_in_the_model(data: tuple[np.ndarray, np.ndarray]) -> None:
    model = RiskClassifier(PARAMS, rounds=2, names=("a", "b", "c", "d")).fit(pd.DataFrame(data[0]).to_numpy(), data[1])
    assert model.booster_.feature_name() == ["a", "b", "c", "d"]


def test_chances_teach_as_weighted_copies_of_both_outcomes_would(data: tuple[np.ndarray, np.ndarray]) -> None:
    matrix, outcome = data
    chances = np.where(outcome == 1, 0.8, 0.1)
    learned = RiskClassifier(PARAMS, rounds=30).fit(matrix, outcome, lesson=chances)
    copies = RiskClassifier(PARAMS | {"min_data_in_leaf": 40}, rounds=30).fit(
        np.vstack([matrix, matrix]),
        np.repeat([1, 0], len(matrix)),
        sample_weight=np.concatenate([chances, 1 - chances]),
    )
    # the copies' first score is the log-odds of the mean chance too, so the trees have the same to explain
    assert np.corrcoef(learned.decision_function(matrix), copies.decision_function(matrix))[0, 1] > 0.99
    assert learned.predict_proba(matrix)[:, 1].mean() == pytest.approx(chances.mean(), abs=0.01)


@pytest.mark.parametrize("lesson", [[0.5], [1.5] * 3000, [float("nan")] * 3000])
def test_what_is_no_chance_is_refused(data: tuple[np.ndarray, np.ndarray], lesson: list[float]) -> None:
    with pytest.raises(ValueError, match="3000 chances between 0 and 1"):
        RiskClassifier(PARAMS, rounds=5).fit(*data, lesson=lesson)
