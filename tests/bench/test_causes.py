"""The strongest factor is held against causes that could have been known, and against naming the commonest one always."""

from __future__ import annotations

from riskmodel.bench.causes import Agreement


def test_counts_of_tests_add_up() -> None:
    assert Agreement(5, 3, 2) + Agreement(1, 0, 1) == Agreement(6, 3, 3)
