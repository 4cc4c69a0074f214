"""Ways take turns, and ratios are of the same repetition."""

from __future__ import annotations

import pytest

from riskmodel.bench.measuring import Spread, ratios, seconds_in_turns, spread


def test_a_spread_is_the_least_the_median_and_the_most() -> None:
    assert spread([3.0, 1.0, 2.0, 10.0]) == Spread(1.0, 2.5, 10.0)


def test_ratios_are_taken_repetition_by_repetition() -> None:
    # a disturbed repetition slows both alike: its ratio is that of the others
    assert ratios([10.0, 100.0, 10.0], [1.0, 10.0, 1.0]) == Spread(10.0, 10.0, 10.0)


def test_ratios_of_repetitions_that_do_not_pair_are_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        ratios([1.0, 2.0], [1.0])


def test_ways_take_turns_and_whoever_began_is_last_in_the_next_round() -> None:
    order: list[str] = []
    ways = {"a": lambda: order.append("a"), "b": lambda: order.append("b")}
    ticks = iter(range(100))
    seconds = seconds_in_turns(ways, 3, lambda: float(next(ticks)))
    assert order == ["a", "b", "b", "a", "a", "b"]
    assert seconds == {"a": [1.0] * 3, "b": [1.0] * 3}
