"""Ranges of figures come from the draws that have a figure, and are written without NaN."""

from __future__ import annotations

import json

import numpy as np
import pytest

from riskmodel.evaluation.intervals import figures_json, middle
from riskmodel.evaluation.ranking import Interval


def test_middle_holds_95_percent_of_the_draws_that_have_a_figure() -> None:
    drawn = np.concatenate([np.linspace(0, 1, 1001), np.full(300, np.nan)])
    assert middle(0.4, drawn) == Interval(0.4, pytest.approx(0.025), pytest.approx(0.975))


@pytest.mark.parametrize("drawn", [np.array([]), np.full(3, np.nan)], ids=["no draws", "no draw has one"])
def test_without_a_draw_there_is_no_range_but_the_figure_stays(drawn: np.ndarray) -> None:
    found = middle(0.4, drawn)
    assert found.value == 0.4
    assert np.isnan([found.low, found.high]).all()


def test_undefined_figures_and_ends_are_null_in_json() -> None:
    nan = float("nan")
    written = figures_json({"a": Interval(0.5, 0.4, nan), "b": Interval(nan, nan, nan), "c": None})
    assert json.loads(json.dumps(written, allow_nan=False)) == {
        "a": 0.5,
        "a_interval": [0.4, None],
        "b": None,
        "b_interval": [None, None],
        "c": None,
        "c_interval": None,
    }
