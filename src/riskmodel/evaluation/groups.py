"""Does the list serve everyone alike? Figures by audit group, by pairs of them, and the gaps between groups.

Point figures are fairlearn's, weighted by survey weights; intervals come from drawing households whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, combinations
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from riskmodel.evaluation.group_report import FIGURES, Gap, GroupReport, GroupResult
from riskmodel.evaluation.intervals import middle
from riskmodel.evaluation.ranking import household_draws

Values = npt.NDArray[np.float64]
Positions = npt.NDArray[np.int64]
Labels = npt.NDArray[np.object_]
MINIMUM_ROWS, MINIMUM_EVENTS = 50, 10
"""Below these a group has too few rows for any figure, or too few events for those about who fell."""
BASE_RATE, RECALL, MISSED, SELECTED, CALIBRATION = FIGURES
ABOUT_EVENTS = (RECALL, MISSED)
COMPARED = (RECALL, MISSED, SELECTED, CALIBRATION)
TIMES = " × "


@dataclass(frozen=True, slots=True)
class _Rows:
    """What every grouping is measured on.

    Attributes
    ----------
    listed, probability, outcome, weight : ndarray, shape (n,)
        As for :func:`by_group`.
    place : ndarray of int, shape (n,)
        Who each row is of, numbered from 0.
    times : ndarray of float, shape (households, draws)
        How often each household counts in each draw.
    """

    listed: npt.NDArray[np.bool_]
    probability: Values
    outcome: Values
    weight: Values
    place: Positions
    times: Values


@dataclass(frozen=True, slots=True)
class _Measured:
    """Groups of a grouping with what was found; ``value`` has shape (groups,), ``drawn`` shape (draws, groups)."""

    names: Sequence[tuple[str, ...]]
    n: Positions
    events: Positions
    value: Mapping[str, Values]
    drawn: Mapping[str, Values]

    def has(self, name: str) -> npt.NDArray[np.bool_]:
        """Return which groups are large enough for a figure, and have weight at all."""
        enough = (self.n >= MINIMUM_ROWS) & ~np.isnan(self.value[name])
        return enough & (self.events >= MINIMUM_EVENTS) if name in ABOUT_EVENTS else enough

    def results(self, columns: tuple[str, ...]) -> Iterator[GroupResult]:
        """Return each group's figures."""
        for place, labels in enumerate(self.names):
            figures = {
                name: middle(float(self.value[name][place]), self.drawn[name][:, place])
                if self.has(name)[place]
                else None
                for name in FIGURES
            }
            n, events = int(self.n[place]), int(self.events[place])
            yield GroupResult(columns, labels, n, events, figures if n >= MINIMUM_ROWS else None)


def by_group(
    groups: Mapping[str, Labels],
    listed: npt.NDArray[np.bool_],
    probability: Values,
    outcome: Values,
    weight: Values,
    household: Positions,
    rng: np.random.Generator,
    draws: int = 200,
) -> GroupReport:
    """Measure each audit group and each pair of groups.

    Parameters
    ----------
    groups : mapping of column to ndarray of object, shape (n,)
        Label of each row, None where unknown; see :func:`riskmodel.evaluation.audit.audit_labels`.
    listed : ndarray of bool, shape (n,)
        Whether each row is on its period's list; see :func:`riskmodel.evaluation.audit.listed_at_capacity`.
    probability, outcome, weight : ndarray, shape (n,)
        Predicted, 1 or 0, survey weight.
    household : ndarray of int, shape (n,)
        Who each row is of.
    rng : Generator
        Source of the bootstrap.
    draws : int
        Number of draws. The list stays as it is: intervals are about whom it met, not about another list.
    """
    ids, place = np.unique(household, return_inverse=True)
    times = np.ascontiguousarray(household_draws(ids, draws, rng).T)
    rows = _Rows(listed, probability, outcome, weight, place, times)
    overall = _measure(rows, np.zeros(len(outcome), dtype="int64"), [()])
    results: list[GroupResult] = []
    gaps: dict[str, dict[str, Gap]] = {}
    for columns in chain(((name,) for name in groups), combinations(groups, 2)):
        codes, names = _codes([groups[name] for name in columns])
        measured = _measure(rows, codes, names)
        results += measured.results(columns)
        found = {name: gap for name in COMPARED if (gap := _gap(measured, overall, name)) is not None}
        if found:
            gaps[TIMES.join(columns)] = found
    unknown = {name: sum(label is None for label in labels) for name, labels in groups.items()}
    return GroupReport(next(overall.results(())), tuple(results), gaps, unknown)


def _codes(columns: Sequence[Labels]) -> tuple[Positions, list[tuple[str, ...]]]:
    """Return each row's group, -1 where unknown, and the groups' names in order."""
    of_row: list[tuple[str, ...] | None] = [
        None if any(label is None for label in labels) else labels for labels in zip(*columns, strict=True)
    ]
    names = sorted(
        {labels for labels in of_row if labels is not None}, key=lambda one: [_order(label) for label in one]
    )
    place: dict[tuple[str, ...] | None, int] = {labels: number for number, labels in enumerate(names)}
    return np.array([place.get(labels, -1) for labels in of_row], dtype="int64"), names


