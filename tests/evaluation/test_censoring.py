"""Weighing by the inverse chance of being known: it undoes a loss that traits explain, and tells how much it moved."""

from __future__ import annotations

import numpy as np
import pytest

from riskmodel.errors import TooFewRows
from riskmodel.evaluation.censoring import chance_known, how_far_moved, inverse_weights

RNG = np.random.default_rng(3)


def lost_when_risky(n: int = 6_000) -> tuple[np.ndarray, ...]:
    """Make rows whose riskier half is known a quarter of the time, and the other half always but for one in ten."""
    risky = RNG.random(n) < 0.5
    fell = (RNG.random(n) < np.where(risky, 0.4, 0.1)).astype(float)
    known = RNG.random(n) < np.where(risky, 0.25, 0.9)
    return risky.astype(float), fell, known, np.arange(n)


def test_chances_are_those_that_the_rows_were_drawn_with() -> None:
    risky, _, known, household = lost_when_risky()
    chance = chance_known(risky[:, None], known, household, 0)
    assert chance[risky == 1].mean() == pytest.approx(0.25, abs=0.03)
    assert chance[risky == 0].mean() == pytest.approx(0.9, abs=0.03)


def test_a_household_never_helps_to_tell_its_own_chance() -> None:
    """Each household has one trait of its own; fitted on others, nothing can be told from it."""
    household = np.repeat(np.arange(400), 5)
    known = (household % 2 == 0) & (RNG.random(2_000) < 0.99)
    noise = RNG.random(400)[household][:, None]
    chance = chance_known(noise, known, household, 0)
    assert abs(np.corrcoef(chance, known)[0, 1]) < 0.2


def test_the_rate_of_all_is_found_from_the_known() -> None:
    risky, fell, known, household = lost_when_risky()
    chance = np.where(risky == 1, 0.25, 0.9)
    seen = np.where(known, fell, np.nan)
    found = how_far_moved(risky + RNG.random(len(fell)) / 9, seen, chance, household, 0.2, np.random.default_rng(0))
    assert found.known["rate"].value < 0.2
    assert found.weighed["rate"].value == pytest.approx(fell.mean(), abs=0.02)
    assert found.moved["rate"].value == pytest.approx(found.weighed["rate"].value - found.known["rate"].value)
    assert found.moved["rate"].low > 0
    assert found.effective_n < known.sum()
    assert found.selectivity_auc == pytest.approx(0.83, abs=0.05)


def test_equal_chances_move_nothing() -> None:
    risky, fell, known, household = lost_when_risky(2_000)
    seen = np.where(known, fell, np.nan)
    found = how_far_moved(risky, seen, np.full(2_000, 0.5), household, 0.2, np.random.default_rng(0))
    assert all(abs(one.value) < 1e-12 for one in found.moved.values())
    assert found.effective_n == pytest.approx(known.sum())


def test_no_row_speaks_for_everybody() -> None:
    chance = np.full(1_000, 0.5)
    chance[0] = 1e-9
    weight = inverse_weights(chance, np.ones(1_000, bool))
    assert weight.max() == pytest.approx(weight.min())
    assert weight.mean() == pytest.approx(1)


@pytest.mark.parametrize("share", [0, 1])
def test_nothing_is_weighed_where_all_or_none_are_known(share: int) -> None:
    with pytest.raises(TooFewRows, match="nothing to weigh by"):
        chance_known(np.zeros((9, 1)), np.full(9, bool(share)), np.arange(9), 0)
