"""Checks of a run's rows and results, each with a code that documents, logs and ``--allow`` can name.

Each check is a pure function that returns findings, none where all is well. A figure that is undefined (NaN) finds
nothing, unless its absence is what the check is about. Nothing here comes from the splitter or from its other checker.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import rankdata

from riskmodel.errors import RiskError, UsageError
from riskmodel.evaluation.ranking import Interval
from riskmodel.training.fold_check import Keys

Values = npt.NDArray[np.float64]
Level = Literal["error", "warning"]
HIGHEST_AUC = 0.95
"""Falls are partly chance: whatever tells them apart better than this has most likely seen them."""
LEAK_EVENTS = 20
FEWEST_TRAIN_EVENTS, FEW_TRAIN_EVENTS, FEW_TEST_EVENTS = 20, 100, 20
MOSTLY_KNOWN, UNKNOWN = 0.5, 0.99
"""A feature is mostly known where a smaller share than the first is missing, unknown above the second."""
AT_BOUND = 0.01
HIGHEST_AUC_LOSS, HIGHEST_RATE_MOVE = 0.05, 0.03
PARTS, SMOOTHING_ROWS = 5, 20.0


@dataclass(frozen=True, slots=True)
class Check:
    """What a code stands for: its gravest level, what was found, and what to do."""

    level: Level
    meaning: str
    remedy: str


CODES: Mapping[str, Check] = MappingProxyType(
    {
        "RM001": Check(
            "error",
            "One feature alone tells falls apart almost perfectly",
            "find out when the column is written; if because of the fall, put it on the programme's leak list",
        ),
        "RM002": Check(
            "error",
            "The same household has overlapping label windows in training and test",
            "move the test later, or leave these training rows out",
        ),
        "RM003": Check(
            "warning",
            "The same households are in training at an earlier date and in the test",
            "usual in a panel; read the result on unseen households beside the whole",
        ),
        "RM004": Check(
            "error",
            "A training outcome was not settled by the test's date",
            "leave these rows out, or test later",
        ),
        "RM005": Check(
            "error",
            "The same household, date and horizon stands there more than once",
            "find the join or the table that doubles rows",
        ),
        "RM006": Check(
            "error",
            "Few falls to learn from or to test on (an error only below 20 in training)",
            "add dates, areas or a longer horizon; read intervals, not figures",
        ),
        "RM007": Check("warning", "A feature is constant in training", "take it out, or look why it never changes"),
        "RM008": Check(
            "error",
            "A feature is known otherwise at serving than in training (an error only if mostly known before)",
            "mend the feed, or take the feature out and train again",
        ),
        "RM009": Check(
            "warning", "A hyper-parameter ended at its bound", "widen the bound and search again, or say why it holds"
        ),
        "RM010": Check("error", "The model ranks worse than a baseline", "use the baseline, or find what went wrong"),
        "RM011": Check(
            "warning",
            "The model is not shown to rank better than a baseline",
            "test on more rows, or weigh whether the simpler rule is enough",
        ),
        "RM012": Check(
            "warning",
            "The test is much worse than the validation",
            "look for drift, for over-fitting, and for leaks on the training side",
        ),
        "RM013": Check("error", "The test is too good to be true", "look for a leak before anything else"),
        "RM014": Check(
            "warning",
            "The share that falls moved between training and test",
            "read calibration by period; probabilities may be off even where the order is right",
        ),
    }
)
"""Every code that a finding can have; ``docs/checks.md`` holds the same."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that a check found.

    Attributes
    ----------
    code : str
        One of :data:`CODES`.
    level : str
        ``error`` fails the run unless it is allowed; ``warning`` is told.
    words : str
        What was found and what was expected; never who.
    figures : dict
        The same for programs: counts, shares and names of features.
    """

    code: str
    level: Level
    words: str
    figures: dict[str, float | str | int]

    def __str__(self) -> str:
        return f"{self.code} {self.level}: {self.words}; {CODES[self.code].remedy}"


class CheckFailed(RiskError):
    """A check found an error that was not allowed."""

    code = "check_failed"

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        shown = "; ".join(_in_brief(one) for one in self.findings[:20])
        more = f"; and {len(self.findings) - 20} more" if len(self.findings) > 20 else ""
        allow = " ".join(f"--allow {code}" for code in sorted({one.code for one in self.findings}))
        super().__init__(f"{shown}{more}: mend them, or go on knowingly with {allow}")


def _in_brief(finding: Finding) -> str:
    figures = ", ".join(
        f"{name}={figure:.4g}" if isinstance(figure, float) else f"{name}={figure}"
        for name, figure in finding.figures.items()
    )
    return f"{finding.code} {CODES[finding.code].meaning} ({figures})"


def fail_on(findings: Sequence[Finding], allowed: frozenset[str] = frozenset()) -> None:
    """Let a run go on, or not.

    Raises
    ------
    UsageError
        If ``allowed`` names a code that does not exist: a misspelt one would allow nothing and seem to.
    CheckFailed
        If a finding is an error and its code is not allowed.
    """
    unknown = sorted(allowed - CODES.keys())
    if unknown:
        raise UsageError(f"--allow {', '.join(unknown)}: no such check; codes are {min(CODES)} to {max(CODES)}")
    failed = [one for one in findings if one.level == "error" and one.code not in allowed]
    if failed:
        raise CheckFailed(failed)


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


def against_baselines(gaps: Mapping[str, Interval]) -> list[Finding]:
    """RM010 and RM011: read the paired differences of average precision, model minus each baseline.

    An interval wholly below 0 says that the model is worse; one that holds 0, or is undefined, does not show it better.
    """
    findings = []
    for name, gap in gaps.items():
        figures: dict[str, float | str | int] = {
            "baseline": name,
            "difference": gap.value,
            "low": gap.low,
            "high": gap.high,
        }
        told = f"average precision less that of {name} is {gap.value:.3f} ({gap.low:.3f} to {gap.high:.3f})"
        if gap.high < 0:
            findings.append(Finding("RM010", "error", f"{told}, wholly below 0", figures))
        elif not gap.low > 0:
            findings.append(Finding("RM011", "warning", f"{told}, not wholly above 0", figures))
    return findings


def below_validation(validation_auc: float, test_auc: float) -> list[Finding]:
    """RM012: compare the AUC of the test with that of the calibration slice, by trees that had not seen it."""
    if not validation_auc - test_auc > HIGHEST_AUC_LOSS:
        return []
    words = (
        f"the test's AUC of {test_auc:.3f} is more than {HIGHEST_AUC_LOSS} below the validation's {validation_auc:.3f}"
    )
    return [Finding("RM012", "warning", words, {"validation_auc": validation_auc, "test_auc": test_auc})]


def too_good(test_auc: float) -> list[Finding]:
    """RM013: compare the AUC of the test with the highest that is believable."""
    if not test_auc > HIGHEST_AUC:
        return []
    words = f"the test's AUC is {test_auc:.3f}, at most {HIGHEST_AUC} is believable"
    return [Finding("RM013", "error", words, {"test_auc": test_auc})]


def moved_rate(train_rate: float, test_rate: float) -> list[Finding]:
    """RM014: compare the shares that fell, both weighted or both not."""
    moved = test_rate - train_rate
    if not abs(moved) > HIGHEST_RATE_MOVE:
        return []
    words = f"{train_rate:.1%} fell in training and {test_rate:.1%} in the test, 3 points apart at most are expected"
    return [Finding("RM014", "warning", words, {"train_rate": train_rate, "test_rate": test_rate, "moved": moved})]
