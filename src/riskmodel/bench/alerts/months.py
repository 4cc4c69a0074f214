"""A county month by month, as it was known then: which rules begin to fire, what the model says, who falls."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from riskmodel.features.snapshot import build_snapshot
from riskmodel.features.timeline import Positions, Timeline
from riskmodel.labels.labels import label, label_causes, label_days, settled_on
from riskmodel.programme.calendar import add_months
from riskmodel.programme.programme import Programme
from riskmodel.scoring.rules import Rules
from riskmodel.scoring.scorer import Scorer

Values = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

COUNTED, WARM_UP = 24, 12
"""Months that count, and months before them: alerts of a whole year may have come before the first fall that counts."""


@dataclass(frozen=True, slots=True)
class Month:
    """The households at risk on the first day of a month.

    Attributes
    ----------
    as_of : date
        The day.
    counts : bool
        Whether its alerts are measured; those of the first year only come before falls that are.
    households : ndarray of int, shape (n,)
        Positions in the timeline, ascending.
    log_odds, rise : ndarray, shape (n,)
        The model's log-odds, and its probability less that of the month before; NaN for who was not at risk then.
    begins : ndarray of bool, shape (n, n_groups)
        Whether a rule of the factor group fires that did not fire the month before.
    outcome : ndarray, shape (n,)
        Whether the household fell within the main horizon: 1, 0, NaN unknown.
    """

    as_of: dt.date
    counts: bool
    households: Positions
    log_odds: Values
    rise: Values
    begins: Flags
    outcome: Values


@dataclass(frozen=True, slots=True)
class Falls:
    """Falls, ordered by household and day.

    Attributes
    ----------
    household : ndarray of int, shape (n,)
        Position in the timeline.
    day : ndarray of datetime64[D], shape (n,)
        Day of the event.
    cause : ndarray of object, shape (n,)
        Recorded cause.
    counts : ndarray of bool, shape (n,)
        Whether it is measured: it happened within the months that count.
    """

    household: Positions
    day: np.ndarray
    cause: np.ndarray
    counts: Flags


def month_days(programme: Programme, line: Timeline) -> tuple[dt.date, ...]:
    """Return the first days of the last months whose outcome is known, and of as many before them as warm up."""
    day, horizon = line.observed_until.replace(day=1), programme.main_horizon
    while add_months(day, horizon) > line.observed_until or settled_on(programme, day, horizon) > line.end:
        day = add_months(day, -1)
    return tuple(add_months(day, -before) for before in range(COUNTED + WARM_UP - 1, -1, -1))


class Follower:
    """Follows a county: each month is read with what was recorded before it, and held against the month before."""

    def __init__(self, programme: Programme, scorer: Scorer, line: Timeline) -> None:
        self._programme, self._scorer, self._line = programme, scorer, line
        self._rules = Rules(programme.file.rules, scorer.schema.names, scorer.schema.groups)
        self._paths = area_paths(line, programme.file.areas.levels)
        self._fired = np.zeros((line.size, len(self._rules.codes)), dtype=bool)
        self._probability = np.full(line.size, np.nan)
        self.groups = tuple(sorted(set(self._rules.groups)))

    def month(self, as_of: dt.date, *, counts: bool) -> Month:
        """Return a month; to be asked for one after the other."""
        snapshot = build_snapshot(self._programme, self._line, as_of)
        households = np.searchsorted(self._line.household_ids, snapshot["household_id"].to_numpy(dtype=object))
        matrix = self._scorer.schema.encode(snapshot)
        log_odds = self._scorer.log_odds(matrix)
        horizon, known_by = self._programme.main_horizon, self._line.end
        return Month(
            as_of,
            counts,
            households,
            log_odds,
            self._rise(households, self._scorer.calibration.probability(log_odds)),
            self._begins(households, self._rules.fired(matrix, self._paths[households].tolist(), as_of)),
            label(self._programme, self._line, households, as_of, horizon, known_by),
        )

    def _rise(self, households: Positions, probability: Values) -> Values:
        rise = probability - self._probability[households]
        self._probability[:] = np.nan
        self._probability[households] = probability
        return np.asarray(rise)

    def _begins(self, households: Positions, fired: Flags) -> Flags:
        begun = fired & ~self._fired[households]
        self._fired[:] = False
        self._fired[households] = fired
        of_rule = np.array(self._rules.groups)
        return np.column_stack([begun[:, of_rule == group].any(axis=1) for group in self.groups])


def area_paths(line: Timeline, levels: tuple[str, ...]) -> np.ndarray:
    """Return each household's areas as ``/county/town/village/``."""
    codes = zip(*(line.area_codes[level] for level in levels), strict=True)
    return np.array([f"/{'/'.join(code for code in path if code)}/" for path in codes], dtype=object)


def follow(
    programme: Programme, scorer: Scorer, line: Timeline, tell: Callable[[str], None]
) -> tuple[tuple[Month, ...], Falls]:
    """Follow a county over all months that can be followed.

    The month before the first is read too, so that what begins in the first is told from what lasts.

    Parameters
    ----------
    programme : Programme
        Its rules and outcome.
    scorer : Scorer
        The model; it must take the programme's features.
    line : Timeline
        The county.
    tell : callable
        Told what is being done.
    """
    days, follower = month_days(programme, line), Follower(programme, scorer, line)
    follower.month(add_months(days[0], -1), counts=False)
    months = []
    for place, day in enumerate(days):
        if place % 12 == 0:
            tell(f"following twelve months from {day}")
        months.append(follower.month(day, counts=place >= WARM_UP))
    return tuple(months), _falls(programme, line, months)


def _falls(programme: Programme, line: Timeline, months: list[Month]) -> Falls:
    """Return who fell in which month, of the households that were at risk on its first day."""
    households, days, causes, counts = [], [], [], []
    for month in months:
        window = (programme, line, month.households, month.as_of, 1, line.end)
        fell = label(*window) == 1
        households.append(month.households[fell])
        days.append(label_days(*window)[fell])
        told = label_causes(*window)
        causes.append(np.full(fell.sum(), None, dtype=object) if told is None else told[fell])
        counts.append(np.full(fell.sum(), month.counts))
    household, day = np.concatenate(households), np.concatenate(days)
    order = np.lexsort((day, household))
    return Falls(household[order], day[order], np.concatenate(causes)[order], np.concatenate(counts)[order])
