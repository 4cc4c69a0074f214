"""Proves, on the rows that were really used, that no fold looks into its own future.

It shares no code with the splitter: dates are added by pandas here and by hand there, so that one mistake can't hide
in both.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from riskmodel.errors import RiskError


class FoldLooksAhead(RiskError):
    """A training row knew something that the test's date did not."""

    code = "fold_looks_ahead"


@dataclass(frozen=True, slots=True)
class Keys:
    """Who, when and how far ahead: what names a training row.

    Attributes
    ----------
    household, horizon_months : ndarray of int, shape (n,)
        Position of the household; months ahead.
    as_of : ndarray of datetime64[D], shape (n,)
        Date of the row.
    """

    household: np.ndarray
    as_of: np.ndarray
    horizon_months: np.ndarray


def check_fold(test_as_of: dt.date, settled_after_days: int, everything: Keys, trees: Keys, calibration: Keys) -> None:
    """Check one fold's rows.

    Parameters
    ----------
    test_as_of : date
        As-of date of the test.
    settled_after_days : int
        Days from the end of a window until its outcome counts as recorded.
    everything, trees, calibration : Keys
        Rows that grow the final trees, the trees that are calibrated, and the rows that calibrate them.

    Raises
    ------
    FoldLooksAhead
        If a window ended, or its outcome was recorded, after the test's date; or if calibration is neither later than
        the trees that it calibrates nor of other households.
    """
    for rows in (everything, trees, calibration):
        _check_settled(test_as_of, settled_after_days, rows)
    if not len(trees.as_of) or not len(calibration.as_of):
        return
    later = calibration.as_of.min() > trees.as_of.max()
    others = not set(trees.household.tolist()) & set(calibration.household.tolist())
    if not later and not others:
        raise FoldLooksAhead("calibration must use later dates than the trees, or other households")


def _check_settled(test_as_of: dt.date, settled_after_days: int, rows: Keys) -> None:
    pairs = pd.DataFrame({"as_of": pd.to_datetime(rows.as_of), "months": rows.horizon_months}).drop_duplicates()
    for months, same in pairs.groupby("months"):
        last = same["as_of"].max()
        settled = last + pd.DateOffset(months=int(str(months))) + pd.Timedelta(days=settled_after_days)
        if settled > pd.Timestamp(test_as_of):
            raise FoldLooksAhead(
                f"a training row as of {last.date()}, {months} months ahead, is settled on {settled.date()}, "
                f"after the test's {test_as_of}"
            )
