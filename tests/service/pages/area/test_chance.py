"""Ranges hold what chance does, and stay where counts and shares can be."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskmodel.service.pages.area.chance import after_shock, chance_range, share_range


def test_the_range_of_a_count_holds_19_of_20_draws() -> None:
    rng = np.random.default_rng(3)
    chances = rng.beta(1, 20, 2_000)
    low, high = chance_range(chances.sum(), (chances * (1 - chances)).sum(), len(chances))
    drawn = (rng.random((2_000, len(chances))) < chances).sum(axis=1)
    assert np.mean((low <= drawn) & (drawn <= high)) == pytest.approx(0.95, abs=0.02)


def test_known_answers() -> None:
    assert chance_range(1.0, 100.0, 5) == (0.0, 5.0)
    assert share_range(0, 20) == (0.0, pytest.approx(0.1611, abs=1e-4))
    assert share_range(20, 20) == (pytest.approx(0.8389, abs=1e-4), pytest.approx(1.0))
    assert after_shock(0.5, 0.5) == pytest.approx(0.6225, abs=1e-4)
    assert (after_shock(0.0, 0.5), after_shock(1.0, 0.5)) == (0.0, 1.0)


@given(st.integers(1, 10_000), st.data())
def test_a_share_lies_within_its_range(of: int, data: st.DataObject) -> None:
    count = data.draw(st.integers(0, of))
    low, high = share_range(count, of)
    assert 0 <= low <= count / of + 1e-12 and count / of - 1e-12 <= high <= 1
