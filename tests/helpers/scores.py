"""Two scores of one household, made alone and among others: everything is equal to the bit but what is not promised to be."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

CONTRIBUTION_TOLERANCE = 1e-12
"""One row and a block of rows are explained by two kernels, which add in another order; the raw score is LightGBM's in both."""
WITH_CONTRIBUTIONS = ("reasons", "groups", "contributions")


def assert_same_score(found: Mapping[str, Any], expected: Mapping[str, Any]) -> None:
    """Compare every field exactly, and contributions within :data:`CONTRIBUTION_TOLERANCE`."""
    found, moved = _parted(found)
    expected, approved = _parted(expected)
    assert found == expected
    assert len(moved) == len(approved)
    for one, other in zip(moved, approved, strict=True):
        assert abs(one - other) <= CONTRIBUTION_TOLERANCE


def assert_same_scores(found: Sequence[Mapping[str, Any]], expected: Sequence[Mapping[str, Any]]) -> None:
    """Compare scores one by one."""
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        assert_same_score(one, other)


def _parted(score: Mapping[str, Any]) -> tuple[dict[str, Any], list[float]]:
    """Part a score from its contributions."""
    rest = copy.deepcopy(dict(score))
    lists = [rest[name] for name in WITH_CONTRIBUTIONS if name in rest]
    return rest, [entry.pop("log_odds") for entries in lists for entry in entries]
