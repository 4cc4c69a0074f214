"""Whether the strongest factor of a household that fell is of the cause that was recorded later."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import lightgbm as lgb
import numpy as np
import numpy.typing as npt

from riskmodel.explain.treeshap import TreeExplainer
from riskmodel.features.encode import schema_of
from riskmodel.features.timeline import Timeline
from riskmodel.labels.labels import label_causes
from riskmodel.programme.outcome import EventWithin
from riskmodel.programme.programme import Programme
from riskmodel.training.examples import Examples

SIGN_MONTHS = 12
"""A sign of a cause counts if it was recorded within so many months before the date."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How often the strongest factor and the recorded cause agree.

    Attributes
    ----------
    shown : int
        Falls whose cause had shown before the date.
    agreeing, commonest : int
        Those whose strongest factor is of that cause, and those that naming the commonest cause always would have got.
    """

    shown: int = 0
    agreeing: int = 0
    commonest: int = 0

    def __add__(self, other: Agreement) -> Agreement:
        return Agreement(self.shown + other.shown, self.agreeing + other.agreeing, self.commonest + other.commonest)


def agreement_on_causes(
    programme: Programme, line: Timeline, fell: Examples, as_of: dt.date, booster: lgb.Booster
) -> Agreement:
    """Hold the strongest factor of each household that fell against the cause that was recorded for it.

    Parameters
    ----------
    fell : Examples
        Rows that fell within the main horizon after ``as_of``.
    booster : Booster
        The trees that scored them.

    Notes
    -----
    Only causes that feeds can show take part, on both sides: a sign of the recorded cause was on record within the year
    before the date, and the factor is the strongest among the groups of such causes. A low income is no cause in the
    code list; it decides how hard a cause hits.
    """
    outcome = programme.file.outcome
    assert isinstance(outcome, EventWithin)
    groups = {cause: one.group for cause, one in outcome.causes.items() if one.shown_by}
    causes = label_causes(programme, line, fell.household, as_of, programme.main_horizon, line.end)
    assert causes is not None
    signs = {cause: _shown(line, outcome.causes[cause].shown_by, as_of) for cause in groups}
    shown = np.array(
        [cause in signs and signs[cause][who] for cause, who in zip(causes, fell.household, strict=True)], dtype=bool
    )
    if not shown.any():
        return Agreement()
    split = TreeExplainer(booster).explain(fell.matrix[shown])[0]
    names = sorted(set(groups.values()))
    own = schema_of(programme).groups
    sums = np.column_stack([split[:, [group == name for group in own]].sum(axis=1) for name in names])
    named = np.array(names, dtype=object)[sums.argmax(axis=1)]
    recorded = np.array([groups[cause] for cause in causes[shown]], dtype=object)
    usual = groups.get(_commonest(outcome, line, as_of), "")
    return Agreement(int(shown.sum()), int((named == recorded).sum()), int((recorded == usual).sum()))


def _shown(line: Timeline, kinds: Sequence[str], day: dt.date) -> npt.NDArray[np.bool_]:
    """Tell for each household whether a sign of the cause was recorded in the year before a date."""
    seen = np.zeros(line.size, bool)
    since = np.datetime64(day, "D") - np.timedelta64(round(SIGN_MONTHS * 365.25 / 12), "D")
    for kind in kinds:
        rows = line.events[kind]
        index = rows.known(day)
        seen[rows.household[index[rows.day[index] >= since]]] = True
    return seen


def _commonest(outcome: EventWithin, line: Timeline, day: dt.date) -> str:
    """Return the commonest cause of the events recorded before a date."""
    found: list[str] = []
    for kind in outcome.events:
        rows = line.events[kind]
        found += [str(cause) for cause in rows.columns["cause"][rows.known(day)] if cause is not None]
    return max(sorted(set(found)), key=found.count) if found else ""
