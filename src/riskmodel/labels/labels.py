"""What happened after a date: 1 fell, 0 did not, missing unknown. Unknown is never taken for 0."""

from __future__ import annotations

import datetime as dt

import numpy as np

from riskmodel.features.making import Knowledge, value
from riskmodel.features.timeline import Positions, Rows, Timeline, Values, month_index
from riskmodel.programme.calendar import add_months
from riskmodel.programme.lines import MONTHS_PER_PERIOD, Grain
from riskmodel.programme.outcome import EventWithin, StatusAt
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
        return _status_at(programme, outcome, line, as_of, horizon_months, known_by)[households]
    return _event_within(outcome, line, as_of, horizon_months, known_by)[households]


def _status_at(
    programme: Programme, outcome: StatusAt, line: Timeline, as_of: dt.date, horizon_months: int, known_by: dt.date
) -> Values:
    """Take the status of the period that ends where the window ends."""
    welfare = programme.file.welfare
    rows = line.observations[welfare.table]
    target = add_months(as_of, horizon_months) - dt.timedelta(days=1)
    index = rows.known(known_by)
    # a period that is still running when the window ends says what happens after it
    index = index[rows.day[index] <= np.datetime64(target, "D")]
    index = index[
        _period(rows.day[index], welfare.grain) == _period(np.array([target], "datetime64[D]"), welfare.grain)
    ]
    status = np.full(line.size, np.nan)
    status[rows.household[index]] = rows.columns["poor"][index]
    knowledge = Knowledge(line, programme.dictionary, as_of)
    for same in outcome.same:
        before = value(knowledge.column(f"{welfare.table}.{same.column}"))
        after = np.full(line.size, np.nan)
        after[rows.household[index]] = rows.columns[same.column][index]
        change = after - before
        # an unknown change is no proof that the household is the same
        status[~((change >= same.change_at_least) & (change <= same.change_at_most))] = np.nan
    return status


def _period(days: np.ndarray, grain: Grain) -> np.ndarray:
    return month_index(days) // MONTHS_PER_PERIOD[grain]


def _event_within(
    outcome: EventWithin, line: Timeline, as_of: dt.date, horizon_months: int, known_by: dt.date
) -> Values:
    """Look for the first event that counts and the first that ends observation."""
    start = np.datetime64(as_of, "D")
    end = np.datetime64(add_months(as_of, horizon_months), "D")
    fell = _first_day([line.events[kind] for kind in outcome.events], line.size, start, end, known_by)
    lost = _first_day([line.events[kind] for kind in outcome.censored_by], line.size, start, end, known_by)
    happened = ~np.isnat(fell) & (np.isnat(lost) | (fell <= lost))
    return np.where(happened, 1.0, np.where(np.isnat(lost), 0.0, np.nan))


def _first_day(kinds: list[Rows], size: int, start: np.datetime64, end: np.datetime64, known_by: dt.date) -> np.ndarray:
    """Return each household's first day with one of the events inside the window, or NaT."""
    never = np.datetime64("9999-12-31", "D")
    first = np.full(size, never)
    for rows in kinds:
        index = rows.known(known_by)
        inside = index[(rows.day[index] >= start) & (rows.day[index] < end)]
        np.minimum.at(first, rows.household[inside], rows.day[inside])
    return np.where(first == never, np.datetime64("NaT", "D"), first)
