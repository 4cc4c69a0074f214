"""May a candidate replace the champion? Checks on measured values, and the verdict that they add up to.

A figure that can be compared on the same draws fails only if the middle 95 % of the differences lies wholly on the wrong
side of 0: *not worse within the interval*. Limits that hold without an opponent (calibration) fail only if figure and
whole range lie outside them, and are judged only where the share that falls has moved little since training: what a
moved rate does to probabilities is the rate's doing, and the card tells of it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Self, TypeGuard

from riskmodel.evaluation.ranking import Interval

AVERAGE_PRECISION, RECALL, GROUP = "average_precision", "recall_at_capacity", "worst_group_recall"
ERROR, SLOPE, TOTAL = "calibration_error", "slope", "expected_to_observed"
LATENCY = "latency_ratio"
LIMIT = "_limit"
NEEDED = (AVERAGE_PRECISION, RECALL)
"""Without these two nothing was judged."""
LIMITS: Mapping[str, tuple[float, float]] = {ERROR: (0.0, 0.03), SLOPE: (0.8, 1.25), TOTAL: (0.8, 1.2)}
"""Calibration's figures, each with the lowest and the highest that pass."""
BASE_RATE_POINTS = 3.0
"""By how many points the share that falls may move before limits on calibration say nothing about the model."""
SLOWEST = 1.5
"""How many times the champion's time a candidate may take for a household."""

_NAMES = {
    AVERAGE_PRECISION: "average precision",
    RECALL: "recall at capacity",
    GROUP: "lowest recall of a group",
    ERROR: "calibration error",
    SLOPE: "calibration slope's distance from 1",
    TOTAL: "expected over observed, distance from 1",
}


class State(StrEnum):
    """What came of a check."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_JUDGED = "not judged"


class Evidence(StrEnum):
    """What a verdict rests on: data that neither bundle has seen, or each bundle's own backtest."""

    LATER_DATA = "later data"
    BACKTEST = "backtest"


@dataclass(frozen=True, slots=True)
class Check:
    """One named check.

    Attributes
    ----------
    code : str
        Stable name.
    figure, low, high : float or None
        What was measured, and its range where one is at hand.
    bound : float or None
        What it was held against: the range must reach it, or the figure must not pass it.
    state : State
        What came of it.
    words : str
        The same for people.
    """

    code: str
    figure: float | None
    low: float | None
    high: float | None
    bound: float | None
    state: State
    words: str


@dataclass(frozen=True, slots=True)
class Party:
    """A bundle that is judged, or judged against."""

    version: str
    digest: str


@dataclass(frozen=True, slots=True)
class Measured:
    """All that a gate looks at; differences are the candidate's figure minus the opponent's, on the same rows.

    Attributes
    ----------
    opponent : str
        Whom the candidate is held against, in words: ``the champion``, or a baseline.
    average_precision, recall : Interval or None
        Differences.
    worst_group : Interval or None
        Difference between the lowest recalls of a group; None where no group is large enough.
    worst_groups : str
        Which groups those are, in words, or why there are none.
    calibration : mapping of str to Interval
        The candidate's own ``calibration_error``, ``slope`` and ``expected_to_observed``; none where unknown.
    further_off : mapping of str to Interval
        By how much further each of them is from perfect than the opponent's; may be empty.
    why_not_further : str
        Why it is empty.
    base_rate_moved_points : float or None
        By how many percentage points the share that fell moved since training; None where unknown.
    latency_ratio : Interval or None
        The candidate's time for a household over the champion's: the middle of several rounds, the least, the most.
    milliseconds : float
        The candidate's own time for a household.
    """

    opponent: str
    average_precision: Interval | None
    recall: Interval | None
    worst_group: Interval | None
    worst_groups: str
    calibration: Mapping[str, Interval] = field(hash=False)
    further_off: Mapping[str, Interval] = field(hash=False)
    why_not_further: str
    base_rate_moved_points: float | None
    latency_ratio: Interval | None
    milliseconds: float


def checks(measured: Measured) -> tuple[Check, ...]:
    """Judge measured values, one check after another; every check is always there, judged or not."""
    who = measured.opponent
    ranking = {AVERAGE_PRECISION: measured.average_precision, RECALL: measured.recall}
    return (
        *(_not_lower(code, gap, who) for code, gap in ranking.items()),
        _not_lower(GROUP, measured.worst_group, who, measured.worst_groups),
        *(_not_further_off(code, measured.further_off.get(code), measured) for code in LIMITS),
        *(_within(code, measured.calibration.get(code), measured.base_rate_moved_points) for code in LIMITS),
        _not_slower(measured),
    )


def _not_lower(code: str, gap: Interval | None, who: str, more: str = "") -> Check:
    """Fail only if the whole range lies below 0."""
    name = _NAMES[code]
    if not _known(gap):
        return _unjudged(code, f"{name}: {more or 'too few rows or events to compare'}")
    failed = gap.high < 0
    told = f"{gap.value:+.3f} ({gap.low:+.3f} to {gap.high:+.3f}) against {who}" + (f" ({more})" if more else "")
    verdict = "worse: the whole range lies below 0" if failed else "not worse within its range"
    return _judged(code, gap, 0.0, failed, f"{name} {told}: {verdict}")


