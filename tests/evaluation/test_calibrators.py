"""Curves agree with scikit-learn, and a flexible one serves only where it clearly beats the sigmoid on unseen households."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit, logit
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from riskmodel.errors import TooFewRows
from riskmodel.evaluation.calibrators import (
    KINDS,
    SIGMOID_SHARE,
    Curve,
    between,
    choose,
    fit_curve,
    fit_sigmoid,
    logistic_line,
    smoothed,
)


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


def test_line_equals_scikit_learns_where_targets_are_not_smoothed(rows: tuple[np.ndarray, np.ndarray]) -> None:
    log_odds, fell = rows
    weight = np.random.default_rng(1).uniform(0.5, 2, len(fell))
    oracle = LogisticRegression(C=np.inf, tol=1e-12, max_iter=1000).fit(log_odds[:, None], fell, sample_weight=weight)
    found = logistic_line(log_odds, fell, weight)
    assert found == pytest.approx((oracle.coef_[0, 0], oracle.intercept_[0]), abs=1e-5)


@pytest.mark.parametrize(
    ("log_odds", "fell"),
    [(np.zeros(40), np.arange(40) % 2.0), (np.arange(40.0), (np.arange(40) > 19).astype(float))],
    ids=["one score for all", "outcomes part without overlap"],
)
def test_line_that_does_not_exist_is_nan_instead_of_a_number_of_the_last_step(
    log_odds: np.ndarray, fell: np.ndarray
) -> None:
    assert np.isnan(logistic_line(log_odds, fell, np.ones(40))).all()


def test_line_is_found_where_scores_lie_far_from_zero() -> None:
    """Whole Newton steps run away there."""
    log_odds = np.arange(60.0)
    fell = np.isin(log_odds, [20, *range(30, 60)]).astype(float)
    oracle = LogisticRegression(C=np.inf, tol=1e-12, max_iter=5000, solver="newton-cholesky")
    oracle.fit(log_odds[:, None], fell)
    for start in (None, (1.0, 0.0), (-3.0, 50.0)):
        found = logistic_line(log_odds, fell, np.ones(60), start)
        assert found == pytest.approx((oracle.coef_[0, 0], oracle.intercept_[0]), abs=1e-4)


def test_isotonic_curve_is_scikit_learns_on_smoothed_targets_but_for_the_sigmoids_share(
    rows: tuple[np.ndarray, np.ndarray],
) -> None:
    log_odds, fell = rows
    log_odds = log_odds.round(1)  # many ties
    weight = np.random.default_rng(1).uniform(0.5, 2, len(fell))
    curve = fit_curve("isotonic", log_odds, fell, weight)
    oracle = IsotonicRegression().fit(log_odds, smoothed(fell, weight), sample_weight=weight)
    asked = np.unique(log_odds)
    line = curve.slope * asked + curve.intercept
    expected = (1 - SIGMOID_SHARE) * logit(oracle.predict(asked)) + SIGMOID_SHARE * line
    assert curve.at(asked) == pytest.approx(expected, abs=1e-9)


def test_curves_stay_finite_where_nobody_or_everybody_fell() -> None:
    log_odds = np.arange(60.0)
    fell = (log_odds > 35).astype(float)
    for kind in KINDS:
        curve = fit_curve(kind, log_odds, fell, np.ones(60))
        assert np.isfinite(curve.at(np.array([-5.0, 0, 10, 35.5, 59, 99]))).all()


def test_rows_without_weight_do_not_count(rows: tuple[np.ndarray, np.ndarray]) -> None:
    log_odds, fell = rows
    keep = np.arange(len(fell)) % 3 > 0
    asked = np.linspace(-7, 3, 60)
    for kind in KINDS:
        dropped = fit_curve(kind, log_odds[keep], fell[keep], np.ones(keep.sum()))
        without = fit_curve(kind, log_odds, fell, keep.astype(float))
        assert without.at(asked) == pytest.approx(dropped.at(asked), abs=1e-9)


def test_between_agrees_with_numpy_and_holds_the_ends() -> None:
    rng = np.random.default_rng(0)
    knots, values = np.sort(rng.normal(size=12)), rng.normal(size=12)
    asked = np.concatenate([np.linspace(-4, 4, 301), knots])
    assert between(asked, knots, values) == pytest.approx(np.interp(asked, knots, values), abs=1e-12)
    assert (between(asked, [0.0], [3.0]) == 3).all()


@pytest.mark.parametrize(
    ("slope", "intercept", "kind"), [(1.0, 0.0, "none"), (1.0, 0.8, "sigmoid"), (1.6, 0.0, "sigmoid")]
)
def test_the_simplest_true_map_stays(slope: float, intercept: float, kind: str) -> None:
    rng = np.random.default_rng(2)
    log_odds = rng.normal(-1, 1.5, 4000)
    fell = (rng.random(4000) < expit(slope * log_odds + intercept)).astype(float)
    chosen = choose(log_odds, fell, np.ones_like(fell), np.arange(len(fell)), np.random.default_rng(0))
    assert chosen.kind == kind
    assert set(chosen.log_loss) == set(KINDS)


def test_a_gain_within_one_standard_error_does_not_replace_a_simpler_map() -> None:
    """With few events a flexible curve may be ahead by luck; it must win clearly."""
    rng = np.random.default_rng(0)
    log_odds = rng.normal(-1, 1.5, 600)
    fell = (rng.random(600) < expit(np.minimum(log_odds, 0.8))).astype(float)
    chosen = choose(log_odds, fell, np.ones(600), np.arange(600), rng)
    assert min(chosen.log_loss, key=chosen.log_loss.__getitem__) == "venn_abers"
    assert chosen.kind in {"none", "sigmoid"}


def test_a_clear_bend_replaces_every_line() -> None:
    rng = np.random.default_rng(1)
    log_odds = rng.normal(-1, 1.5, 6000)
    fell = (rng.random(6000) < 0.4 * expit(4 * log_odds + 4)).astype(float)
    chosen = choose(log_odds, fell, np.ones(6000), np.arange(6000), rng)
    assert chosen.kind in {"isotonic", "venn_abers"}


def test_a_household_is_never_on_both_sides_of_the_comparison() -> None:
    """A row repeated within its household would otherwise let isotonic regression learn the held-out rows by heart."""
    rng = np.random.default_rng(0)
    once = rng.normal(-1, 1, 150)
    fell = (rng.random(150) < expit(once)).astype(float)
    log_odds, again, household = np.repeat(once, 8), np.repeat(fell, 8), np.repeat(np.arange(150), 8)
    grouped = choose(log_odds, again, np.ones(1200), household, np.random.default_rng(0))
    loose = choose(log_odds, again, np.ones(1200), np.arange(1200), np.random.default_rng(0))
    assert loose.log_loss["isotonic"] < loose.log_loss["sigmoid"]
    assert grouped.log_loss["isotonic"] > grouped.log_loss["sigmoid"]


def test_too_few_events_to_leave_some_out_keep_the_simplest_without_losses() -> None:
    log_odds = np.linspace(-3, 3, 200)
    fell = np.zeros(200)
    fell[[60, 90, 120, 150, 160, 170, 180, 185, 190, 195]] = 1
    chosen = choose(log_odds, fell, np.ones(200), np.arange(200), np.random.default_rng(0))
    assert (chosen.kind, chosen.log_loss) == ("none", {})


def test_curve_without_knots_is_the_line() -> None:
    assert Curve("sigmoid", 2.0, -1.0).at(np.array([0.0, 3.0])) == pytest.approx([-1.0, 5.0])


def test_too_few_events_and_a_backwards_model_are_refused() -> None:
    log_odds = np.linspace(-2, 2, 200)
    few = np.zeros(200)
    few[-3:] = 1
    with pytest.raises(TooFewRows, match="events"):
        fit_sigmoid(log_odds, few, np.ones(200))
    with pytest.raises(TooFewRows, match="backwards"):
        fit_sigmoid(log_odds, (log_odds < 0).astype(float), np.ones(200))
