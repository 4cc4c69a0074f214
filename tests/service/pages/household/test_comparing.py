"""Two households side by side: both halves are each household's own, and what differs most comes first."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from fastapi import FastAPI

from riskmodel.explain.reasons import Words
from riskmodel.features.encode import HORIZON_GROUP
from riskmodel.service.asking import Question, ask_one
from riskmodel.service.explanation import Explanation, explain
from riskmodel.service.pages.household.comparing import MIDDLE, MOST_FEATURES, bar_of, compare_view
from riskmodel.service.pages.sentences import SLIGHT, strength


@pytest.fixture
def words(app: FastAPI) -> Words:
    return app.state.riskmodel.versions.champion().words["en"]  # type: ignore[no-any-return]


@pytest.fixture
def explanations(app: FastAPI, households: list[dict[str, Any]]) -> list[Explanation]:
    return [
        explain(ask_one(app.state.riskmodel, Question((one["household_id"],), None, None, "")))
        for one in households[:30]
    ]


def test_factor_groups_are_each_households_own(explanations: list[Explanation], words: Words) -> None:
    for one, other in itertools.pairwise(explanations):
        view = compare_view(one, other, words)
        sums = [{row["group"]: row["log_odds"] for row in each.score["groups"]} for each in (one, other)]
        by_label = {words.group(code): code for code in sums[0]}
        felt = {code for code in sums[0] if max(abs(sums[0][code]), abs(sums[1][code])) >= SLIGHT} - {HORIZON_GROUP}
        shown = [by_label[row.label] for row in view.groups]
        assert set(shown) == felt
        differences = [abs(sums[0][code] - sums[1][code]) for code in shown]
        assert differences == sorted(differences, reverse=True)
        for row, code in zip(view.groups, shown, strict=True):
            assert [bar.effect for bar in row.bars] == [strength(words.language, each[code]) for each in sums]


def test_bars_share_one_scale_and_stay_inside(explanations: list[Explanation], words: Words) -> None:
    for one, other in itertools.pairwise(explanations):
        bars = [bar for row in compare_view(one, other, words).groups for bar in row.bars]
        if bars:
            assert max(bar.width for bar in bars) == MIDDLE
        for bar in bars:
            assert bar.x >= 0 and bar.x + bar.width <= 2 * MIDDLE
            assert bar.direction != "up" or bar.x == MIDDLE
            assert bar.direction != "down" or bar.x + bar.width == pytest.approx(MIDDLE)


def test_features_that_differ_most_come_first_with_both_values(explanations: list[Explanation], words: Words) -> None:
    for one, other in itertools.pairwise(explanations):
        mine, theirs = ({driver.feature: driver for driver in each.drivers} for each in (one, other))
        order = sorted(mine, key=lambda name: -abs(mine[name].log_odds - theirs[name].log_odds))
        expected = [name for name in order if abs(mine[name].log_odds - theirs[name].log_odds) >= SLIGHT]
        rows = compare_view(one, other, words).features
        assert [row.label for row in rows] == [words.feature(name) for name in expected[:MOST_FEATURES]]
        for row, name in zip(rows, expected, strict=False):
            values = [words.household_value(each[name]) for each in (mine, theirs)]
            assert [cell.value for cell in row.cells] == values


def test_a_household_and_itself_differ_in_nothing(explanations: list[Explanation], words: Words) -> None:
    view = compare_view(explanations[0], explanations[0], words)
    assert view.features == ()
    assert all(row.bars[0] == row.bars[1] for row in view.groups)


def test_an_effect_that_is_hardly_felt_points_nowhere(words: Words) -> None:
    assert bar_of(0.01, 1.0, words).direction == bar_of(-0.01, 1.0, words).direction == ""
    assert bar_of(0.3, 1.0, words).direction == "up" and bar_of(-0.3, 1.0, words).direction == "down"
