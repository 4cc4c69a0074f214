"""What is said of other figures: the other risk beside the one now, and which factor groups do it."""

from __future__ import annotations

from typing import Any

import pytest

from riskmodel.explain.reasons import Words
from riskmodel.language import language
from riskmodel.scoring.scorer import Scorer
from riskmodel.service.pages.household.trying import Tried, try_view


@pytest.fixture(scope="module")
def words(scorer: Scorer) -> Words:
    return Words(scorer.programme, language("en"))


def score(probability: float, band: str, **groups: float) -> dict[str, Any]:
    told = [{"group": code, "log_odds": value} for code, value in groups.items()]
    return {"probability": probability, "band": band, "groups": told}


def test_the_other_risk_stands_beside_the_one_now(scorer: Scorer, words: Words) -> None:
    tried = (Tried("Persons", "4 persons", "3 persons"),)
    now = score(0.35, "high", income=0.9, health=0.2, household=-0.1)
    view = try_view(scorer.programme, now, score(0.121, "watch", income=0.1, health=0.24, household=0.3), tried, words)
    assert view.sentence == "With these values the model would say: about 12 of 100 instead of about 35 of 100."
    assert [(band.label, band.level) for band in view.bands] == [("High", 1), ("Watch", 2)] and not view.same_band
    assert view.tried == tried
    # health moves by less than anybody would feel
    assert [(one.label, one.direction, one.difference) for one in view.groups] == [
        ("Income", "down", "lowers it strongly"),
        ("Household", "up", "raises it"),
    ]
    assert (view.groups[0].now.effect, view.groups[0].tried.effect) == ("raises it strongly", "raises it slightly")


def test_before_and_after_have_one_scale(scorer: Scorer, words: Words) -> None:
    """The longest bar is the strongest group's, whether it moves or not: a small step looks small."""
    now, other = score(0.3, "high", income=2.0, health=0.2), score(0.3, "high", income=2.0, health=0.4)
    (health,) = try_view(scorer.programme, now, other, (), words).groups
    assert (health.now.width, health.tried.width) == (10.0, 20.0)
    assert (health.now.x, health.tried.x, health.direction) == (100.0, 100.0, "up")


def test_much_the_same(scorer: Scorer, words: Words) -> None:
    view = try_view(scorer.programme, score(0.351, "high", income=1), score(0.349, "high", income=0.99), (), words)
    assert view.sentence == "With these values the model would say much the same: about 35 of 100."
    assert view.same_band and view.groups == ()
