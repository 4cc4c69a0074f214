"""Probabilities come from one increasing map that agrees with maximum likelihood, and the range holds them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from riskmodel.errors import TooFewRows
from riskmodel.evaluation.calibration import Calibration, fit_calibration, fit_sigmoid, shift


@pytest.fixture
def rows() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    log_odds = rng.normal(-2, 1.5, 4000)
    return log_odds, (rng.random(4000) < expit(0.7 * log_odds - 0.4)).astype(float)


def test_fit_agrees_with_scikit_learns_unpenalised_logistic_regression(rows: tuple[np.ndarray, np.ndarray]) -> None:
    log_odds, fell = rows
    weight = np.random.default_rng(1).uniform(0.5, 2, len(fell))
    slope, intercept = fit_sigmoid(log_odds, fell, weight)
    oracle = LogisticRegression(C=np.inf, tol=1e-10).fit(log_odds[:, None], fell, sample_weight=weight)
    # Platt's smoothed targets move the fit by about one event in the sample
    assert slope == pytest.approx(oracle.coef_[0, 0], abs=0.02)
    assert intercept == pytest.approx(oracle.intercept_[0], abs=0.02)


def test_map_increases_and_its_range_holds_the_probability(rows: tuple[np.ndarray, np.ndarray]) -> None:
    log_odds, fell = rows
    fitted = fit_calibration(
        log_odds, fell, np.ones_like(fell), np.arange(len(fell)), [0.2, -0.3], np.random.default_rng(0), 30
    )
    asked = np.linspace(-12, 8, 500)
    probability = fitted.probability(asked)
    low, high = fitted.interval(asked)
    assert (np.diff(probability) >= 0).all()
    assert ((low <= probability) & (probability <= high)).all()


def test_range_widens_with_the_spread_between_periods(rows: tuple[np.ndarray, np.ndarray]) -> None:
    log_odds, fell = rows

    def width(shifts: list[float]) -> float:
        fitted = fit_calibration(
            log_odds, fell, np.ones_like(fell), np.arange(len(fell)), shifts, np.random.default_rng(0), 20
        )
        low, high = fitted.interval(np.array([-1.0]))
        return float((high - low)[0])

    assert width([0.0]) < width([0.3, -0.3]) < width([0.8, 0.9])


def test_one_row_gets_the_same_bits_as_among_many() -> None:
    fitted = Calibration(0.9, -0.1, (-5.0, 5.0), (0.3, 0.2))
    asked = np.random.default_rng(2).normal(size=1001)
    together = fitted.probability(asked)
    assert all(fitted.probability(asked[i : i + 1])[0] == together[i] for i in range(len(asked)))


def test_shift_brings_the_mean_prediction_to_the_observed_rate(rows: tuple[np.ndarray, np.ndarray]) -> None:
    log_odds, fell = rows
    probability = expit(log_odds)
    moved = shift(probability, fell, np.ones_like(fell))
    assert expit(log_odds + moved).mean() == pytest.approx(fell.mean(), abs=1e-9)


def test_too_few_events_and_a_backwards_model_are_refused() -> None:
    log_odds = np.linspace(-2, 2, 200)
    few = np.zeros(200)
    few[-3:] = 1
    with pytest.raises(TooFewRows, match="events"):
        fit_sigmoid(log_odds, few, np.ones(200))
    with pytest.raises(TooFewRows, match="backwards"):
        fit_sigmoid(log_odds, (log_odds < 0).astype(float), np.ones(200))
