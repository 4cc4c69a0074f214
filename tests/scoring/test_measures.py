"""Help follows the factors that drive the risk: one for a single risk, several for a mixed one."""

from __future__ import annotations

import numpy as np
import pytest

from riskmodel.programme.measures import Condition, Measure
from riskmodel.scoring.measures import FittingMeasures, holds, leading_groups


@pytest.mark.parametrize(
    ("by_group", "leading"),
    [
        ([0.9, 0.1, -2.0], [True, False, False]),
        ([0.5, 0.4, 0.1], [True, True, False]),
        ([0.4, 0.3, 0.3], [True, True, True]),
        ([-0.4, -0.3, 0.0], [False, False, False]),
        ([-5.0, 0.01, 0.0], [False, True, False]),
    ],
)
def test_leading_groups(by_group: list[float], leading: list[bool]) -> None:
    assert leading_groups(np.array([by_group])).tolist() == [leading]


def test_conditions_keep_out_what_can_not_be_offered() -> None:
    job = Measure(code="job", label={}, group="work", only_if=(Condition(feature="workers", at_least=1),))
    aid = Measure(code="aid", label={}, group="work")
    workers = np.array([[2.0], [0.0], [np.nan]])
    fits = FittingMeasures([job, aid], ("work",), ("workers",))(np.ones((3, 1)), workers)
    assert fits.tolist() == [[True, True], [False, True], [False, True]]


def test_a_missing_value_never_passes() -> None:
    values = np.array([np.nan, 1.0, 2.0, 3.0])
    assert holds(Condition(feature="x", at_least=1, at_most=2), values).tolist() == [False, True, True, False]


def test_all_conditions_of_a_measure_must_hold_and_measures_of_other_groups_never_fit() -> None:
    two = (Condition(feature="workers", at_least=1), Condition(feature="age", at_most=60))
    measures = [
        Measure(code="aid", label={}, group="work"),
        Measure(code="job", label={}, group="work", only_if=two),
        Measure(code="clinic", label={}, group="health"),
        Measure(code="land", label={}, group="work", only_if=(Condition(feature="age", at_least=30),)),
    ]
    rows = np.array([[1.0, 50.0], [1.0, 61.0], [0.0, 20.0], [3.0, np.nan]])
    fits = FittingMeasures(measures, ("work",), ("workers", "age"))(np.ones((4, 1)), rows)
    assert fits.tolist() == [
        [True, True, False, True],
        [True, False, False, True],
        [True, False, False, False],
        [True, False, False, False],
    ]


def test_without_measures_or_conditions() -> None:
    rows = np.ones((2, 1))
    assert FittingMeasures([], ("work",), ("workers",))(np.ones((2, 1)), rows).shape == (2, 0)
    aid = Measure(code="aid", label={}, group="work")
    assert FittingMeasures([aid], ("work",), ("workers",))(np.ones((2, 1)), rows).all()