def _order(label: str) -> tuple[int, float, str]:
    """Sort what is cut from numbers as numbers are: ``< 5``, ``5 to 10``, ``10 to 20``, ``>= 20``."""
    first = label.partition(" ")[0]
    try:
        return 1, float(first), label
    except ValueError:
        return {"<": 0, ">=": 3}.get(first, 2), 0.0, label


def _measure(rows: _Rows, codes: Positions, names: Sequence[tuple[str, ...]]) -> _Measured:
    known = codes >= 0
    n = np.bincount(codes[known], minlength=len(names))
    events = np.bincount(codes[known], rows.outcome[known], len(names)).astype("int64")
    large = np.flatnonzero(n >= MINIMUM_ROWS)
    value = {name: np.full(len(names), np.nan) for name in FIGURES}
    if len(large):
        for name, figures in _point(rows, codes, large).items():
            value[name][large] = figures
    return _Measured(names, n, events, value, _drawn(rows, codes, len(names)))


def _point(rows: _Rows, codes: Positions, wanted: Positions) -> dict[str, Values]:
    """Return fairlearn's figures of the wanted groups, by name; each of shape (len(wanted),).

    Its frames go through Python lists, a second for 50,000 rows. Rows of a group with the same outcome that are both on
    the list, or both not, are therefore put together first, with their summed weight and mean probability.
    """
    # a second to import, and only audits need it
    from fairlearn.metrics import (
        MetricFrame,
        false_negative_rate,
        selection_rate,
        true_positive_rate,
    )

    keep = np.isin(codes, wanted)
    like = codes[keep] * 4 + rows.outcome[keep].astype("int64") * 2 + rows.listed[keep]
    weight = np.bincount(like, rows.weight[keep])
    cells = np.flatnonzero(weight)
    weight, predicted = weight[cells], np.bincount(like, (rows.weight * rows.probability)[keep])[cells] / weight[cells]

    def frame(metrics: dict[str, Any], y_pred: npt.NDArray[Any]) -> dict[str, Values]:
        table = MetricFrame(
            metrics=metrics,
            y_true=cells // 2 % 2,
            y_pred=y_pred,
            sensitive_features=cells // 4,
            sample_params={name: {"sample_weight": weight} for name in metrics},
        ).by_group
        return {name: table[name].reindex(wanted).to_numpy(dtype="float64") for name in metrics}

    about_list = {
        BASE_RATE: _mean_outcome,
        RECALL: true_positive_rate,
        MISSED: false_negative_rate,
        SELECTED: selection_rate,
    }
    return frame(about_list, cells % 2) | frame({CALIBRATION: _mean_excess}, predicted)


def _mean_outcome(y_true: Values, y_pred: Values, sample_weight: Values) -> float:
    return float(np.average(y_true, weights=sample_weight))


def _mean_excess(y_true: Values, y_pred: Values, sample_weight: Values) -> float:
    return float(np.average(np.subtract(y_pred, y_true), weights=sample_weight))


def _drawn(rows: _Rows, codes: Positions, count: int) -> dict[str, Values]:
    """Return every group's figures in every draw, each of shape (draws, groups); in fairlearn they would take minutes.

    Each figure is a ratio of sums over the group's rows, and a draw only counts households more or less often: all sums
    of all draws are one product of matrices.
    """
    known = np.flatnonzero(codes >= 0)
    weight, fell, listed = rows.weight[known], rows.outcome[known], rows.listed[known]
    summed = [weight, weight * fell, weight * listed, weight * listed * fell, weight * rows.probability[known]]
    sums = []
    for values in summed:
        of_household = csr_array((values, (codes[known], rows.place[known])), shape=(count, len(rows.times)))
        of_household.eliminate_zeros()
        sums.append(np.asarray(of_household @ rows.times).T)
    total, events, on_list, found, predicted = sums
    recall = _ratio(found, events)
    return {
        BASE_RATE: _ratio(events, total),
        RECALL: recall,
        MISSED: 1 - recall,
        SELECTED: _ratio(on_list, total),
        CALIBRATION: _ratio(predicted - events, total),
    }


def _ratio(part: Values, whole: Values) -> Values:
    return np.asarray(np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0))


def _gap(measured: _Measured, overall: _Measured, name: str) -> Gap | None:
    """Compare the groups that have a figure; None below two of them."""
    places = np.flatnonzero(measured.has(name))
    if len(places) < 2 or not overall.has(name)[0]:
        return None
    value, drawn = measured.value[name], measured.drawn[name]
    highest, lowest = places[np.argmax(value[places])], places[np.argmin(value[places])]
    whole, whole_drawn = overall.value[name][0], overall.drawn[name][:, 0]
    furthest = places[np.argmax(np.abs(value[places] - whole))]
    names = [TIMES.join(measured.names[place]) for place in (highest, lowest, furthest)]
    return Gap(
        names[0],
        names[1],
        middle(float(value[highest] - value[lowest]), drawn[:, highest] - drawn[:, lowest]),
        names[2],
        middle(float(value[furthest] - whole), drawn[:, furthest] - whole_drawn),
    )
