"""Checks of results: worse than a baseline, much worse than validation, too good, a rate that moved.

Each check is a pure function that returns findings, none where all is well. A figure that is undefined (NaN) finds nothing,
unless its absence is what the check is about.
"""

from __future__ import annotations

from collections.abc import Mapping

from riskmodel.evaluation.ranking import Interval
from riskmodel.training.checks.codes import Finding
from riskmodel.training.checks.features import HIGHEST_AUC

HIGHEST_AUC_LOSS, HIGHEST_RATE_MOVE = 0.05, 0.03


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
