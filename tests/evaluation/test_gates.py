"""A candidate is refused for being worse beyond chance, never for chance, and a verdict can't say more than its checks."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskmodel.evaluation.gates import (
    BASE_RATE_POINTS,
    LIMITS,
    SLOWEST,
    Check,
    Evidence,
    Measured,
    Party,
    State,
    Verdict,
    checks,
)
from riskmodel.evaluation.ranking import Interval

NAN = float("nan")
GOOD = {
    "calibration_error": Interval(0.01, 0.005, 0.02),
    "slope": Interval(1.0, 0.9, 1.1),
    "expected_to_observed": Interval(1.0, 0.9, 1.1),
}
SOUND = Measured(
    opponent="the champion",
    average_precision=Interval(0.01, -0.01, 0.03),
    recall=Interval(0.01, -0.01, 0.03),
    worst_group=Interval(0.0, -0.1, 0.1),
    worst_groups="sex female 0.4, against sex female 0.4",
    calibration=GOOD,
    further_off={code: Interval(0.0, -0.1, 0.1) for code in GOOD},
    why_not_further="",
    base_rate_moved_points=1.0,
    latency_ratio=Interval(1.0, 0.9, 1.1),
    milliseconds=0.05,
)


SERVING = Party("b-2", "22")


def verdict(measured: Measured = SOUND, champion: Party | None = SERVING) -> Verdict:
    return Verdict(
        "tinyland",
        Party("a-1", "11"),
        champion,
        Evidence.LATER_DATA,
        ("2021-01-01",),
        "dd",
        "2022-01-01",
        checks(measured),
    )


def state(measured: Measured, code: str) -> State:
    return next(check.state for check in checks(measured) if check.code == code)


def test_a_sound_candidate_passes_every_check() -> None:
    assert {check.state for check in checks(SOUND)} == {State.PASSED}
    assert verdict().passes


RANKED = [
    ("average_precision", "average_precision"),
    ("recall", "recall_at_capacity"),
    ("worst_group", "worst_group_recall"),
]


@pytest.mark.parametrize(("field", "code"), RANKED)
def test_ranking_worse_beyond_chance_fails_and_within_chance_passes(field: str, code: str) -> None:
    beyond = replace(SOUND, **{field: Interval(-0.05, -0.09, -0.001)})
    assert state(beyond, code) == State.FAILED
    assert not verdict(beyond).passes
    within = replace(SOUND, **{field: Interval(-0.05, -0.11, 0.0)})
    assert state(within, code) == State.PASSED


@given(st.floats(-1, 1), st.floats(0, 1), st.floats(0, 1))
def test_a_ranking_fails_exactly_when_its_whole_range_lies_below_0(value: float, below: float, above: float) -> None:
    gap = Interval(value, value - below, value + above)
    failed = state(replace(SOUND, average_precision=gap), "average_precision") == State.FAILED
    assert failed == (value + above < 0)


@pytest.mark.parametrize("code", GOOD)
def test_calibration_further_off_than_the_champions_beyond_chance_fails(code: str) -> None:
    worse = replace(SOUND, further_off={**SOUND.further_off, code: Interval(0.05, 0.001, 0.1)})
    assert state(worse, code) == State.FAILED
    assert (
        state(replace(SOUND, further_off={**SOUND.further_off, code: Interval(0.05, 0.0, 0.1)}), code) == State.PASSED
    )


@pytest.mark.parametrize(
    ("code", "figure", "expected"),
    [
        ("calibration_error", Interval(0.03, 0.02, 0.05), State.PASSED),
        ("calibration_error", Interval(0.04, 0.02, 0.05), State.PASSED),
        ("calibration_error", Interval(0.04, 0.031, 0.05), State.FAILED),
        ("slope", Interval(0.7, 0.6, 0.79), State.FAILED),
        ("slope", Interval(0.7, 0.6, 0.8), State.PASSED),
        ("slope", Interval(1.4, 1.26, 1.6), State.FAILED),
        ("slope", Interval(1.4, NAN, NAN), State.FAILED),
        ("expected_to_observed", Interval(1.3, 1.21, 1.4), State.FAILED),
        ("expected_to_observed", Interval(0.7, 0.6, 0.79), State.FAILED),
        ("expected_to_observed", Interval(1.2, 1.1, 1.3), State.PASSED),
    ],
)
def test_limits_fail_where_figure_and_range_lie_outside(code: str, figure: Interval, expected: State) -> None:
    assert state(replace(SOUND, calibration={**GOOD, code: figure}), f"{code}_limit") == expected


@pytest.mark.parametrize(("moved", "judged"), [(0.0, True), (2.99, True), (BASE_RATE_POINTS, False), (None, False)])
def test_a_base_rate_that_moved_leaves_limits_unjudged_and_says_so(moved: float | None, judged: bool) -> None:
    off = {**GOOD, "slope": Interval(0.5, 0.4, 0.6)}
    found = {check.code: check for check in checks(replace(SOUND, calibration=off, base_rate_moved_points=moved))}
    assert found["slope_limit"].state == (State.FAILED if judged else State.NOT_JUDGED)
    if moved == BASE_RATE_POINTS:
        assert "not judged: base rate moved by 3.0 points" in found["slope_limit"].words


@pytest.mark.parametrize(
    ("ratio", "expected"),
    [
        (Interval(2.0, SLOWEST + 0.01, 3.0), State.FAILED),
        (Interval(2.0, SLOWEST, 3.0), State.PASSED),
        (None, State.NOT_JUDGED),
    ],
)
def test_latency_fails_only_if_every_round_was_slow(ratio: Interval | None, expected: State) -> None:
    assert state(replace(SOUND, latency_ratio=ratio), "latency_ratio") == expected


def test_what_could_not_be_measured_is_not_judged_and_never_passes_a_ranking() -> None:
    nothing = replace(
        SOUND,
        average_precision=None,
        recall=Interval(0.1, NAN, NAN),
        worst_group=None,
        calibration={},
        further_off={},
        latency_ratio=None,
    )
    assert {check.state for check in checks(nothing)} == {State.NOT_JUDGED}
    assert not verdict(nothing).passes
    assert [check.code for check in checks(nothing)] == [check.code for check in checks(SOUND)]


def test_a_candidate_passes_without_a_champions_calibration() -> None:
    alone = replace(SOUND, further_off={}, why_not_further="baselines state no probabilities", latency_ratio=None)
    assert verdict(alone, None).passes


@pytest.mark.parametrize("champion", [None, Party("b-2", "22")])
def test_a_verdict_comes_back_from_json_as_it_was(champion: Party | None) -> None:
    one = verdict(replace(SOUND, worst_group=None), champion)
    assert Verdict.from_json(json.loads(json.dumps(one.to_json(), allow_nan=False))) == one


def tampered(**changes: Any) -> dict[str, Any]:
    return {**verdict().to_json(), **changes}


@pytest.mark.parametrize(
    "fields",
    [
        {},
        tampered(passes=False),
        tampered(evidence="a feeling"),
        tampered(checks=[]),
        tampered(checks=[{"code": "slope"}]),
        tampered(candidate="a-1"),
        tampered(more=1),
    ],
)
def test_what_is_no_verdict_or_contradicts_itself_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="verdict"):
        Verdict.from_json(fields)


def test_a_failed_check_can_not_be_declared_passed() -> None:
    failing = verdict(replace(SOUND, recall=Interval(-0.2, -0.3, -0.1))).to_json()
    with pytest.raises(ValueError, match="something else than its checks"):
        Verdict.from_json({**failing, "passes": True})


def test_every_limit_has_a_check_of_its_own() -> None:
    codes = [check.code for check in checks(SOUND)]
    assert {f"{code}_limit" for code in LIMITS} <= set(codes)
    assert len(codes) == len(set(codes))
    assert all(isinstance(check, Check) and check.words for check in checks(SOUND))
