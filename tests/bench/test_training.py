"""The training benchmark measures what it says."""

from __future__ import annotations

import numpy as np
import pytest

from riskmodel.bench.training import FEATURES, make_rows, training_figures


def test_rows_are_the_same_every_time_and_learnable() -> None:
    matrix, outcome = make_rows(3_000)
    assert matrix.shape == (3_000, FEATURES)
    assert 0.05 < outcome.mean() < 0.2
    assert np.isnan(matrix[:, :54]).mean() == pytest.approx(0.1, abs=0.02)
    np.testing.assert_array_equal(make_rows(3_000)[0], matrix)


@pytest.mark.slow
def test_time_and_memory_are_measured_and_both_have_a_bar() -> None:
    figures = training_figures(40_000, rounds=1)
    assert all(one.values.low > 0 for one in figures)
    assert [one.bar.limit for one in figures if one.bar] == [1.15, 2.0]
