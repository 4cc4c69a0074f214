"""The fast Venn-Abers fit equals its definition, row by row."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit
from sklearn.isotonic import IsotonicRegression

from riskmodel.evaluation.venn_abers import tied, venn_abers


def by_definition(log_odds: np.ndarray, fell: np.ndarray, weight: np.ndarray, score: float) -> float:
    """Return the merged probability from two whole isotonic fits, as Vovk and others define it."""
    pair = []
    for label in (0.0, 1.0):
        fit = IsotonicRegression().fit(
            np.append(log_odds, score), np.append(fell, label), np.append(weight, weight[weight > 0].mean())
        )
        pair.append(fit.predict([score])[0])
    return float(pair[1] / (1 - pair[0] + pair[1]))


@given(st.integers(0, 100_000), st.integers(1, 60), st.integers(2, 40))
@settings(max_examples=60, deadline=None)
def test_equals_its_definition_with_ties_weights_and_scores_beyond_the_ends(seed: int, n: int, levels: int) -> None:
    rng = np.random.default_rng(seed)
    log_odds = rng.integers(0, levels, n) / 2.0
    fell = (rng.random(n) < expit(log_odds - levels / 4)).astype(float)
    weight = rng.choice([0.5, 1.0, 2.5], n)
    asked = np.concatenate([np.unique(log_odds), rng.uniform(-2, levels, 6), [-9.0, 99.0]])
    expected = [by_definition(log_odds, fell, weight, score) for score in asked]
    assert venn_abers(log_odds, fell, weight, asked) == pytest.approx(expected, abs=1e-12)


@given(st.integers(0, 100_000))
@settings(max_examples=20, deadline=None)
def test_never_falls_as_log_odds_rise_and_is_never_certain(seed: int) -> None:
    rng = np.random.default_rng(seed)
    log_odds, fell = rng.normal(size=80), (rng.random(80) < 0.3).astype(float)
    found = venn_abers(log_odds, fell, np.ones(80), np.linspace(-4, 4, 100))
    assert (np.diff(found) >= -1e-12).all()
    assert ((found > 0) & (found < 1)).all()


def test_one_calibration_row_that_fell_gives_two_thirds() -> None:
    """With one row that fell and the added one: p0 is 1/2 above it, p1 is 1; so 1 / (1 - 1/2 + 1)."""
    assert venn_abers(np.array([0.0]), np.array([1.0]), np.ones(1), np.array([5.0])) == pytest.approx([2 / 3])


def test_tied_rows_are_put_together_with_their_weights_and_those_without_weight_left_out() -> None:
    steps = tied(np.array([2.0, 1.0, 2.0, 3.0]), np.array([1.0, 0.0, 0.0, 1.0]), np.array([3.0, 1.0, 1.0, 0.0]))
    assert steps.log_odds.tolist() == [1.0, 2.0]
    assert steps.share.tolist() == [0.0, 0.75]
    assert steps.weight.tolist() == [1.0, 4.0]
