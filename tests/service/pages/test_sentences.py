"""Scores in words."""

from __future__ import annotations

import pytest

from riskmodel.language import language
from riskmodel.service.pages.sentences import of_hundred, rank_sentence, score_sentence, strength

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
            "Fewer than 1 of 100 households like this fell into poverty within 12 months; at most 1.",
            "与该户情况相似的家庭，每100户中不到1户在12个月内返贫致贫；至多1户。",
        ),
        (
            score(0.999, 0.985, 1.0),
            "More than 99 of 100 households like this fell into poverty within 12 months; at least 98.",
            "与该户情况相似的家庭，每100户中超过99户在12个月内返贫致贫；至少98户。",
        ),
    ],
)
def test_sentences(one: dict[str, object], english: str, chinese: str) -> None:
    assert score_sentence(EN, one) == english
    assert score_sentence(ZH, one) == chinese


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
    assert rank_sentence(EN, rank_share) == f"Higher than {expected} of households in the reference cohort"


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
