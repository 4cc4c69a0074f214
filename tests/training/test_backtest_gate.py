"""Backtests that were written are read as they were measured, and what can't be compared is never made up."""

from __future__ import annotations

import datetime as dt
import json
from math import hypot, sqrt
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskmodel.errors import TooFewRows
from riskmodel.evaluation.gates import State, checks
from riskmodel.evaluation.groups import by_group
from riskmodel.evaluation.ranking import Interval, Outcomes, compare
from riskmodel.evaluation.reliability import reliability
from riskmodel.training.backtest_gate import (
    OTHER_DATES,
    base_rate_moved,
    interval,
    mean_gap,
    measure_backtests,
    own_calibration,
)
from riskmodel.training.bundling import evaluation_json
from riskmodel.training.judging import Backtest, FoldResult
from riskmodel.training.latency import Latency

Json = dict[str, Any]
LATENCY = Latency(0.25, Interval(1.1, 0.9, 1.3))
EARLY, MIDDLE, LATE = "2017-01-01", "2018-01-01", "2019-01-01"


def ranged(**figures: Interval | None) -> Json:
    """Write figures as a bundle does."""
    told: Json = {}
    for name, one in figures.items():
        told |= {name: one and one.value, f"{name}_interval": one and [one.low, one.high]}
    return told


def around(value: float, by: float = 0.1) -> Interval:
    return Interval(value, value - by, value + by)


def fold(day: str, precision: float = 0.3, recall: float = 0.5, rate: float = 0.1) -> Json:
    model = ranged(average_precision=around(precision), recall_at_capacity=around(recall))
    return {"as_of": day, "rate": rate, "model": model}


def group(recall: float | None, **labels: str) -> Json:
    return {"group": labels, **ranged(recall_at_capacity=None if recall is None else around(recall))}


CALIBRATION = {
    "calibration_error": Interval(0.02, 0.01, 0.04),
    "slope": Interval(0.9, 0.8, 1.1),
    "expected_to_observed": Interval(1.1, 1.05, 1.2),
}


def backtest(
    *folds: Json, pooled: Json | None = None, groups: list[Json] | None = None, **calibration: Interval
) -> Json:
    """Return as much of an ``evaluation.json`` as the gate reads."""
    return {
        "folds": list(folds),
        "pooled": pooled or {},
        "groups": {"groups": groups or []},
        "calibration": {
            "weighted": ranged(slope=around(9.0), calibration_error=around(9.0), expected_to_observed=around(9.0)),
            "each_row_once": ranged(**{**CALIBRATION, **calibration}),
        },
    }


@pytest.mark.parametrize(
    ("figures", "expected"),
    [
        ({"slope": 0.9, "slope_interval": [0.8, 1.0]}, Interval(0.9, 0.8, 1.0)),
        ({"slope": 0.0, "slope_interval": [0.0, 0.0]}, Interval(0.0, 0.0, 0.0)),
        ({}, None),
        ({"slope": None, "slope_interval": [0.8, 1.0]}, None),
        ({"slope": 0.9}, None),
        ({"slope": 0.9, "slope_interval": None}, None),
        ({"slope": 0.9, "slope_interval": [None, None]}, None),
        ({"slope": 0.9, "slope_interval": [0.8, None]}, None),
        ({"other": 0.9, "other_interval": [0.8, 1.0]}, None),
    ],
)
def test_a_figure_is_read_with_its_whole_range_or_not_at_all(figures: Json, expected: Interval | None) -> None:
    assert interval(figures, "slope") == expected


def test_the_mean_gap_of_two_dates_worked_through_by_hand() -> None:
    """Each date's range: widths on the sides that matter are squared and added; so are those of the dates, over two."""
    one = ranged(recall=Interval(0.5, 0.4, 0.7)), ranged(recall=Interval(0.3, 0.25, 0.35))
    other = ranged(recall=Interval(0.6, 0.5, 0.8)), ranged(recall=Interval(0.8, 0.6, 0.9))
    found = mean_gap([one, other], "recall")
    below = sqrt(hypot(0.1, 0.05) ** 2 + hypot(0.1, 0.1) ** 2) / 2
    above = sqrt(hypot(0.2, 0.05) ** 2 + hypot(0.2, 0.2) ** 2) / 2
    assert found == Interval(*map(pytest.approx, (0.0, -below, above)))


@pytest.mark.parametrize("dates", [1, 4, 9])
def test_more_dates_narrow_the_range_as_their_square_root(dates: int) -> None:
    pair = ranged(recall=around(0.5)), ranged(recall=around(0.4))
    one, many = mean_gap([pair], "recall"), mean_gap([pair] * dates, "recall")
    assert one is not None and many is not None
    assert many.value == pytest.approx(0.1)
    assert many.high - many.value == pytest.approx((one.high - one.value) / sqrt(dates))
    assert many.value - many.low == pytest.approx((one.value - one.low) / sqrt(dates))


