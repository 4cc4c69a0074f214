"""Probabilities come from one increasing map that agrees with maximum likelihood, and the range holds them."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy.special import expit, logit

from riskmodel.evaluation.calibration import Calibration, fit_calibration, shift, shifted
from riskmodel.evaluation.calibrators import KINDS


@pytest.fixture
def rows() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    log_odds = rng.normal(-2, 1.5, 4000)
    return log_odds, (rng.random(4000) < expit(0.7 * log_odds - 0.4)).astype(float)


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


def kinked(n: int = 3000, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return rows whose true map is far from a sigmoid."""
    rng = np.random.default_rng(seed)
    log_odds = rng.normal(-2, 1.5, n)
    return log_odds, (rng.random(n) < 0.4 * expit(4 * log_odds + 8)).astype(float), rng.uniform(0.5, 2, n)


@pytest.fixture(scope="module", params=KINDS)
def each_kind(request: pytest.FixtureRequest) -> Calibration:
    """Return a calibration of each kind, fitted to the same rows."""
    log_odds, fell, weight = kinked()
    if request.param in {"none", "sigmoid"}:
        fell = (np.random.default_rng(4).random(len(fell)) < expit(log_odds)).astype(float)
    kinds = (request.param,)
    found = fit_calibration(
        log_odds, fell, weight, np.arange(len(fell)), [0.1], np.random.default_rng(0), 10, kinds=kinds
    )
    assert found.kind == request.param
    return found


def test_every_kind_gives_one_row_the_same_bits_as_among_many(each_kind: Calibration) -> None:
    asked = np.concatenate([np.random.default_rng(2).normal(-2, 4, 700), each_kind.curve_log_odds, each_kind.knots])
    together = each_kind.probability(asked), *each_kind.interval(asked)
    for place in range(len(asked)):
        one = asked[place : place + 1]
        alone = each_kind.probability(one), *each_kind.interval(one)
        assert all(a[0] == b[place] for a, b in zip(alone, together, strict=True))


def test_every_kind_increases_strictly_on_plateaus_and_beyond_the_ends_too(each_kind: Calibration) -> None:
    asked = np.unique(np.concatenate([np.linspace(-30, 20, 40_001), each_kind.curve_log_odds]))
    assert (np.diff(each_kind.calibrated_log_odds(asked)) > 0).all()
    # a household is never moved down by rounding, however close the next one is
    close = np.sort(np.concatenate([asked, np.nextafter(asked, np.inf), np.nextafter(asked, -np.inf)]))
    assert (np.diff(each_kind.calibrated_log_odds(close)) >= 0).all()


def test_every_kind_has_the_sigmoids_slope_beyond_the_rows_it_was_fitted_on(each_kind: Calibration) -> None:
    for far in (np.array([-40.0, -39.0]), np.array([30.0, 31.0])):
        assert np.diff(each_kind.calibrated_log_odds(far))[0] == pytest.approx(each_kind.slope)


def test_every_kind_has_a_range_that_holds_its_probability(each_kind: Calibration) -> None:
    asked = np.linspace(-12, 8, 500)
    low, high = each_kind.interval(asked)
    probability = each_kind.probability(asked)
    assert ((low < probability) & (probability < high)).all()


def test_every_kind_survives_json_to_the_bit(each_kind: Calibration) -> None:
    again = Calibration.from_json(json.loads(json.dumps(each_kind.to_json(), allow_nan=False)))
    assert again == each_kind
    asked = np.linspace(-12, 8, 500)
    assert (again.probability(asked) == each_kind.probability(asked)).all()


def test_moving_the_map_moves_every_log_odds_and_both_ends_by_the_same(each_kind: Calibration) -> None:
    asked = np.linspace(-9, 5, 101)
    moved = shifted(each_kind, -0.7)
    assert moved.calibrated_log_odds(asked) == pytest.approx(each_kind.calibrated_log_odds(asked) - 0.7)
    for before, after in zip(each_kind.interval(asked), moved.interval(asked), strict=True):
        assert logit(after) == pytest.approx(logit(before) - 0.7)


def test_moving_by_the_shift_meets_the_rate_of_a_later_period(each_kind: Calibration) -> None:
    log_odds, _, weight = kinked(seed=9)
    later = (np.random.default_rng(3).random(len(log_odds)) < 0.31).astype(float)
    moved = shifted(each_kind, shift(each_kind.probability(log_odds), later, weight))
    assert weight @ moved.probability(log_odds) == pytest.approx(weight @ later, rel=1e-6)


def test_a_shape_no_sigmoid_has_is_followed_and_its_losses_are_recorded() -> None:
    log_odds, fell, weight = kinked(12_000)
    found = fit_calibration(log_odds, fell, weight, np.arange(len(fell)), [], np.random.default_rng(0), 5)
    assert found.kind in {"isotonic", "venn_abers"}
    assert set(found.chosen_among) == set(KINDS)
    assert found.chosen_among[found.kind] < found.chosen_among["sigmoid"] < found.chosen_among["none"]
    asked = np.array([-3.5, -1.0, 1.0])
    assert found.probability(asked) == pytest.approx(0.4 * expit(4 * asked + 8), abs=0.05)


@pytest.mark.parametrize("times", [1e-3, 1e6])
def test_survey_weights_count_by_their_ratios_alone(times: float) -> None:
    log_odds, fell, weight = kinked(400)
    household = np.arange(len(fell)) // 2
    fits = [
        fit_calibration(log_odds, fell, weight * factor, household, [], np.random.default_rng(0), 3)
        for factor in (1, times)
    ]
    asked = np.linspace(-6, 3, 50)
    assert fits[0].probability(asked) == pytest.approx(fits[1].probability(asked), rel=1e-6)


def test_files_of_earlier_bundles_are_sigmoids() -> None:
    old = {"slope": 1.1, "intercept": 0.3, "knots": [-5.0, 5.0], "spread": [0.3, 0.2]}
    found = Calibration.from_json(old)
    asked = np.linspace(-9, 9, 50)
    assert found.kind == "sigmoid"
    assert (found.probability(asked) == expit(1.1 * asked + 0.3)).all()


@pytest.mark.parametrize(
    "change",
    [
        {"slope": -1.0},
        {"kind": "spline"},
        {"kind": "isotonic"},
        {"kind": "isotonic", "curve_log_odds": [0.0, 1.0], "curve_calibrated": [0.5, 0.5]},
        {"kind": "isotonic", "curve_log_odds": [1.0, 1.0], "curve_calibrated": [0.1, 0.5]},
        {"kind": "isotonic", "curve_log_odds": [0.0, 1.0], "curve_calibrated": [0.5]},
        {"spread": [0.3, -0.1]},
        {"knots": [5.0, -5.0]},
        {"intercept": float("nan")},
        {"kind": "isotonic", "curve_log_odds": [0.0, 1.0], "curve_calibrated": [0.5, float("nan")]},
        {"curve_log_odds": [0.0, 1.0], "curve_calibrated": [0.1, 0.5]},
    ],
)
def test_a_file_whose_map_does_not_increase_is_refused(change: dict[str, object]) -> None:
    good = {"slope": 1.1, "intercept": 0.3, "knots": [-5.0, 5.0], "spread": [0.3, 0.2]}
    with pytest.raises(ValueError, match="calibration"):
        Calibration.from_json(good | change)
