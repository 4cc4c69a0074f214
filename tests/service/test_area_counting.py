"""The parts of a list add up, for the area, by reason and by the area right below."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from riskmodel.service.area_counting import ListCounts, list_counts
from riskmodel.service.store.area_counts import ListPart

PARTS = st.builds(
    ListPart,
    st.sampled_from(["/c/", "/c/a/", "/c/a/x/", "/c/ab/"]),
    st.sampled_from(["", "income", "health"]),
    *[st.integers(0, 50)] * 4,
)


def test_known_answers() -> None:
    parts = [ListPart("/c/a/x/", "income", 9, 5, 2, 1), ListPart("/c/a/", "health", 3, 1, 0, 0)]
    parts.append(ListPart("/c/ab/", "income", 1, 0, 1, 1))
    by_area = {"a": (12, 6), "ab": (1, 0)}
    assert list_counts(parts, "/c/") == ListCounts(13, 6, 3, 2, {"income": 10, "health": 3}, by_area)
    assert list_counts(parts, "").by_area == {"c": (13, 6)}
    assert list_counts(parts[:2], "/c/a/").by_area == {"x": (9, 5), "": (3, 1)}
    assert list_counts([], "/c/") == ListCounts(0, 0, 0, 0, {}, {})


@given(st.lists(PARTS, max_size=20))
def test_nobody_is_lost(parts: list[ListPart]) -> None:
    found = list_counts(parts, "/c/")
    assert found.listed == sum(found.by_group.values()) == sum(listed for listed, _ in found.by_area.values())
    assert found.decided == sum(decided for _, decided in found.by_area.values()) == sum(one.decided for one in parts)
