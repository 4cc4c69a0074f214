"""Earlier households that are most like one: by the share of trees that sort both alike."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from riskmodel.explain.neighbours import Neighbours, mark_of, most_alike

SALT = b"salt"
ANYBODY = "somebody who is not remembered"


def remembered(leaves: list[list[int]], fell: list[bool], ids: list[str] | None = None) -> Neighbours:
    count = len(fell)
    days = np.datetime64("2024-01-01") + np.arange(count)
    other = mark_of(ANYBODY, SALT) ^ 1
    marks = [other] * count if ids is None else [mark_of(one, SALT) for one in ids]
    return Neighbours(
        days,
        np.array(fell, bool),
        np.array(["income" if one else "" for one in fell], dtype=object),
        ("income", "health"),
        np.array([[one, not one] for one in fell], bool).reshape(count, 2),
        np.array(marks, "uint8"),
        SALT,
        np.array(leaves, dtype="uint16").reshape(count, len(leaves[0]) if leaves else 4),
    )


def test_every_tree_counts_the_same() -> None:
    earlier = remembered([[1, 2, 3, 4], [1, 2, 3, 9], [9, 9, 9, 9], [1, 9, 9, 9]], [True, False, True, False])
    found = most_alike(earlier, np.array([1, 2, 3, 4]), 3, ANYBODY)
    assert found.similarity.tolist() == [1.0, 0.75, 0.25]
    assert found.fell.tolist() == [True, False, False]
    assert found.cause.tolist() == ["income", "", ""]
    assert found.leading.tolist() == [[True, False], [False, True], [False, True]]
    assert found.as_of.astype(str).tolist() == ["2024-01-01", "2024-01-02", "2024-01-04"]


def test_where_few_are_remembered_all_are_returned() -> None:
    assert len(most_alike(remembered([[1], [2]], [True, False]), np.array([1]), 50, ANYBODY).fell) == 2
    assert len(most_alike(remembered([], []), np.array([1, 2, 3, 4]), 50, ANYBODY).fell) == 0


def test_a_household_is_never_compared_with_itself() -> None:
    ids = [f"{number:018d}" for number in range(300)]
    everybody = remembered([[1, 2]] * 300, [False] * 300, ids)
    for own in range(300):
        kept = most_alike(everybody, np.array([1, 2]), 300, ids[own]).as_of
        assert everybody.as_of[own] not in kept
        # whoever shares its mark is left out too; few do
        assert len(kept) > 290


def test_a_mark_tells_of_nobody_who_it_is() -> None:
    """A thousand households have 256 marks at most, and with another salt each has another one."""
    ids = [f"{number:018d}" for number in range(1000)]
    marks, others = ([mark_of(one, salt) for one in ids] for salt in (b"one", b"two"))
    assert len(set(marks)) > 200 and max(marks) < 256
    assert sum(a == b for a, b in zip(marks, others, strict=True)) < 30


ROWS = st.lists(st.lists(st.integers(0, 3), min_size=5, max_size=5), min_size=1, max_size=30)


@given(ROWS, st.integers(0, 29), st.integers(1, 40))
def test_nobody_who_is_more_alike_is_left_out(leaves: list[list[int]], who: int, count: int) -> None:
    own = leaves[who % len(leaves)]
    found = most_alike(remembered(leaves, [False] * len(leaves)), np.array(own), count, ANYBODY)
    every = sorted((sum(a == b for a, b in zip(row, own, strict=True)) / 5 for row in leaves), reverse=True)
    assert found.similarity.tolist() == every[:count]
    # whoever has the same leaves is wholly alike
    assert found.similarity[0] == 1.0
    # of those equally similar, the first ones
    kept = list(zip(-found.similarity, found.as_of, strict=True))
    assert kept == sorted(kept)
