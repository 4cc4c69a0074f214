"""What departs from a band needs a reason: so it is told the same wherever a decision comes from."""

from __future__ import annotations

import pytest

from riskmodel.programme.programme import Band, Capacity
from riskmodel.service.cases.departing import departs, visited_bands
from riskmodel.service.store.decisions import Outcome

BANDS = [
    Band(code=code, label={"en": code}, top_share=share)
    for code, share in (("high", 0.02), ("elevated", 0.05), ("watch", 0.15), ("low", 1.0))
]


@pytest.mark.parametrize(
    ("capacity", "visited"),
    [
        (Capacity(share=0.05), {"high", "elevated"}),
        (Capacity(share=0.049), {"high"}),
        (Capacity(share=0.2), {"high", "elevated", "watch"}),
        (Capacity(share=1.0), {"high", "elevated", "watch", "low"}),
        # whatever can be visited at all, the highest band is what it is for
        (Capacity(share=0.001), {"high"}),
        (Capacity(households=400), {"high"}),
    ],
)
def test_bands_that_can_be_visited(capacity: Capacity, visited: set[str]) -> None:
    assert visited_bands(BANDS, capacity) == visited


@pytest.mark.parametrize(
    ("outcome", "above", "below"),
    [
        (Outcome.MONITOR, False, True),
        (Outcome.NEEDS_VISIT, False, True),
        (Outcome.NOT_NOW, True, False),
        (Outcome.WRONG_DATA, False, False),
    ],
)
def test_every_outcome_above_and_below(outcome: Outcome, above: bool, below: bool) -> None:
    visited = frozenset({"high", "elevated"})
    assert departs(outcome, "elevated", visited) is above
    assert departs(outcome, "watch", visited) is below
