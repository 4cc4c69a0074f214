"""Checks of features: one that tells too much, one that tells nothing, one that is known otherwise at serving.

Each check is a pure function that returns findings, none where all is well.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import rankdata

from riskmodel.training.checks.codes import Finding, Level

Values = npt.NDArray[np.float64]
HIGHEST_AUC = 0.95
"""Falls are partly chance: whatever tells them apart better than this has most likely seen them."""
LEAK_EVENTS = 20
MOSTLY_KNOWN, UNKNOWN = 0.5, 0.99
"""A feature is mostly known where a smaller share than the first is missing, unknown above the second."""
AT_BOUND = 0.01
PARTS, SMOOTHING_ROWS = 5, 20.0


def label_leaks(
    matrix: Values, outcome: Values, household: np.ndarray, names: Sequence[str], categorical: Collection[int] = ()
) -> list[Finding]:
    """RM001: look for a feature that tells falls apart alone.

    Parameters
    ----------
    matrix : ndarray, shape (n, k)
        Training rows; NaN is missing.
    outcome, household : ndarray, shape (n,)
        1 or 0 (NaN is left out), and who each row is of.
    names : sequence of str, length k
        Names of the columns.
    categorical : collection of int
        Positions of the columns that hold category codes.

    Notes
    -----
    A number is read in both directions, and so is whether it is missing. Categories are ranked by the smoothed share
    that fell among the other households, so that a code with few rows does not tell of itself. A number whose middle
    is riskiest is not found.
    """
    known = ~np.isnan(outcome)
    fell, who = outcome[known] == 1, np.unique(household[known], return_inverse=True)[1]
    findings = []
    for place, name in enumerate(names):
        column = matrix[known, place]
        auc = _category_auc(column, fell, who) if place in categorical else _strongest_auc(column, fell)
        if auc > HIGHEST_AUC:
            words = f"{name} alone has an AUC of {auc:.3f} on training rows, at most {HIGHEST_AUC} is expected"
            findings.append(Finding("RM001", "error", words, {"feature": name, "auc": auc}))
    return findings


def _strongest_auc(column: Values, fell: npt.NDArray[np.bool_]) -> float:
    """Return the highest AUC of either direction with missing ones lowest, highest or left out; NaN if none counts."""
    missing = np.isnan(column)
    readings = [_auc(column[~missing], fell[~missing])]
    if missing.any():
        readings += [_auc(np.where(missing, end, column), fell) for end in (-np.inf, np.inf)]
    return float(np.fmax.reduce([np.maximum(auc, 1 - auc) for auc in readings]))


def _category_auc(column: Values, fell: npt.NDArray[np.bool_], who: npt.NDArray[np.int64]) -> float:
    codes = np.unique(column, return_inverse=True)[1]  # missing is a category too
    part = who % PARTS
    cell = codes * PARTS + part
    size = (codes.max(initial=0) + 1) * PARTS
    rows, falls = (np.bincount(cell, each, size).reshape(-1, PARTS) for each in (np.ones(len(fell)), fell))
    others, others_fell = (each.sum(axis=1, keepdims=True) - each for each in (rows, falls))
    rate = (others_fell + SMOOTHING_ROWS * fell.mean()) / (others + SMOOTHING_ROWS) if len(fell) else others
    # one direction only: where a code says nothing, the others' rate is low just where one's own is high
    return _auc(rate.ravel()[cell], fell)


def _auc(score: Values, fell: npt.NDArray[np.bool_]) -> float:
    events, others = int(fell.sum()), int((~fell).sum())
    if min(events, others) < LEAK_EVENTS:
        return float("nan")
    return float((rankdata(score)[fell].sum() - events * (events + 1) / 2) / (events * others))


def constant_features(matrix: Values, names: Sequence[str]) -> list[Finding]:
    """RM007: look for columns with one value throughout, or none; being missing at times tells something too."""
    findings = []
    for place, name in enumerate(names):
        if (count := pd.Series(matrix[:, place]).nunique(dropna=False)) == 1:
            missing = bool(np.isnan(matrix[0, place]))
            words = f"{name} is {'always missing' if missing else 'the same in every row'} in training"
            figures: dict[str, float | str | int] = {"feature": name, "values": int(count) - missing}
            findings.append(Finding("RM007", "warning", words, figures))
    return findings


def unknown_at_serving(
    train: Values, served: Values, names: Sequence[str], categorical: Collection[int] = ()
) -> list[Finding]:
    """RM008: compare what is missing, and which categories there are, in training and in the rows to be served.

    Parameters
    ----------
    train, served : ndarray, shapes (n, k) and (m, k)
        Features; NaN is missing. Nothing is found where either is empty.
    names : sequence of str, length k
        Names of the columns.
    categorical : collection of int
        Positions of the columns that hold category codes.
    """
    if not len(train) or not len(served):
        return []
    findings = []
    for place, name in enumerate(names):
        findings += _missing_otherwise(name, train[:, place], served[:, place])
        if place in categorical:
            findings += _codes_never_trained(name, train[:, place], served[:, place])
    return findings


def _missing_otherwise(name: str, train: Values, served: Values) -> list[Finding]:
    before, after = float(np.isnan(train).mean()), float(np.isnan(served).mean())
    lost, gained = before <= UNKNOWN < after, after < MOSTLY_KNOWN and before > UNKNOWN
    if not lost and not gained:
        return []
    level: Level = "error" if lost and before < MOSTLY_KNOWN else "warning"
    words = f"{name} is missing in {before:.1%} of training rows and in {after:.1%} of the rows to be served"
    figures: dict[str, float | str | int] = {"feature": name, "missing_in_train": before, "missing_at_serving": after}
    return [Finding("RM008", level, words, figures)]


def _codes_never_trained(name: str, train: Values, served: Values) -> list[Finding]:
    new = ~np.isnan(served) & ~np.isin(served, train)
    if not new.any():
        return []
    count, share = len(np.unique(served[new])), float(new.mean())
    words = f"{name} has {count} categories in {share:.1%} of the rows to be served that training never saw"
    return [Finding("RM008", "warning", words, {"feature": name, "new_categories": count, "share_of_served": share})]


def at_bounds(chosen: Mapping[str, float], bounds: Mapping[str, tuple[float, float]]) -> list[Finding]:
    """RM009: look for searched parameters within 1 % of an end of their range.

    Parameters
    ----------
    chosen : mapping of str to float
        Parameters; those without bounds were not searched.
    bounds : mapping of str to (low, high)
        Ranges; those over a factor of ten or more are taken in logarithms, as a search takes them.
    """
    findings = []
    for name, (low, high) in bounds.items():
        if name not in chosen or not low < high:
            continue
        value, ends = chosen[name], np.array([low, high])
        in_logs = low > 0 and high / low >= 10 and value > 0
        place = (np.log(value / low) if in_logs else value - low) / (np.log(high / low) if in_logs else high - low)
        if AT_BOUND < place < 1 - AT_BOUND:
            continue
        end = float(ends[int(place >= 0.5)])
        words = f"{name} ended at {value:g}, at the bound {end:g} of its range from {low:g} to {high:g}"
        findings.append(Finding("RM009", "warning", words, {"parameter": name, "value": value, "bound": end}))
    return findings
