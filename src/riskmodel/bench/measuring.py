"""Times of ways that take turns, and what a handful of repetitions say."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

Clock = Callable[[], float]
Work = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Spread:
    """What repetitions gave: the least, the middle and the most."""

    low: float
    middle: float
    high: float


def spread(values: Sequence[float]) -> Spread:
    """Return the least, the median and the most of some values."""
    return Spread(min(values), statistics.median(values), max(values))


def ratios(over: Sequence[float], under: Sequence[float]) -> Spread:
    """Return what one is in times of the other, repetition by repetition.

    Examples
    --------
    >>> ratios([2.0, 9.0, 4.0], [1.0, 3.0, 1.0])
    Spread(low=2.0, middle=3.0, high=4.0)
    """
    return spread([one / other for one, other in zip(over, under, strict=True)])


def seconds_in_turns(ways: Mapping[str, Work], rounds: int, clock: Clock = time.perf_counter) -> dict[str, list[float]]:
    """Time ways one after the other, so that a disturbance of the machine meets them alike.

    Parameters
    ----------
    ways : mapping of name to callable
        What to time; every other round goes through them backwards.
    rounds : int
        How many times each.
    clock : callable
        Returns seconds that only move forward.
    """
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(rounds):
        for name in ways if turn % 2 == 0 else reversed(list(ways)):
            start = clock()
            ways[name]()
            seconds[name].append(clock() - start)
    return seconds
