"""Test cohorts under one another, as every part measures them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from riskmodel.evaluation.ranking import Outcomes
from riskmodel.features.timeline import Positions
from riskmodel.programme.programme import Programme
from riskmodel.training.examples import Examples

Values = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Pooled:
    """Test cohorts under one another.

    Attributes
    ----------
    rows : Examples
        All rows, those with an unknown outcome too (NaN).
    period : ndarray of int, shape (n,)
        Which cohort each row is of.
    scores : mapping of name to ndarray, shape (n,)
        The model's log-odds first, then each baseline's scores.
    probability, low, high : ndarray, shape (n,)
        The model's probabilities and the ends of their ranges.
    chances : mapping of name to ndarray, shape (n,)
        Each baseline's probabilities, where it has any.
    """

    rows: Examples
    period: Positions
    scores: Mapping[str, Values]
    probability: Values
    low: Values
    high: Values
    chances: Mapping[str, Values] = field(default_factory=dict)

    @property
    def log_odds(self) -> Values:
        """The model's log-odds."""
        return next(iter(self.scores.values()))


def outcomes_of(programme: Programme, rows: Examples) -> Outcomes:
    """Return what ranking figures need of rows with a known outcome; a capacity in households is one date's."""
    cohorts = np.unique(rows.as_of, return_counts=True)[1]
    places = sum(programme.file.capacity.count(int(size)) for size in cohorts)
    share = programme.file.capacity.share
    return Outcomes(rows.outcome, rows.weight, rows.household, places / len(rows.outcome) if share is None else share)


def by_date(pooled: Pooled, make: Callable[[Positions, dt.date], Mapping[Any, Values]]) -> dict[str, Values]:
    """Make labels date by date and put them under one another in the rows' order."""
    found: dict[str, Values] = {}
    for place in np.unique(pooled.period):
        here = pooled.period == place
        day = pooled.rows.as_of[here][0].astype(object)
        for kind, values in make(pooled.rows.household[here], day).items():
            found.setdefault(kind, np.full(len(here), np.nan))[here] = values
    return found
