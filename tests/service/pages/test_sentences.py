"""Scores in words."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskmodel.evaluation.calibration import INTERVAL_SHARE
from riskmodel.language import language
from riskmodel.service.pages.sentences import (
    last_day,
    movement,
    of_hundred,
    range_meaning,
    range_odds,
    rank_sentence,
    score_sentence,
    strength,
)

EN, ZH = language("en"), language("zh")


def score(probability: float, low: float, high: float) -> dict[str, object]:
    return {"probability": probability, "interval": {"low": low, "high": high}, "horizon_months": 12}


@pytest.mark.parametrize(
    ("one", "english", "chinese"),
    [
        (
            score(0.18, 0.14, 0.23),
            "About 18 of 100 households like this fell into poverty within 12 months; between 14 and 23.",
            "与该户情况相似的家庭，每100户中约有18户在12个月内返贫致贫；范围为14至23户。",
        ),
        (
            score(0.02, 0.0171, 0.0234),
            "About 2 of 100 households like this fell into poverty within 12 months; between 1.7 and 2.3.",
            "与该户情况相似的家庭，每100户中约有2户在12个月内返贫致贫；范围为1.7至2.3户。",
        ),
        (
            score(0.002, 0.001, 0.004),
            "Fewer than 1 of 100 households like this fell into poverty within 12 months; probably at most 1.",
            "与该户情况相似的家庭，每100户中不到1户在12个月内返贫致贫；一般不超过1户。",
        ),
        (
            score(0.999, 0.985, 1.0),
            "More than 99 of 100 households like this fell into poverty within 12 months; probably at least 98.",
            "与该户情况相似的家庭，每100户中超过99户在12个月内返贫致贫；一般不少于98户。",
        ),
    ],
)
def test_sentences(one: dict[str, object], english: str, chinese: str) -> None:
    assert score_sentence(EN, one) == english
    assert score_sentence(ZH, one) == chinese


@given(st.floats(0.0051, 0.9949), st.floats(0, 0.05), st.floats(0, 0.05))
def test_the_risk_lies_within_its_range_as_both_are_read(probability: float, below: float, above: float) -> None:
    """About 2 of 100, between 1.5 and 1.9, is what nobody believes."""
    one = score(probability, max(0.0, probability - below), min(1.0, probability + above))
    n, low, high = map(
        float, re.findall(r"About ([\d.]+) .* between ([\d.]+) and ([\d.]+)\.$", score_sentence(EN, one))[0]
    )
    assert low <= n <= high


def test_how_often_a_range_holds_is_what_it_was_made_for() -> None:
    times, of = range_odds()
    assert times / of == INTERVAL_SHARE
    assert range_meaning(EN) == f"The range is meant to hold about {times} times out of {of}."
    assert range_meaning(ZH) == f"按模型设定，每{of}次中约有{times}次落在此范围内。"


def test_the_date_of_a_score_is_exclusive() -> None:
    """A score as of January 1 has seen nothing that was recorded on that day."""
    assert (last_day(EN, dt.date(2026, 1, 1)), last_day(ZH, dt.date(2026, 1, 1))) == ("Dec 31, 2025", "2025年12月31日")


@pytest.mark.parametrize(
    ("log_odds", "expected"),
    [
        (0.9, "raises the risk strongly"),
        (0.2, "raises the risk"),
        (0.06, "raises the risk slightly"),
        (0.01, "hardly moves the risk"),
        (-0.06, "lowers the risk slightly"),
        (-0.2, "lowers the risk"),
        (-0.9, "lowers the risk strongly"),
    ],
)
def test_movement(log_odds: float, expected: str) -> None:
    assert movement(EN, log_odds) == expected
    assert movement(ZH, log_odds) != expected


@pytest.mark.parametrize(
    ("probability", "english", "chinese"),
    [
        (0.001, "fewer than 1 of 100", "每100户不到1户"),
        (0.28, "about 28 of 100", "每100户约28户"),
        (1.0, "more than 99 of 100", "每100户超过99户"),
    ],
)
def test_of_hundred(probability: float, english: str, chinese: str) -> None:
    assert (of_hundred(EN, probability), of_hundred(ZH, probability)) == (english, chinese)


@pytest.mark.parametrize(
    ("rank_share", "expected"),
    [(0.0, "99.9%"), (0.0005, "99.9%"), (0.004, "99.6%"), (0.02, "98%"), (1.0, "0%"), (1.2, "0%")],
)
def test_nobody_is_above_all(rank_share: float, expected: str) -> None:
    assert rank_sentence(EN, rank_share) == f"Higher than {expected} of the households it is compared with"


@pytest.mark.parametrize(
    ("log_odds", "expected"),
    [
        (0.9, "raises it strongly"),
        (0.2, "raises it"),
        (0.06, "raises it slightly"),
        (0.01, "hardly any effect"),
        (0.0, "hardly any effect"),
        (-0.06, "lowers it slightly"),
        (-0.2, "lowers it"),
        (-0.9, "lowers it strongly"),
    ],
)
def test_strength(log_odds: float, expected: str) -> None:
    assert strength(EN, log_odds) == expected
