"""What a run is asked to do."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from riskmodel.errors import TooFewRows
from riskmodel.features.timeline import Timeline
from riskmodel.programme.calendar import month_starts
from riskmodel.programme.programme import Programme
from riskmodel.training.growing import Grower


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run is asked to do.

    Attributes
    ----------
    programme : Programme
        What is predicted.
    cutoff : date
        Nothing recorded on or after it is used to train the final model.
    judged_by : date
        Nothing recorded on or after it is used to judge the backtests.
    seed : int
        Seed of everything random.
    threads : int
        Threads; they do not change the result. 0 takes all.
    full : bool
        Also fit the baselines that take long, and tell what lists would have been worth as transfers.
    grow : callable or None
        What grows the trees; this process where None.
    """

    programme: Programme
    cutoff: dt.date
    judged_by: dt.date
    seed: int = 0
    threads: int = 0
    full: bool = False
    grow: Grower | None = None


def cutoff_of(programme: Programme, line: Timeline, until: dt.date | None) -> dt.date:
    """Return the training cut-off: the latest date of the programme's grid that was still watched and may be used.

    Parameters
    ----------
    until : date or None
        The last ``recorded_on`` that may be used; all of the panel where None.

    Raises
    ------
    TooFewRows
        If that lies before the first origin.
    """
    last = line.observed_until if until is None else min(line.observed_until, until + dt.timedelta(days=1))
    if line.observed_until == dt.date.min:
        raise TooFewRows("the panel holds no sound row; `riskmodel check` tells what was refused")
    plan = programme.file.folds
    dates = month_starts(plan.first_origin, last, plan.step_months)
    if not dates:
        raise TooFewRows(f"the records end on {last}, before the first origin {plan.first_origin}")
    return dates[-1]
