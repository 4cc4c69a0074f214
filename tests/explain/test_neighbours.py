"""Earlier households that are most like one: by the share of trees that sort both alike."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from riskmodel.explain.neighbours import Neighbours, most_alike


def remembered(leaves: list[list[int]], fell: list[bool]) -> Neighbours:
    days = np.datetime64("2024-01-01") + np.arange(len(fell))
    return Neighbours(days, np.array(fell), np.array(leaves, dtype="uint16").reshape(len(fell), -1))


def test_every_tree_counts_the_same() -> None:
    earlier = remembered([[1, 2, 3, 4], [1, 2, 3, 9], [9, 9, 9, 9], [1, 9, 9, 9]], [True, False, True, False])
    found = most_alike(earlier, np.array([1, 2, 3, 4]), 3)
    assert found.similarity.tolist() == [1.0, 0.75, 0.25]
    assert found.fell.tolist() == [True, False, False]
    assert found.as_of.astype(str).tolist() == ["2024-01-01", "2024-01-02", "2024-01-04"]


def test_where_few_are_remembered_all_are_returned() -> None:
    assert len(most_alike(remembered([[1], [2]], [True, False]), np.array([1]), 50).fell) == 2
    nobody = Neighbours(np.array([], "datetime64[D]"), np.array([], bool), np.empty((0, 4), "uint16"))
    assert len(most_alike(nobody, np.array([1, 2, 3, 4]), 50).fell) == 0


ROWS = st.lists(st.lists(st.integers(0, 3), min_size=5, max_size=5), min_size=1, max_size=30)


@given(ROWS, st.integers(0, 29), st.integers(1, 40))
def test_nobody_who_is_more_alike_is_left_out(leaves: list[list[int]], who: int, count: int) -> None:
    own = leaves[who % len(leaves)]
    found = most_alike(remembered(leaves, [False] * len(leaves)), np.array(own), count)
    every = sorted((sum(a == b for a, b in zip(row, own, strict=True)) / 5 for row in leaves), reverse=True)
    assert found.similarity.tolist() == every[:count]
    # a household is like itself
    assert found.similarity[0] == 1.0
    # of those equally similar, the first ones
    kept = list(zip(-found.similarity, found.as_of, strict=True))
    assert kept == sorted(kept)
