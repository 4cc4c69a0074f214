"""Rules of n points are exact for the polynomials that a path of 2 n columns makes; padding adds nothing."""

from __future__ import annotations

import pytest

from riskmodel.explain.quadrature import rule_of

MOST, WIDTH = 20, 24


@pytest.mark.parametrize("points", range(1, MOST + 1))
def test_a_rule_integrates_every_power_up_to_twice_its_points_less_one(points: int) -> None:
    rule = rule_of(range(1, MOST + 1), WIDTH)
    for power in range(2 * points):
        found = (rule.weight[points] * rule.at[points] ** power).sum()
        assert found == pytest.approx(1 / (power + 1), rel=1e-13, abs=1e-15)


def test_one_power_more_is_not_exact() -> None:
    """What would let a rule of too few points pass above."""
    rule = rule_of([1, 2, 3], 4)
    assert abs((rule.weight[3] * rule.at[3] ** 6).sum() - 1 / 7) > 1e-5


def test_padding_weighs_nothing_and_stays_finite() -> None:
    rule = rule_of(range(1, MOST + 1), WIDTH)
    for points in range(MOST + 1):
        assert (rule.weight[points, points:] == 0).all()
        assert (rule.weight[points, :points] > 0).all()
    assert ((rule.at > 0) & (rule.at < 1)).all()
    assert rule.per_rest == pytest.approx(1 / (1 - rule.at), rel=1e-15)
