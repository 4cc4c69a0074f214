"""The page says that it is simulated, and who is ahead, whoever it is."""

from __future__ import annotations

import numpy as np
import pytest

from riskmodel.bench.alerts.judging import Tally
from riskmodel.bench.alerts.page import to_markdown
from riskmodel.bench.alerts.raising import HIGHEST, RULES, WAYS

NAN = float("nan")
FALLS = 40
AHEAD, BEHIND = "recall is above rules alone", "recall is **below rules alone: the rules beat the model**"


def tally(warned: dict[str, slice]) -> Tally:
    """Return a county in which ways warned of some of the falls, and of half of them where nothing is said."""
    ways, households = len(WAYS), 100
    days = np.full((FALLS, ways), NAN)
    for place, way in enumerate(WAYS):
        days[warned.get(way, slice(0, FALLS // 2)), place] = 60.0
    cause = np.array(["illness"] * (FALLS - 10) + ["job"] * 10, dtype=object)
    counts = dict.fromkeys(WAYS, 1200)
    known, hits = np.full((households, ways), 12.0), np.ones((households, ways))
    return Tally(4, households, 2000, 20, counts, counts, counts, counts, known, hits, np.arange(FALLS), cause, days)


@pytest.mark.parametrize(
    ("warned", "words"),
    [
        ({HIGHEST: slice(0, FALLS)}, AHEAD),
        ({RULES: slice(0, FALLS)}, BEHIND),
        ({}, "recall is not to be told from rules alone"),
    ],
    ids=["model", "rules", "neither"],
)
def test_whoever_is_ahead_is_said_to_be(warned: dict[str, slice], words: str) -> None:
    text = to_markdown([tally(warned)], "v1", 90)
    verdict = next(row for row in text.splitlines() if row.startswith("- model alone, highest probability:"))
    assert words in verdict
    assert "precision is not to be told" in verdict


def test_what_each_adds_is_counted_by_cause() -> None:
    """Rules warn of everybody who lost a job and of nobody else; the model of the first twenty, who fell ill."""
    text = to_markdown([tally({RULES: slice(30, FALLS)})], "v1", 90)
    assert "| illness | 30 | 0 | 20 | 20 | 20 | 0 | 20 | 0 | 10 |" in text
    assert "| job | 10 | 10 | 0 | 0 | 0 | 10 | 0 | 10 | 0 |" in text
    assert "| all | 40 | 10 | 20 | 20 | 20 | 10 | 20 | 10 | 10 |" in text
    assert "warned more often than the model alone, highest probability: job." in text


def test_the_page_says_that_it_is_simulated_and_which_model_spoke() -> None:
    text = to_markdown([tally({}), tally({})], "2026-01-01-abcd", 45)
    assert text.startswith("# Alerts of department rules and of the model (simulated counties)")
    assert "**Simulated data.** 2 simulated counties of 100 households (seeds 4, 4)" in text
    assert "`2026-01-01-abcd`" in text
    assert "less than 45 days old" in text
    assert "1.00% fall within 12 months" in text
