"""What a gate can learn from the backtests that two bundles carry, where no later period is settled yet.

The rows behind the figures are not at hand, so two models are compared by their ranges, which finds faults later than
draws of the same households would. Baselines are compared in pairs all the same: a bundle keeps those differences.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from riskmodel.errors import TooFewRows
from riskmodel.evaluation.gates import AVERAGE_PRECISION, LIMITS, RECALL, Measured
from riskmodel.evaluation.paired import range_from_perfect, unpaired
from riskmodel.evaluation.ranking import Interval
from riskmodel.training.judging import MODEL
from riskmodel.training.latency import Latency

Figures = Mapping[str, Any]
OTHER_DATES = "the two backtests do not pool the same dates"


def measure_backtests(
    candidate: Figures, champion: Figures | None, latency: Latency
) -> tuple[Measured, tuple[str, ...]]:
    """Measure a candidate by its own backtest, against the champion's or against its baselines.

    Parameters
    ----------
    candidate, champion : mapping
        Their ``evaluation.json``; None where nobody serves.
    latency : Latency
        How long a household takes.

    Returns
    -------
    Measured
        What the gate looks at.
    tuple of str
        Dates of the tests that count.

    Raises
    ------
    TooFewRows
        If the candidate was never tested, or on no date that the champion was tested on.
    """
    own = {fold["as_of"]: fold for fold in candidate["folds"]}
    if not own:
        raise TooFewRows(
            "the candidate has no backtest and no later period is settled; there is nothing to judge it by"
        )
    moved = base_rate_moved(list(own.values()))
    if champion is None:
        return _against_baselines(candidate, moved, latency), tuple(own)
    theirs = {fold["as_of"]: fold for fold in champion["folds"]}
    shared = sorted(own.keys() & theirs.keys())
    if not shared:
        raise TooFewRows("candidate and champion were tested on no common date; give --data that reaches further")
    pairs = [(own[day][MODEL], theirs[day][MODEL]) for day in shared]
    calibration = own_calibration(candidate)
    # what was pooled can be compared only where the same dates were pooled
    same = own.keys() == theirs.keys()
    groups = _worst_groups(candidate, champion) if same else None
    measured = Measured(
        opponent="the champion's backtest",
        average_precision=mean_gap(pairs, AVERAGE_PRECISION),
        recall=mean_gap(pairs, RECALL),
        worst_group=groups[0] if groups else None,
        worst_groups=groups[1] if groups else "no group is large enough" if same else OTHER_DATES,
        calibration=calibration,
        further_off=_further_off(calibration, own_calibration(champion)) if same else {},
        why_not_further="too few fell" if same else OTHER_DATES,
        base_rate_moved_points=moved,
        latency_ratio=latency.ratio,
        milliseconds=latency.milliseconds,
    )
    return measured, tuple(shared)


def _against_baselines(candidate: Figures, moved: float | None, latency: Latency) -> Measured:
    """Hold the candidate against the baseline that ranks best."""
    pooled = candidate["pooled"]
    best = max((name for name in pooled if name != MODEL), key=lambda name: pooled[name][AVERAGE_PRECISION] or 0.0)
    return Measured(
        opponent=f"the best baseline, {best}",
        average_precision=interval(pooled[best], f"model_minus_{AVERAGE_PRECISION}"),
        recall=interval(pooled[best], f"model_minus_{RECALL}"),
        worst_group=None,
        worst_groups="a backtest does not keep its baselines' lists",
        calibration=own_calibration(candidate),
        further_off={},
        why_not_further="baselines state no probabilities",
        base_rate_moved_points=moved,
        latency_ratio=latency.ratio,
        milliseconds=latency.milliseconds,
    )


def interval(figures: Figures, name: str) -> Interval | None:
    """Read a figure with its range as ``evaluation.json`` writes it; None where it is missing or undefined."""
    value, ends = figures.get(name), figures.get(f"{name}_interval")
    if value is None or ends is None or None in ends:
        return None
    return Interval(value, ends[0], ends[1])


def mean_gap(pairs: Sequence[tuple[Figures, Figures]], metric: str) -> Interval | None:
    """Return the mean difference over the dates; None where one of them has no figure."""
    gaps = []
    for own, theirs in pairs:
        one, other = interval(own, metric), interval(theirs, metric)
        if one is None or other is None:
            return None
        gaps.append(unpaired(one, other))
    value = float(np.mean([gap.value for gap in gaps]))
    # dates are drawn apart, so the squares of their widths add up
    below = float(np.sqrt(np.sum([(gap.value - gap.low) ** 2 for gap in gaps]))) / len(gaps)
    above = float(np.sqrt(np.sum([(gap.high - gap.value) ** 2 for gap in gaps]))) / len(gaps)
    return Interval(value, value - below, value + above)


def base_rate_moved(folds: Sequence[Figures]) -> float | None:
    """Return how many points lie between the lowest and the highest share that fell; None with a single date.

    A bundle does not keep the share that each fold was trained on; the earlier dates' are those shares, nearly.
    """
    rates = [fold["rate"] for fold in folds]
    return 100 * (max(rates) - min(rates)) if len(rates) > 1 else None


def own_calibration(evaluation: Figures) -> dict[str, Interval]:
    """Return a bundle's calibration over all its tests, rows counted once; empty where it has none."""
    figures = evaluation.get("calibration", {}).get("each_row_once", {})
    found = {code: interval(figures, code) for code in LIMITS}
    return {code: figure for code, figure in found.items() if figure is not None}


def _further_off(own: Mapping[str, Interval], theirs: Mapping[str, Interval]) -> dict[str, Interval]:
    return {
        code: unpaired(range_from_perfect(code, own[code]), range_from_perfect(code, theirs[code]))
        for code in LIMITS
        if code in own and code in theirs
    }


def _worst_groups(candidate: Figures, champion: Figures) -> tuple[Interval, str] | None:
    own, theirs = _worst_group(candidate), _worst_group(champion)
    if own is None or theirs is None:
        return None
    words = f"{own[1]} {own[0].value:.3f}, against {theirs[1]} {theirs[0].value:.3f}"
    return unpaired(own[0], theirs[0]), words


def _worst_group(evaluation: Figures) -> tuple[Interval, str] | None:
    """Return the lowest recall of a single group that is large enough, and the group."""
    found = []
    for one in evaluation.get("groups", {}).get("groups", ()):
        recall = interval(one, RECALL)
        if recall is not None and len(one["group"]) == 1:
            found.append((recall, " ".join(*one["group"].items())))
    return min(found, key=lambda one: one[0].value, default=None)
