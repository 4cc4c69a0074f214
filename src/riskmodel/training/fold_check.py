"""Proves, on the rows that were really used, that no fold looks into its own future.

It shares no code with the splitter: dates are added by pandas here and by hand there, so that one mistake can't hide
in both.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from riskmodel.errors import RiskError


class FoldLooksAhead(RiskError):
    """A training row knew something that the test's date did not."""

    code = "fold_looks_ahead"


def check_fold(
    test_as_of: dt.date,
    settled_after_days: int,
    train_as_of: np.ndarray,
    train_horizon_months: np.ndarray,
    calibration_as_of: np.ndarray,
    trees_as_of: np.ndarray,
) -> None:
    """Check one fold's rows.

    Parameters
    ----------
    test_as_of : date
        As-of date of the test.
    settled_after_days : int
        Days from the end of a window until its outcome counts as recorded.
    train_as_of : ndarray of datetime64, shape (n,)
        As-of date of every training row, trees and calibration.
    train_horizon_months : ndarray of int, shape (n,)
        Its horizon.
    calibration_as_of, trees_as_of : ndarray of datetime64
        The same dates parted.

    Raises
    ------
    FoldLooksAhead
        If a window ended, or its outcome was recorded, after the test's date, or calibration is not later.
    """
    pairs = pd.DataFrame({"as_of": pd.to_datetime(train_as_of), "months": train_horizon_months}).drop_duplicates()
    for months, same in pairs.groupby("months"):
        last = same["as_of"].max()
        settled = last + pd.DateOffset(months=int(str(months))) + pd.Timedelta(days=settled_after_days)
        if settled > pd.Timestamp(test_as_of):
            raise FoldLooksAhead(
                f"a training row as of {last.date()}, {months} months ahead, is settled on {settled.date()}, "
                f"after the test's {test_as_of}"
            )
    if len(calibration_as_of) and len(trees_as_of) and calibration_as_of.min() <= trees_as_of.max():
        raise FoldLooksAhead("calibration must use later dates than the trees")
