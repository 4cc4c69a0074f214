"""Ways to raise alerts, all under the same cooldown and with the same number of alerts each month."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from riskmodel.bench.alerts.months import Month
from riskmodel.features.timeline import Positions

Values = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

RULES, HIGHEST, RISE, BOTH, CHANCE = "rules", "highest", "rise", "both", "chance"
WAYS = (RULES, HIGHEST, RISE, BOTH, CHANCE)
"""Rules alone; the highest and the fastest rising probability; half by rules and half by the highest; and by lot."""

LONG_AGO = -(10**6)


@dataclass(frozen=True, slots=True)
class Raised:
    """Alerts of one way, month after month.

    Attributes
    ----------
    household : ndarray of int, shape (n,)
        Position in the timeline.
    day : ndarray of datetime64[D], shape (n,)
        When it was raised.
    outcome : ndarray, shape (n,)
        Whether the household then fell: 1, 0, NaN unknown.
    counts : ndarray of bool, shape (n,)
        Whether it is measured.
    """

    household: Positions
    day: np.ndarray
    outcome: Values
    counts: Flags


class Desk:
    """Raises alerts in one way, and remembers whom it told of lately.

    Parameters
    ----------
    households : int
        How many there are.
    groups : int
        Factor groups of rules; an alert of the model has a place of its own after them.
    cooldown_days : int
        So long nothing is told again: by a rule of the same factor group, by the model of the same household.
    """

    def __init__(self, households: int, groups: int, cooldown_days: int) -> None:
        self._told = np.full((households, groups + 1), LONG_AGO, dtype="int64")
        self._cooldown_days = cooldown_days

    def by_rules(self, month: Month, most: int | None = None) -> Positions:
        """Raise an alert of each factor group in which a rule begins to fire.

        Parameters
        ----------
        month : Month
            The month.
        most : int, optional
            Raise no more; those with the highest log-odds go first.

        Returns
        -------
        ndarray of int
            Rows of the month; a row stands there once for each group.
        """
        rows, groups = np.nonzero(month.begins & ~self._quiet(month)[:, :-1])
        first = np.argsort(-month.log_odds[rows], kind="stable")[:most]
        self._told[month.households[rows[first]], groups[first]] = _number(month.as_of)
        return rows[first]

    def by_score(self, month: Month, score: Values, most: int) -> Positions:
        """Raise alerts of so many households, the highest scores first; a household without a score has none."""
        free = np.flatnonzero(~self._quiet(month).any(axis=1) & ~np.isnan(score))
        rows = free[np.argsort(-score[free], kind="stable")[:most]]
        self._told[month.households[rows], -1] = _number(month.as_of)
        return rows

    def _quiet(self, month: Month) -> Flags:
        return np.asarray(_number(month.as_of) - self._told[month.households] < self._cooldown_days)


def raise_alerts(
    months: Sequence[Month], households: int, cooldown_days: int, rng: np.random.Generator
) -> Mapping[str, Raised]:
    """Raise alerts in each of :data:`WAYS`; rules say how many there are each month.

    Parameters
    ----------
    months : sequence of Month
        The months, in order.
    households : int
        Households of the timeline.
    cooldown_days : int
        The programme's.
    rng : Generator
        Source of the lots.
    """
    desks = {way: Desk(households, months[0].begins.shape[1], cooldown_days) for way in WAYS}
    rows: dict[str, list[Positions]] = {way: [] for way in WAYS}
    for month in months:
        rows[RULES].append(desks[RULES].by_rules(month))
        places = len(rows[RULES][-1])
        lots = rng.random(len(month.households))
        for way, score in ((HIGHEST, month.log_odds), (RISE, month.rise), (CHANCE, lots)):
            rows[way].append(desks[way].by_score(month, score, places))
        half = desks[BOTH].by_rules(month, (places + 1) // 2)
        rest = desks[BOTH].by_score(month, month.log_odds, places - len(half))
        rows[BOTH].append(np.concatenate([half, rest]))
    return {way: _joined(months, found) for way, found in rows.items()}


def _joined(months: Sequence[Month], rows: Sequence[Positions]) -> Raised:
    pairs = list(zip(months, rows, strict=True))
    return Raised(
        np.concatenate([month.households[here] for month, here in pairs]),
        np.concatenate([np.full(len(here), np.datetime64(month.as_of, "D")) for month, here in pairs]),
        np.concatenate([month.outcome[here] for month, here in pairs]),
        np.concatenate([np.full(len(here), month.counts) for month, here in pairs]),
    )


def _number(day: dt.date) -> int:
    return day.toordinal()
