"""The training benchmark measures what it says, and its verdict follows its figures."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from riskmodel.bench.training import FEATURES, make_rows, to_markdown, training_cost


def test_rows_are_the_same_every_time_and_learnable() -> None:
    matrix, outcome = make_rows(3_000)
    assert matrix.shape == (3_000, FEATURES)
    assert 0.05 < outcome.mean() < 0.2
    assert np.isnan(matrix[:, :54]).mean() == pytest.approx(0.1, abs=0.02)
    np.testing.assert_array_equal(make_rows(3_000)[0], matrix)


@pytest.mark.slow
def test_both_figures_are_measured_and_the_table_says_whether_they_hold() -> None:
    cost = training_cost(40_000, rounds=1)
    assert cost.time_ratio > 0
    assert cost.ours_over_matrix > 0
    good = replace(cost, time_ratio=1.0, ours_over_matrix=1.5)
    assert good.passes
    assert "**beyond**" not in to_markdown(good)
    assert "**beyond**" in to_markdown(replace(good, time_ratio=1.2))
    assert "**beyond**" in to_markdown(replace(good, ours_over_matrix=2.1))
