"""Two households side by side: what moves the risk of each, and where they differ most, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from riskmodel.explain.reasons import Driver, Words
from riskmodel.features.encode import HORIZON_GROUP
from riskmodel.service.explanation import Explanation
from riskmodel.service.pages import sentences

MIDDLE = 100
"""Bars go from here to either side, and no further than as far again."""
MOST_FEATURES = 8


@dataclass(frozen=True, slots=True)
class Bar:
    """What a factor group does to one household's risk.

    Attributes
    ----------
    effect : str
        In words.
    direction : str
        ``up``, ``down``, or empty where hardly anything is felt.
    x, width : float
        Where its bar begins, of twice :data:`MIDDLE`, and how long it is.
    """

    effect: str
    direction: str
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class GroupRow:
    """A factor group of both households."""

    label: str
    bars: tuple[Bar, Bar]


@dataclass(frozen=True, slots=True)
class Cell:
    """A feature of one household: its value, what it does, and which way (``up``, ``down`` or neither)."""

    value: str
    effect: str
    direction: str


@dataclass(frozen=True, slots=True)
class FeatureRow:
    """A feature of both households."""

    label: str
    cells: tuple[Cell, Cell]


@dataclass(frozen=True, slots=True)
class CompareView:
    """Where two households differ: factor groups, the one that differs most first, and features likewise."""

    groups: tuple[GroupRow, ...]
    features: tuple[FeatureRow, ...]


def compare_view(one: Explanation, other: Explanation, words: Words) -> CompareView:
    """Return where two households differ.

    Parameters
    ----------
    one, other : Explanation
        What one model says of each.
    words : Words
        Of the model's programme.
    """
    return CompareView(_group_rows(one.score["groups"], other.score["groups"], words), _feature_rows(one, other, words))


def _group_rows(
    one: Sequence[Mapping[str, Any]], other: Sequence[Mapping[str, Any]], words: Words
) -> tuple[GroupRow, ...]:
    right = {group["group"]: group["log_odds"] for group in other}
    pairs = [
        (group["group"], group["log_odds"], right[group["group"]]) for group in one if group["group"] != HORIZON_GROUP
    ]
    felt = [pair for pair in pairs if max(abs(pair[1]), abs(pair[2])) >= sentences.SLIGHT]
    longest = max((abs(value) for pair in felt for value in pair[1:]), default=1.0)
    felt.sort(key=lambda pair: -abs(pair[1] - pair[2]))
    return tuple(
        GroupRow(words.group(code), (bar_of(mine, longest, words), bar_of(theirs, longest, words)))
        for code, mine, theirs in felt
    )


def bar_of(log_odds: float, longest: float, words: Words) -> Bar:
    """Return the bar of a contribution; the longest one of the page reaches all the way to its side."""
    width = round(MIDDLE * abs(log_odds) / longest, 1)
    x = float(MIDDLE) if log_odds > 0 else round(MIDDLE - width, 1)
    return Bar(sentences.strength(words.language, log_odds), direction_of(log_odds), x, width)


def direction_of(log_odds: float) -> str:
    """Return which way a contribution moves the risk; nothing where it is hardly felt."""
    if abs(log_odds) < sentences.SLIGHT:
        return ""
    return "up" if log_odds > 0 else "down"


def _feature_rows(one: Explanation, other: Explanation, words: Words) -> tuple[FeatureRow, ...]:
    theirs = {driver.feature: driver for driver in other.drivers}
    pairs = [(driver, theirs[driver.feature]) for driver in one.drivers]
    pairs = [pair for pair in pairs if abs(pair[0].log_odds - pair[1].log_odds) >= sentences.SLIGHT]
    pairs.sort(key=lambda pair: -abs(pair[0].log_odds - pair[1].log_odds))
    return tuple(
        FeatureRow(words.feature(mine.feature), (_cell(mine, words), _cell(other_one, words)))
        for mine, other_one in pairs[:MOST_FEATURES]
    )


def _cell(driver: Driver, words: Words) -> Cell:
    return Cell(
        words.household_value(driver),
        sentences.strength(words.language, driver.log_odds),
        direction_of(driver.log_odds),
    )
