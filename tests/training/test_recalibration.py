"""Short transitions tell how rates move: only the movement counts, and only where there is enough of it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from helpers.rows import made_rows
from riskmodel.evaluation.calibration import Calibration
from riskmodel.training.examples import Examples
from riskmodel.training.recalibration import agreement, transition_shift

IDENTITY = Calibration(1.0, 0.0, (), ())


def rows_of(odds: np.ndarray, rng: np.random.Generator) -> Examples:
    n = len(odds)
    return made_rows(odds[:, None], (rng.random(n) < expit(odds)).astype(float), "2020-01-01", 3)


@pytest.mark.parametrize("moved", [-0.4, 0.0, 0.8])
def test_the_movement_since_is_found_whatever_is_off_at_both_times(moved: float) -> None:
    rng = np.random.default_rng(0)
    base = rng.normal(-1.5, 1, 40_000)
    older, newer = rows_of(base, rng), rows_of(base + moved, rng)
    constant = 0.7
    by = transition_shift(
        lambda rows: rows.matrix[:, 0] + constant - (moved if rows is newer else 0), IDENTITY, older, newer
    )
    assert by == pytest.approx(moved, abs=0.06)


def test_few_transitions_say_nothing() -> None:
    rng = np.random.default_rng(0)
    many, few = rows_of(np.zeros(400), rng), rows_of(np.full(400, -5.0), rng)
    assert transition_shift(lambda rows: rows.matrix[:, 0], IDENTITY, many, few) is None
    assert transition_shift(lambda rows: rows.matrix[:, 0], IDENTITY, few, many) is None


def test_agreement_is_of_rows_counted_once() -> None:
    rng = np.random.default_rng(0)
    rows = rows_of(rng.normal(-1, 1, 20_000), rng)
    right = agreement(expit(rows.matrix[:, 0]), rows)
    half = agreement(expit(rows.matrix[:, 0]) / 2, rows)
    assert right["calibration_error"] < 0.012
    assert half["observed"] == right["observed"]
    assert half["predicted"] == pytest.approx(right["predicted"] / 2)
    assert half["calibration_error"] == pytest.approx(right["observed"] / 2, abs=0.02)
    assert agreement(np.full(10, 0.5), rows.where(np.arange(20_000) < 10)) == {}
