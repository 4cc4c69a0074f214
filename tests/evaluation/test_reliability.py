"""Calibration figures agree with scikit-learn and with counts by hand, and parts with too few rows have none."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression

from riskmodel.evaluation.reliability import FIGURES, equal_bins, reliability, reliability_by, ventiles

Rows = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def drawn(n: int, seed: int = 0, slope: float = 1.0, intercept: float = 0.0) -> Rows:
    """Return predicted, outcome, weight and household, whose outcomes follow a known line of the log-odds."""
    rng = np.random.default_rng(seed)
    log_odds = rng.normal(-1.5, 1.2, n)
    fell = (rng.random(n) < expit(slope * log_odds + intercept)).astype(float)
    return expit(log_odds), fell, rng.uniform(0.5, 2, n), np.arange(n) // 2


def test_slope_and_intercept_equal_scikit_learns_weighted_logistic_regression() -> None:
    probability, fell, weight, household = drawn(3000, slope=0.7, intercept=0.3)
    found = reliability(probability, fell, weight, household, np.random.default_rng(0), 5).figures
    assert found is not None
    oracle = LogisticRegression(C=np.inf, tol=1e-12, max_iter=1000)
    oracle.fit(logit(probability)[:, None], fell, sample_weight=weight)
    assert found["slope"].value == pytest.approx(oracle.coef_[0, 0], abs=1e-5)
    assert found["intercept"].value == pytest.approx(oracle.intercept_[0], abs=1e-5)


def test_rates_ratio_and_error_equal_counts_by_hand() -> None:
    """A hundred rows in ten tens: ten at 0.05, ten at 0.15 and so on; the first five tens fall by half."""
    probability = np.repeat(np.arange(10) / 10 + 0.05, 10)
    fell = np.tile([1.0, 0.0], 50)
    fell[50:] = 1.0
    found = reliability(probability, fell, np.ones(100), np.arange(100), np.random.default_rng(0), 0).figures
    assert found is not None
    assert found["predicted"].value == pytest.approx(0.5)
    assert found["observed"].value == pytest.approx(0.75)
    assert found["expected_to_observed"].value == pytest.approx(0.5 / 0.75)
    gaps = [0.45, 0.35, 0.25, 0.15, 0.05, 0.45, 0.35, 0.25, 0.15, 0.05]
    assert found["calibration_error"].value == pytest.approx(np.mean(gaps))


def test_a_weight_of_two_equals_having_the_row_twice_for_all_but_the_bins() -> None:
    probability, fell, _, household = drawn(400)
    times = np.random.default_rng(1).integers(1, 4, 400)
    again = np.repeat(np.arange(400), times)
    rng = np.random.default_rng(0)
    weighted = reliability(probability, fell, times.astype(float), household, rng, 0).figures
    repeated = reliability(probability[again], fell[again], np.ones(len(again)), household[again], rng, 0).figures
    assert weighted is not None
    assert repeated is not None
    for name in set(FIGURES) - {"calibration_error"}:
        assert weighted[name].value == pytest.approx(repeated[name].value, rel=1e-6)


def test_intervals_hold_the_truth_of_most_samples() -> None:
    """Twenty samples of a perfect prediction: 95 % intervals may miss the truth a few times, not often."""
    missed = dict.fromkeys(("slope", "intercept", "expected_to_observed"), 0)
    for seed in range(20):
        figures = reliability(*drawn(800, seed), np.random.default_rng(seed), 60).figures
        assert figures is not None
        for name, truth in (("slope", 1.0), ("intercept", 0.0)):
            missed[name] += not figures[name].low <= truth <= figures[name].high
        missed["expected_to_observed"] += (
            not figures["expected_to_observed"].low <= 1 <= figures["expected_to_observed"].high
        )
    assert max(missed.values()) <= 4


def test_intervals_draw_households_whole() -> None:
    """Rows that repeat within a household say nothing new; the range must not shrink by them."""
    probability, fell, _, _ = drawn(300)
    again = np.repeat(np.arange(300), 9)
    widths = []
    for household in (again, np.arange(2700)):
        found = reliability(
            probability[again], fell[again], np.ones(2700), household, np.random.default_rng(0), 100
        ).figures
        assert found is not None
        widths.append(found["observed"].high - found["observed"].low)
    assert widths[0] == pytest.approx(3 * widths[1], rel=0.4)


@pytest.mark.parametrize(("n", "events", "too_few"), [(49, 20, True), (50, 9, True), (50, 10, False)])
def test_below_50_rows_or_10_events_there_are_no_figures(n: int, events: int, too_few: bool) -> None:
    fell = (np.arange(n) < events).astype(float)
    found = reliability(np.linspace(0.8, 0.1, n), fell, np.ones(n), np.arange(n), np.random.default_rng(0), 3)
    assert found.too_few is too_few
    assert (found.n, found.events) == (n, events)
    assert ("slope" in found.to_json()) is not too_few


def test_undefined_figures_are_null_in_json_and_cause_no_warning() -> None:
    """Equal probabilities have no slope; certain ones have no finite log-odds."""
    fell = (np.arange(60) < 20).astype(float)
    for probability in (np.full(60, 0.3), fell, np.ones(60)):
        found = reliability(probability, fell, np.ones(60), np.arange(60), np.random.default_rng(0), 5)
        written = json.loads(json.dumps(found.to_json(), allow_nan=False))
        assert written["slope"] is None
        assert written["observed"] == pytest.approx(1 / 3)


def test_each_part_is_measured_as_if_it_were_alone() -> None:
    probability, fell, weight, household = drawn(900)
    key = np.array(["2018-01-01", "2018-07-01", "2019-01-01"])[np.arange(900) % 3]
    key[:30] = "2017-07-01"
    found = reliability_by(key, probability, fell, weight, household, np.random.default_rng(0), 0)
    assert list(found) == ["2017-07-01", "2018-01-01", "2018-07-01", "2019-01-01"]
    assert found["2017-07-01"].too_few
    rows = key == "2018-07-01"
    alone = reliability(probability[rows], fell[rows], weight[rows], household[rows], np.random.default_rng(0), 0)
    assert found["2018-07-01"].to_json() == alone.to_json()


def test_ventiles_come_from_the_top_and_count_what_fell() -> None:
    probability = np.arange(200) / 1000
    fell = (np.arange(200) >= 195).astype(float)
    first, second = ventiles(probability, fell, np.ones(200), top=2)
    assert (first.number, first.n, first.events, first.observed) == (1, 10, 5, 0.5)
    assert first.predicted == pytest.approx(np.mean(probability[190:]))
    assert (second.number, second.n, second.events, second.observed) == (2, 10, 0, 0.0)


def test_ventiles_take_survey_weights_and_keep_equal_probabilities_together() -> None:
    probability = np.repeat([0.1, 0.2], [180, 20])
    found = ventiles(probability, np.tile([1.0, 0.0], 100), np.tile([3.0, 1.0], 100), top=2)
    assert [(one.number, one.n, one.observed) for one in found] == [(1, 20, 0.75)]


@given(st.integers(0, 10_000), st.integers(1, 200), st.integers(1, 30), st.sampled_from([1, 10, 20]))
@settings(max_examples=60, deadline=None)
def test_bins_keep_the_order_and_ties_and_hold_equally_many(seed: int, n: int, levels: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    score = rng.integers(0, levels, n).astype(float)
    bins = equal_bins(score, count)
    assert ((bins >= 0) & (bins < count)).all()
    order = np.argsort(score, kind="stable")
    assert (np.diff(bins[order]) >= 0).all()
    assert all(len(set(bins[score == one])) == 1 for one in set(score))
    distinct = equal_bins(rng.permutation(n).astype(float), count)
    sizes = np.bincount(distinct, minlength=count)
    assert sizes.max() - sizes.min() <= 1
