"""The county is held against the simulation's own truth, and a bar that is missed is called missed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from riskmodel.bench.causes import Agreement
from riskmodel.bench.county import Against, bars, to_markdown
from riskmodel.evaluation.ranking import Interval

FOUND = Against(
    seed=0,
    n=1000,
    events=90,
    auc=0.82,
    true_auc=0.84,
    taught_gap=0.01,
    recall_gained=Interval(0.1, 0.02, 0.2),
    slope=1.0,
    expected_over_true=(1.1, 1.0, 1.0, 1.0, 0.9),
    expected_over_observed=(1.0,) * 5,
    causes=Agreement(50, 30, 20),
)


def test_a_county_within_every_bar_meets_them_all() -> None:
    assert all(one.met for one in bars([FOUND]))


@pytest.mark.parametrize(
    ("name", "worse"),
    [
        ("true AUC minus AUC", {"auc": 0.80}),
        ("recall gained over department rules", {"recall_gained": Interval(0.1, -0.01, 0.2)}),
        ("slope against the true probability", {"slope": 0.7}),
        ("expected over true, top five ventiles", {"expected_over_true": (1.3, 1.0, 1.0, 1.0, 1.0)}),
        ("expected over observed, top five ventiles", {"expected_over_observed": (1.0, 0.7, 1.0, 1.0, 1.0)}),
    ],
)
def test_each_bar_can_be_missed_on_its_own(name: str, worse: dict[str, Any]) -> None:
    missed = [one.name for one in bars([replace(FOUND, **worse)]) if not one.met]
    assert missed == [name]


def test_one_county_whose_interval_holds_0_is_enough_to_miss() -> None:
    other = replace(FOUND, seed=1, recall_gained=Interval(0.1, -0.01, 0.2))
    assert [one.name for one in bars([FOUND, other]) if not one.met] == ["recall gained over department rules"]


def test_the_table_says_that_it_is_simulated_and_has_a_line_for_each_county() -> None:
    text = to_markdown([FOUND, replace(FOUND, seed=7)], 1000)
    assert "**Simulated data.**" in text
    assert "| 7 |" in text
    assert "| 60% | 40% |" in text
