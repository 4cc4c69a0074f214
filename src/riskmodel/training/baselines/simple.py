"""Rankings that offices could use today: the last status, current welfare, and how many department rules fire."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from riskmodel.features.encode import Matrix, MatrixSchema
from riskmodel.programme.measures import Condition, Rule
from riskmodel.programme.programme import Programme
from riskmodel.scoring.measures import holds
from riskmodel.scoring.rules import Rules

Values = npt.NDArray[np.float64]


def last_status(programme: Programme, schema: MatrixSchema, matrix: Matrix) -> Values:
    """Rank by whether, or how often, the household was poor before; unknown counts as never."""
    return np.nan_to_num(matrix[:, schema.names.index(programme.file.baselines.last_status)], nan=0.0)


def welfare_rank(programme: Programme, schema: MatrixSchema, matrix: Matrix) -> Values:
    """Rank by current welfare, the poorest first; unknown ranks in the middle, as neither rich nor poor."""
    welfare = matrix[:, schema.names.index(programme.file.baselines.welfare)]
    return -np.where(np.isnan(welfare), np.nanmedian(welfare), welfare)


def rules_fired(rules: Sequence[Rule], names: Sequence[str], matrix: Matrix) -> Values:
    """Count the department rules that fire for each row, by the bounds that hold everywhere.

    A matrix tells neither where nor when, so that thresholds by area and date are left out.
    """
    # a count needs no groups
    count = Rules(rules, names, ("",) * len(names)).fired(matrix, ("",) * len(matrix), dt.date.min)
    return np.asarray(count.sum(axis=1), dtype="float64")


def all_hold(conditions: Sequence[Condition], names: Sequence[str], matrix: Matrix) -> npt.NDArray[np.bool_]:
    """Tell for each row whether all conditions hold; a missing value never passes."""
    return np.asarray(np.logical_and.reduce([holds(one, matrix[:, names.index(one.feature)]) for one in conditions]))