def test_the_range_is_as_wide_as_draws_of_independent_dates_spread() -> None:
    """Figures of known spread, drawn 100,000 times: the range holds the middle 95 % of their mean difference."""
    spreads = [(0.02, 0.05), (0.04, 0.01), (0.03, 0.03)]
    pairs = [(ranged(ap=around(0.5, 1.96 * own)), ranged(ap=around(0.4, 1.96 * theirs))) for own, theirs in spreads]
    rng = np.random.default_rng(0)
    gaps = [rng.normal(0.5, own, 100_000) - rng.normal(0.4, theirs, 100_000) for own, theirs in spreads]
    low, high = np.quantile(np.mean(gaps, axis=0), [0.025, 0.975])
    found = mean_gap(pairs, "ap")
    assert found == Interval(pytest.approx(0.1), pytest.approx(low, abs=5e-4), pytest.approx(high, abs=5e-4))


BOUNDED = st.tuples(st.floats(0, 1), st.floats(0, 0.5), st.floats(0, 0.5)).map(
    lambda drawn: Interval(drawn[0], drawn[0] - drawn[1], drawn[0] + drawn[2])
)


@given(st.lists(st.tuples(BOUNDED, BOUNDED), min_size=1, max_size=5))
def test_swapping_candidate_and_champion_mirrors_the_gap(pairs: list[tuple[Interval, Interval]]) -> None:
    told = [(ranged(recall=own), ranged(recall=theirs)) for own, theirs in pairs]
    found, back = mean_gap(told, "recall"), mean_gap([(theirs, own) for own, theirs in told], "recall")
    assert found is not None and back is not None
    assert (back.value, back.low, back.high) == pytest.approx((-found.value, -found.high, -found.low), abs=1e-12)
    assert found.low <= found.value <= found.high


@pytest.mark.parametrize("side", [0, 1])
def test_a_date_without_a_figure_leaves_no_mean(side: int) -> None:
    """The mean of the other dates would be of another period."""
    whole, lacking = (ranged(recall=around(0.5)),) * 2, [ranged(recall=around(0.5)), ranged(recall=around(0.4))]
    lacking[side] = ranged(recall=None)
    assert mean_gap([whole, (lacking[0], lacking[1])], "recall") is None


@pytest.mark.parametrize(
    ("rates", "points"),
    [([0.1], None), ([0.1, 0.1], 0.0), ([0.1, 0.14], 4.0), ([0.14, 0.1], 4.0), ([0.1, 0.25, 0.05, 0.1], 20.0)],
)
def test_the_base_rate_moved_from_the_lowest_to_the_highest_in_points(rates: list[float], points: float | None) -> None:
    found = base_rate_moved([{"rate": rate} for rate in rates])
    assert found == (None if points is None else pytest.approx(points))


def test_calibration_is_that_of_rows_counted_once_and_lacks_what_is_undefined() -> None:
    assert own_calibration(backtest()) == CALIBRATION
    undefined = backtest()
    undefined["calibration"]["each_row_once"]["slope"] = None
    assert own_calibration(undefined) == {code: one for code, one in CALIBRATION.items() if code != "slope"}
    assert own_calibration({}) == own_calibration({"calibration": {"weighted": ranged(slope=around(1.0))}}) == {}


def test_a_candidate_without_tests_has_nothing_to_be_judged_by() -> None:
    for champion in (None, backtest(fold(MIDDLE))):
        with pytest.raises(TooFewRows, match="no backtest and no later period"):
            measure_backtests(backtest(), champion, LATENCY)


@pytest.mark.parametrize("theirs", [[], [EARLY], [EARLY, LATE]])
def test_backtests_without_a_common_date_are_refused(theirs: list[str]) -> None:
    with pytest.raises(TooFewRows, match="no common date"):
        measure_backtests(backtest(fold(MIDDLE)), backtest(*map(fold, theirs)), LATENCY)


def test_only_common_dates_count_in_their_order() -> None:
    """The candidate's advantage is 0.1 on each common date; 2017, where it shines, was no test of the champion."""
    candidate = backtest(fold(LATE, 0.5, 0.6), fold(EARLY, 0.99, 0.99), fold(MIDDLE, 0.3, 0.4))
    champion = backtest(fold(MIDDLE, 0.2, 0.2), fold(LATE, 0.4, 0.4))
    measured, periods = measure_backtests(candidate, champion, LATENCY)
    assert periods == (MIDDLE, LATE)
    half = hypot(0.1, 0.1) / sqrt(2)
    assert measured.average_precision == Interval(*map(pytest.approx, (0.1, 0.1 - half, 0.1 + half)))
    assert measured.recall == Interval(*map(pytest.approx, (0.2, 0.2 - half, 0.2 + half)))
    assert measured.opponent == "the champion's backtest"


