"""A household's status in the period that ends where the window ends."""

from __future__ import annotations

import datetime as dt

import numpy as np
import numpy.typing as npt
from scipy.stats import norm

from riskmodel.features.making import Knowledge, value
from riskmodel.features.timeline import Rows, Timeline, Values, month_index
from riskmodel.programme.calendar import add_months
from riskmodel.programme.lines import MONTHS_PER_PERIOD, Grain
from riskmodel.programme.outcome import StatusAt
from riskmodel.programme.programme import Programme


def status_at(
    programme: Programme, outcome: StatusAt, line: Timeline, as_of: dt.date, horizon_months: int, known_by: dt.date
) -> Values:
    """Return 1 poor, 0 not poor, NaN unknown, for every household of the timeline.

    A household that changed in what ``outcome.same`` names is taken for another one, so unknown.
    """
    welfare = programme.file.welfare
    rows = line.observations[welfare.table]
    index = _at_the_end(programme, rows, as_of, horizon_months, known_by)
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


def welfare_at(programme: Programme, line: Timeline, as_of: dt.date, horizon_months: int, known_by: dt.date) -> Values:
    """Return welfare over the line in the period that ends where the window ends, NaN unknown, for every household."""
    rows = line.observations[programme.file.welfare.table]
    index = _at_the_end(programme, rows, as_of, horizon_months, known_by)
    welfare = np.full(line.size, np.nan)
    welfare[rows.household[index]] = rows.columns["welfare_to_line"][index]
    return welfare


def softened_status(welfare: Values, error: float) -> Values:
    """Return the chance to be below the line, were welfare told anew with an error; NaN unknown.

    Parameters
    ----------
    welfare : ndarray, shape (n,)
        Welfare over the line in force.
    error : float
        Standard deviation of told welfare, in logs.
    """
    # no income at all is below every line, whatever the error
    distance = -np.log(np.maximum(welfare, np.finfo("float64").tiny))
    return np.asarray(norm.cdf(distance / error), dtype="float64")


def _at_the_end(
    programme: Programme, rows: Rows, as_of: dt.date, horizon_months: int, known_by: dt.date
) -> npt.NDArray[np.int64]:
    """Return the rows of the period that the window ends in, as far as it ended by then and was recorded."""
    grain = programme.file.welfare.grain
    target = add_months(as_of, horizon_months) - dt.timedelta(days=1)
    index = rows.known(known_by)
    # a period that is still running when the window ends says what happens after it
    index = index[rows.day[index] <= np.datetime64(target, "D")]
    return np.asarray(index[_period(rows.day[index], grain) == _period(np.array([target], "datetime64[D]"), grain)])


def _period(days: np.ndarray, grain: Grain) -> np.ndarray:
    return month_index(days) // MONTHS_PER_PERIOD[grain]
