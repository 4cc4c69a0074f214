"""What drives a household's risk at a glance: bars to the right raise it, bars to the left lower it, on one scale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from riskmodel.explain.reasons import Driver, Words
from riskmodel.features.encode import HORIZON_GROUP
from riskmodel.service.pages import sentences
from riskmodel.service.pages.household.comparing import bar_of

MOST_STRONGEST = 10


@dataclass(frozen=True, slots=True)
class GlanceBar:
    """A factor, or a group of them, in the chart.

    Attributes
    ----------
    label, value, effect : str
        What it is, the household's value, and what it does; a group has no value.
    direction : str
        ``up`` or ``down``.
    x, width : float
        Its bar, from the middle (100 of 200) to one side.
    """

    label: str
    value: str
    effect: str
    direction: str
    x: float
    width: float


def longest_of(drivers: Sequence[Driver], groups: Sequence[Mapping[str, Any]]) -> float:
    """Return the strongest contribution of any factor or group: all bars of a page are drawn on its scale."""
    felt = [one["log_odds"] for one in groups if one["group"] != HORIZON_GROUP]
    return max((abs(value) for value in (*felt, *(driver.log_odds for driver in drivers))), default=0.0)


def group_bars(groups: Sequence[Mapping[str, Any]], longest: float, words: Words) -> tuple[GlanceBar, ...]:
    """Return the factor groups that are felt, what raises the risk most first and what lowers it most last."""
    felt = [(words.group(one["group"]), "", one["log_odds"]) for one in groups if one["group"] != HORIZON_GROUP]
    return _bars(felt, longest, words)


def strongest_bars(drivers: Sequence[Driver], longest: float, words: Words) -> tuple[GlanceBar, ...]:
    """Return the strongest factors of all groups, in the same order."""
    strongest = sorted(drivers, key=lambda driver: -abs(driver.log_odds))[:MOST_STRONGEST]
    return _bars(
        [(words.feature(one.feature), words.household_value(one), one.log_odds) for one in strongest], longest, words
    )


def _bars(felt: Sequence[tuple[str, str, float]], longest: float, words: Words) -> tuple[GlanceBar, ...]:
    bars = []
    for label, value, log_odds in sorted(felt, key=lambda one: -one[2]):
        if abs(log_odds) < sentences.SLIGHT:
            continue
        bar = bar_of(log_odds, longest, words)
        bars.append(GlanceBar(label, value, bar.effect, bar.direction, bar.x, bar.width))
    return tuple(bars)