def test_what_was_pooled_over_other_dates_is_not_compared_and_that_is_said() -> None:
    groups = [group(0.3, sex="female")]
    candidate, champion = backtest(fold(MIDDLE), fold(LATE), groups=groups), backtest(fold(LATE), groups=groups)
    measured, _ = measure_backtests(candidate, champion, LATENCY)
    assert (measured.worst_group, measured.further_off) == (None, {})
    assert measured.worst_groups == measured.why_not_further == OTHER_DATES
    unjudged = {check.code: check.words for check in checks(measured) if check.state == State.NOT_JUDGED}
    assert set(unjudged) == {"worst_group_recall", "calibration_error", "slope", "expected_to_observed"}
    assert all(OTHER_DATES in words for words in unjudged.values())


@pytest.mark.parametrize("reverse", [False, True])
def test_the_same_dates_are_compared_in_full_whatever_order_they_were_written_in(reverse: bool) -> None:
    """Slopes of 0.7 and 1.1 lie 0.3 and 0.1 from 1; a range that holds 1 reaches down to a distance of 0."""
    days = [fold(LATE), fold(MIDDLE)] if reverse else [fold(MIDDLE), fold(LATE)]
    candidate = backtest(*days, slope=Interval(0.7, 0.6, 0.9))
    champion = backtest(fold(MIDDLE), fold(LATE), slope=Interval(1.1, 0.95, 1.3))
    measured, _ = measure_backtests(candidate, champion, LATENCY)
    below, above = hypot(0.3 - 0.1, 0.3 - 0.1), hypot(0.4 - 0.3, 0.1)
    assert set(measured.further_off) == set(CALIBRATION)
    assert measured.further_off["slope"] == Interval(*map(pytest.approx, (0.2, 0.2 - below, 0.2 + above)))
    assert measured.further_off["calibration_error"].value == 0
    assert measured.calibration["slope"] == Interval(0.7, 0.6, 0.9)


def test_calibration_that_one_of_the_two_lacks_is_not_compared() -> None:
    champion = backtest(fold(MIDDLE))
    champion["calibration"] = {}
    measured, _ = measure_backtests(backtest(fold(MIDDLE)), champion, LATENCY)
    assert (measured.further_off, measured.why_not_further) == ({}, "too few fell")
    assert measured.calibration == CALIBRATION


def test_the_lowest_recalls_of_single_groups_are_compared() -> None:
    """Pairs of groups have lower recalls still, and a group that is too small has none."""
    own = [
        group(0.5, sex="male"),
        group(0.4, sex="female"),
        group(None, area="far"),
        group(0.1, sex="male", area="far"),
    ]
    theirs = [group(0.7, sex="male"), group(0.8, sex="female"), group(0.65, area="far")]
    measured, _ = measure_backtests(backtest(fold(MIDDLE), groups=own), backtest(fold(MIDDLE), groups=theirs), LATENCY)
    half = hypot(0.1, 0.1)
    assert measured.worst_group == Interval(*map(pytest.approx, (-0.25, -0.25 - half, -0.25 + half)))
    assert measured.worst_groups == "sex female 0.400, against area far 0.650"


@pytest.mark.parametrize("lacking", [0, 1])
def test_without_a_large_enough_group_on_both_sides_none_is_compared(lacking: int) -> None:
    sides = [backtest(fold(MIDDLE), groups=[group(0.5, sex="male")]) for _ in range(2)]
    sides[lacking]["groups"] = [{}, {"groups": [group(None, sex="male"), group(0.2, sex="male", area="far")]}][lacking]
    measured, _ = measure_backtests(sides[0], sides[1], LATENCY)
    assert (measured.worst_group, measured.worst_groups) == (None, "no group is large enough")


def test_the_base_rate_is_the_candidates_over_all_its_dates() -> None:
    pooled = {"rules": ranged(average_precision=around(0.2))}
    candidate = backtest(fold(MIDDLE, rate=0.1), fold(LATE, rate=0.16), pooled=pooled)
    measured, _ = measure_backtests(candidate, backtest(fold(LATE, rate=0.5)), LATENCY)
    assert measured.base_rate_moved_points == pytest.approx(6.0)
    alone, _ = measure_backtests(candidate, None, LATENCY)
    assert alone.base_rate_moved_points == pytest.approx(6.0)


