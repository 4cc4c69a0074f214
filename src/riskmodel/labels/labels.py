"""What happened after a date: 1 fell, 0 did not, missing unknown. Unknown is never taken for 0."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import numpy as np

from riskmodel.features.timeline import Positions, Timeline, Values
from riskmodel.labels.events import cause_within, day_within, events_within
from riskmodel.labels.status import softened_status, status_at, welfare_at
from riskmodel.programme.calendar import add_months
from riskmodel.programme.outcome import EventKind, EventWithin, StatusAt
from riskmodel.programme.programme import Programme


def settled_on(programme: Programme, as_of: dt.date, horizon_months: int) -> dt.date:
    """Return the day from which an outcome counts as recorded.

    Example: as of 2018-01-01, 12 months ahead, settled after 60 days: the window is [2018-01-01, 2019-01-01), and
    the outcome may be trained on from 2019-03-02.
    """
    window_end = add_months(as_of, horizon_months)
    return window_end + dt.timedelta(days=programme.file.outcome.settled_after_days)


def label(
    programme: Programme,
    line: Timeline,
    households: Positions,
    as_of: dt.date,
    horizon_months: int,
    known_by: dt.date,
) -> Values:
    """Tell what happened to households in ``[as_of, as_of + horizon)``, as far as it was recorded before a date.

    Parameters
    ----------
    programme : Programme
        Its outcome says what counts as falling.
    line : Timeline
        The panel.
    households : ndarray of int, shape (n,)
        Positions of the households.
    as_of : date
        Start of the window.
    horizon_months : int
        Its length.
    known_by : date
        Only rows recorded before it are seen: the fold's cut-off in training, the end of the data in evaluation.

    Returns
    -------
    ndarray of float, shape (n,)
        1.0 fell, 0.0 did not, NaN unknown; all NaN where the outcome was not settled by then.
    """
    if settled_on(programme, as_of, horizon_months) > known_by:
        return np.full(len(households), np.nan)
    outcome = programme.file.outcome
    if isinstance(outcome, StatusAt):
        return status_at(programme, outcome, line, as_of, horizon_months, known_by)[households]
    return events_within(programme, outcome, line, as_of, horizon_months, known_by)[outcome.predict][households]


def label_lessons(
    programme: Programme, line: Timeline, households: Positions, as_of: dt.date, horizon_months: int, known_by: dt.date
) -> Values:
    """Return what trees learn of each household: what :func:`label` says, softened where the programme says so.

    Unknown (NaN) where the label is.
    """
    told = label(programme, line, households, as_of, horizon_months, known_by)
    outcome = programme.file.outcome
    if not isinstance(outcome, StatusAt) or outcome.welfare_error is None:
        return told
    welfare = label_welfare(programme, line, households, as_of, horizon_months, known_by)
    return np.where(np.isnan(told), np.nan, softened_status(welfare, outcome.welfare_error))


def label_kinds(
    programme: Programme, line: Timeline, households: Positions, as_of: dt.date, horizon_months: int, known_by: dt.date
) -> Mapping[EventKind, Values]:
    """Return every kind of outcome that the programme knows, each as :func:`label` does; none for a status."""
    outcome = programme.file.outcome
    if not isinstance(outcome, EventWithin):
        return {}
    kinds = events_within(programme, outcome, line, as_of, horizon_months, known_by)
    return {kind: values[households] for kind, values in kinds.items()}


def label_days(
    programme: Programme, line: Timeline, households: Positions, as_of: dt.date, horizon_months: int, known_by: dt.date
) -> np.ndarray:
    """Return the day of each household's event; for a status the first day after its window.

    It tells when, not whether: only rows that :func:`label` calls fallen have a day that means anything.
    """
    outcome = programme.file.outcome
    if isinstance(outcome, EventWithin):
        return day_within(programme, outcome, line, as_of, horizon_months, known_by)[households]
    return np.full(len(households), np.datetime64(add_months(as_of, horizon_months), "D"))


def label_welfare(
    programme: Programme, line: Timeline, households: Positions, as_of: dt.date, horizon_months: int, known_by: dt.date
) -> Values:
    """Return each household's welfare over the line where the window ends, NaN unknown."""
    return welfare_at(programme, line, as_of, horizon_months, known_by)[households]


def label_causes(
    programme: Programme, line: Timeline, households: Positions, as_of: dt.date, horizon_months: int, known_by: dt.date
) -> np.ndarray | None:
    """Return the recorded cause of each household's event, None without; None where the programme names no causes."""
    outcome = programme.file.outcome
    if not isinstance(outcome, EventWithin) or not outcome.causes:
        return None
    return cause_within(outcome, line, as_of, horizon_months, known_by)[households]