def _not_further_off(code: str, gap: Interval | None, measured: Measured) -> Check:
    """Fail only if the whole range lies above 0: the candidate is further from perfect than the opponent."""
    name = _NAMES[code]
    if not _known(gap):
        return _unjudged(code, f"{name}: {measured.why_not_further}")
    failed = gap.low > 0
    told = f"{gap.value:+.3f} ({gap.low:+.3f} to {gap.high:+.3f}) against {measured.opponent}"
    verdict = "worse: the whole range lies above 0" if failed else "not worse within its range"
    return _judged(code, gap, 0.0, failed, f"{name} {told}: {verdict}")


def _within(code: str, figure: Interval | None, moved_points: float | None) -> Check:
    """Hold the candidate's own figure against the limits."""
    low, high = LIMITS[code]
    named = code.replace("_", " ")
    if figure is None or math.isnan(figure.value):
        return _unjudged(code + LIMIT, f"{named}: too few rows or events for a figure")
    if moved_points is None or moved_points >= BASE_RATE_POINTS:
        how = "it is not known how far the base rate moved"
        if moved_points is not None:
            how = f"base rate moved by {moved_points:.1f} points"
        return _unjudged(code + LIMIT, f"{named} {figure.value:.3f}: not judged: {how}")
    too_low = figure.value < low and not figure.high >= low
    too_high = figure.value > high and not figure.low <= high
    wanted = f"at most {high:g}" if low == 0 else f"from {low:g} to {high:g}"
    told = f"{named} {figure.value:.3f} ({figure.low:.3f} to {figure.high:.3f}); wanted {wanted}"
    if not low <= figure.value <= high:
        told += ", and its range is outside too" if too_low or too_high else ", which is within its range"
    return _judged(code + LIMIT, figure, low if figure.value < low else high, too_low or too_high, told)


def _not_slower(measured: Measured) -> Check:
    """Fail only if every round took too long."""
    ratio = measured.latency_ratio
    own = f"{measured.milliseconds:.3f} ms a household"
    if not _known(ratio):
        return _unjudged(LATENCY, f"{own}; no champion to compare with")
    failed = ratio.low > SLOWEST
    told = f"{own}, {ratio.value:.2f} times the champion's ({ratio.low:.2f} to {ratio.high:.2f} over the rounds)"
    return _judged(LATENCY, ratio, SLOWEST, failed, f"{told}; at most {SLOWEST:g} times is allowed")


def _known(figure: Interval | None) -> TypeGuard[Interval]:
    return figure is not None and not any(map(math.isnan, (figure.value, figure.low, figure.high)))


def _judged(code: str, figure: Interval, bound: float, failed: bool, words: str) -> Check:
    low, high = (None if math.isnan(end) else end for end in (figure.low, figure.high))
    return Check(code, figure.value, low, high, bound, State.FAILED if failed else State.PASSED, words)


def _unjudged(code: str, words: str) -> Check:
    return Check(code, None, None, None, None, State.NOT_JUDGED, words)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a gate found about a candidate, held against one champion on one set of periods.

    Attributes
    ----------
    programme : str
        Whose models.
    candidate : Party
        Who is judged.
    champion : Party or None
        Who serves; None where nobody does, and the candidate is held against the baselines.
    evidence : Evidence
        What the figures rest on.
    periods : tuple of str
        Dates of the tests.
    data_digest : str
        Digest of the data that they were measured on.
    at : str
        Date of the verdict.
    checks : tuple of Check
        Every check.
    """

    programme: str
    candidate: Party
    champion: Party | None
    evidence: Evidence
    periods: tuple[str, ...]
    data_digest: str
    at: str
    checks: tuple[Check, ...]

    @property
    def passes(self) -> bool:
        """Whether no check failed and the ranking was judged at all."""
        states = {check.code: check.state for check in self.checks}
        return State.FAILED not in states.values() and all(states.get(code) == State.PASSED for code in NEEDED)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON."""
        return {**asdict(self), "passes": self.passes}

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Self:
        """Read what :meth:`to_json` wrote.

        Raises
        ------
        ValueError
            If it is no verdict, or says something else about passing than its checks do.
        """
        try:
            own = dict(fields)
            passes = own.pop("passes")
            own["candidate"] = Party(**own["candidate"])
            own["champion"] = None if own["champion"] is None else Party(**own["champion"])
            own["evidence"] = Evidence(own["evidence"])
            own["periods"] = tuple(own["periods"])
            own["checks"] = tuple(Check(**{**one, "state": State(one["state"])}) for one in own["checks"])
            found = cls(**own)
        except (TypeError, KeyError, ValueError, AttributeError):
            raise ValueError("not a verdict: a field is missing, unknown or of another kind") from None
        if passes is not found.passes:
            raise ValueError("the verdict says something else than its checks")
        return found