@pytest.mark.parametrize("champion", [None, backtest(fold(MIDDLE))])
def test_what_timing_found_is_handed_on(champion: Json | None) -> None:
    pooled = {"rules": ranged(average_precision=around(0.2))}
    measured, _ = measure_backtests(backtest(fold(MIDDLE), pooled=pooled), champion, LATENCY)
    assert (measured.latency_ratio, measured.milliseconds) == (LATENCY.ratio, LATENCY.milliseconds)


@pytest.mark.parametrize(
    ("precisions", "best"),
    [
        ({"model": 0.9, "rules": 0.2, "welfare": 0.3}, "welfare"),
        ({"model": 0.1, "rules": 0.3, "welfare": 0.2}, "rules"),
        ({"model": 0.1, "rules": None, "welfare": 0.2}, "welfare"),
        ({"rules": 0.3, "model": None, "welfare": None}, "rules"),
    ],
)
def test_alone_a_candidate_is_held_against_the_baseline_that_ranks_best(
    precisions: dict[str, float | None], best: str
) -> None:
    """Never against itself, however well it ranks; by the difference that was drawn in pairs."""
    gaps = {name: place / 10 for place, name in enumerate(precisions)}
    pooled = {
        name: ranged(
            average_precision=None if one is None else around(one),
            model_minus_average_precision=around(gaps[name]),
            model_minus_recall_at_capacity=around(-gaps[name]),
        )
        for name, one in precisions.items()
    }
    measured, periods = measure_backtests(backtest(fold(MIDDLE), fold(LATE), pooled=pooled), None, LATENCY)
    assert measured.opponent == f"the best baseline, {best}"
    assert measured.average_precision == around(gaps[best])
    assert measured.recall == around(-gaps[best])
    assert periods == (MIDDLE, LATE)
    assert measured.calibration == CALIBRATION
    assert (measured.worst_group, measured.further_off) == (None, {})
    assert measured.why_not_further == "baselines state no probabilities"


def made_backtest(seed: int) -> Backtest:
    """Return a backtest of two dates that was measured on rows, with everything that the gate reads."""
    rng = np.random.default_rng(seed)
    n, results, tables = 300, [], []
    for year in (2018, 2019):
        risk = rng.normal(size=n)
        fell = (risk + rng.normal(size=n) > 1.3).astype("float64")
        outcomes = Outcomes(fell, np.ones(n), np.arange(n), 0.2)
        scores = {"model": risk, "rules": risk + rng.normal(0, 2, n), "noise": rng.normal(size=n)}
        tables.append(compare(scores, outcomes, rng, draws=40))
        day = dt.date(year, 1, 1)
        results.append(FoldResult(day, n, int(fell.sum()), 0, float(fell.mean()), float(fell.mean()), 0.0, tables[-1]))
    chance, households, even = 1 / (1 + np.exp(1.5 - 1.5 * risk)), np.arange(n), np.ones(n)
    sides = {"side": np.where(np.arange(n) % 2, "north", "south").astype(object)}
    parts = {
        "calibration": {"each_row_once": reliability(chance, fell, even, households, rng, draws=40).to_json()},
        "groups": by_group(sides, risk > 0.8, chance, fell, even, households, rng, draws=40).to_json(),
    }
    return Backtest(tuple(results), tables[-1], n, int(fell.sum()), parts)


def written(backtested: Backtest) -> Json:
    return dict(json.loads(json.dumps(evaluation_json(backtested), allow_nan=False)))


def test_a_backtest_as_bundles_write_it_is_read_to_the_bit() -> None:
    made = made_backtest(0)
    measured, periods = measure_backtests(written(made), None, LATENCY)
    assert periods == (MIDDLE, LATE)
    assert measured.opponent == "the best baseline, rules"
    assert measured.average_precision == made.pooled["rules"]["model_minus_average_precision"]
    assert measured.recall == made.pooled["rules"]["model_minus_recall_at_capacity"]
    once = made.parts["calibration"]["each_row_once"]
    assert {code: one.value for code, one in measured.calibration.items()} == {code: once[code] for code in CALIBRATION}
    rates = [one.rate for one in made.folds]
    assert measured.base_rate_moved_points == pytest.approx(100 * abs(rates[0] - rates[1]))


def test_a_model_is_no_better_and_no_worse_than_its_own_backtest() -> None:
    told = written(made_backtest(1))
    measured, _ = measure_backtests(told, told, LATENCY)
    gaps = [measured.average_precision, measured.recall, measured.worst_group, *measured.further_off.values()]
    assert len(gaps) == 6
    for gap in gaps:
        assert gap is not None and gap.low < gap.value < gap.high and gap.value == 0
    lowest = min(told["groups"]["groups"], key=lambda one: one["recall_at_capacity"])
    words = f"side {lowest['group']['side']} {lowest['recall_at_capacity']:.3f}"
    assert measured.worst_groups == f"{words}, against {words}"
