"""Checks of rows: who stands on both sides, whose outcome was not settled, who stands there twice, how many fell.

Each check is a pure function that returns findings, none where all is well. Nothing here comes from the splitter or from
its other checker.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskmodel.training.checks.codes import Finding, Level
from riskmodel.training.fold_check import Keys

Values = npt.NDArray[np.float64]
FEWEST_TRAIN_EVENTS, FEW_TRAIN_EVENTS, FEW_TEST_EVENTS = 20, 100, 20


def overlapping_windows(train: Keys, test: Keys) -> list[Finding]:
    """RM002: look for households whose windows ``[as_of, as_of + horizon)`` overlap across the two sides.

    Slices are compared in pairs, so that the cost does not grow with rows per household squared.
    """
    tests = _slices(test)
    rows = 0
    for start, end, who in _slices(train):
        crossing = [others for first, last, others in tests if first < end and start < last]
        if crossing:
            rows += int(np.isin(who, np.concatenate(crossing)).sum())
    if not rows:
        return []
    words = f"{rows} training rows have a window that overlaps one of the same household in the test, 0 are expected"
    return [Finding("RM002", "error", words, {"rows": rows, "share_of_train": rows / len(train.as_of)})]


def same_households(train: Keys, test: Keys, unseen: Mapping[str, float] | None = None) -> list[Finding]:
    """RM003: tell how many test rows are of households that training has seen at an earlier date.

    Parameters
    ----------
    train, test : Keys
        Rows of the two sides.
    unseen : mapping of str to float, optional
        The result on households that training never saw; put into the figures as ``unseen_<name>``.
    """
    first = pd.Series(train.as_of).groupby(train.household).min()
    seen = test.as_of > pd.Series(test.household).map(first).to_numpy("datetime64[D]")  # never seen is NaT: False
    if not seen.any():
        return []
    share = float(seen.mean())
    told = {f"unseen_{name}": figure for name, figure in (unseen or {}).items()}
    words = f"{share:.1%} of test rows are of households that training has seen at an earlier date"
    words += "".join(
        f"; on the others the {name} is {figure:.3f}" for name, figure in (unseen or {}).items() if not np.isnan(figure)
    )
    return [Finding("RM003", "warning", words, {"share_of_test": share, "rows": int(seen.sum()), **told})]


def unsettled_rows(train: Keys, test_as_of: np.datetime64, settled_after_days: int) -> list[Finding]:
    """RM004: look for training rows whose window ends, or whose outcome is settled, after the test's date.

    Parameters
    ----------
    train : Keys
        Rows.
    test_as_of : datetime64[D]
        Date of the test.
    settled_after_days : int
        Days from the end of a window until its outcome counts as recorded.
    """
    ends = _window_ends(train)
    crossing = int((ends > test_as_of).sum())
    unsettled = int((ends + np.timedelta64(settled_after_days, "D") > test_as_of).sum())
    if not unsettled:
        return []
    words = (
        f"{unsettled} training rows are settled after the test's {test_as_of}, the windows of {crossing} of them end "
        "after it; 0 are expected"
    )
    return [Finding("RM004", "error", words, {"unsettled_rows": unsettled, "crossing_rows": crossing})]


def duplicate_rows(rows: Keys, side: str) -> list[Finding]:
    """RM005: look for rows of a side that have the same household, date and horizon."""
    table = pd.DataFrame({"who": rows.household, "as_of": rows.as_of, "months": rows.horizon_months})
    again = int(table.duplicated().sum())
    if not again:
        return []
    words = f"{again} rows of {side} repeat the household, date and horizon of another, 0 are expected"
    return [Finding("RM005", "error", words, {"side": side, "rows": again})]


def _slices(rows: Keys) -> list[tuple[np.datetime64, np.datetime64, np.ndarray]]:
    """Return start, end and households of each pair of date and horizon."""
    ends = _window_ends(rows)
    table = pd.DataFrame({"start": rows.as_of.astype("datetime64[D]"), "end": ends})
    groups = table.groupby(["start", "end"]).indices.values()
    days = rows.as_of.astype("datetime64[D]")
    return [(days[each[0]], ends[each[0]], rows.household[each]) for each in groups]


def _window_ends(rows: Keys) -> npt.NDArray[np.datetime64]:
    """Add months to dates; a day that the month lacks becomes its last day."""
    months = rows.as_of.astype("datetime64[M]")
    day = rows.as_of.astype("datetime64[D]") - months.astype("datetime64[D]")
    target = months + rows.horizon_months.astype("timedelta64[M]")
    last = (target + 1).astype("datetime64[D]") - np.timedelta64(1, "D")
    return np.asarray(np.minimum(target.astype("datetime64[D]") + day, last))


def few_events(train_outcome: Values, test_outcome: Values) -> list[Finding]:
    """RM006: count falls on both sides; NaN is unknown."""
    train, test = int(np.nansum(train_outcome)), int(np.nansum(test_outcome))
    if train >= FEW_TRAIN_EVENTS and test >= FEW_TEST_EVENTS:
        return []
    level: Level = "error" if train < FEWEST_TRAIN_EVENTS else "warning"
    words = (
        f"{train} falls in training and {test} in the test, at least {FEW_TRAIN_EVENTS} and {FEW_TEST_EVENTS} are "
        "expected"
    )
    return [Finding("RM006", level, words, {"train_events": train, "test_events": test})]
