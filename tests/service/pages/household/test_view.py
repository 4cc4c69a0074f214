"""What the page of one household shows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from fastapi import FastAPI

from riskmodel.language import language
from riskmodel.service.asking import Found, Question, ask_one
from riskmodel.service.explanation import explain
from riskmodel.service.pages.household.bands import band_level
from riskmodel.service.pages.household.glance import MOST_STRONGEST
from riskmodel.service.pages.household.view import MOST_PRINTED, HouseholdView, household_view


def found_one(app: FastAPI, household: dict[str, Any]) -> Found:
    return ask_one(app.state.riskmodel, Question((household["household_id"],), None, None, ""))


@pytest.fixture
def views(app: FastAPI, households: list[dict[str, Any]]) -> list[HouseholdView]:
    found = [found_one(app, one) for one in households[:60]]
    return [household_view(one.serving, explain(one), {}, language("en")) for one in found]


def test_sides_are_apart_and_sorted(views: list[HouseholdView]) -> None:
    for view in views:
        up = [[float(row.log_odds) for row in block.rows] for block in view.up]
        down = [[float(row.log_odds) for row in block.rows] for block in view.down]
        assert all(value > 0 for rows in up for value in rows) and all(value < 0 for rows in down for value in rows)
        assert up == sorted(up, key=lambda rows: -sum(rows)) and down == sorted(down, key=sum)
        assert all(rows == sorted(rows, key=lambda value: -abs(value)) for rows in (*up, *down))


def test_bars_share_one_scale(views: list[HouseholdView]) -> None:
    for view in views:
        rows = [row for block in (*view.up, *view.down) for row in block.rows] + list(view.minor)
        widths = [row.width for row in rows] + [bar.width for bar in (*view.groups, *view.strongest)]
        assert max(widths) == 100
        longest = max(rows, key=lambda row: abs(float(row.log_odds)))
        for row in rows:
            share = abs(float(row.log_odds)) / abs(float(longest.log_odds))
            assert row.width == pytest.approx(longest.width * share, abs=0.11)
        drawn = {(row.label, row.width) for row in rows}
        assert {(bar.label, bar.width) for bar in view.strongest} <= drawn


def test_the_strongest_factors_stand_together_up_first(views: list[HouseholdView]) -> None:
    for view in views:
        rows = [(row.label, float(row.log_odds)) for block in (*view.up, *view.down) for row in block.rows]
        strongest = sorted(rows, key=lambda row: -abs(row[1]))[:MOST_STRONGEST]
        assert [bar.label for bar in view.strongest] == [
            label for label, _ in sorted(strongest, key=lambda row: -row[1])
        ]
        for bar in view.strongest:
            assert (bar.x == 100) is (bar.direction == "up") and bar.value
            assert bar.direction == "up" or bar.x + bar.width == pytest.approx(100)


def test_the_strongest_of_what_raises_the_risk_is_taken_along(views: list[HouseholdView]) -> None:
    for view in views:
        raising = sorted((float(row.log_odds) for block in view.up for row in block.rows), reverse=True)
        printed = [float(row.log_odds) for block in view.up for row in block.rows if row.printed]
        assert sorted(printed, reverse=True) == raising[:MOST_PRINTED]
        assert not any(row.printed for block in view.down for row in block.rows)


def test_the_range_holds_the_risk(views: list[HouseholdView]) -> None:
    assert all(0 <= view.risk_low <= view.risk <= view.risk_high <= 100 for view in views)


def test_gaps_are_told_but_what_never_happened_is_none(app: FastAPI, households: list[dict[str, Any]]) -> None:
    asked = found_one(app, households[0])
    found = explain(asked)
    warnings = [
        {"code": "missing_value", "feature": "persons"},
        {"code": "missing_value", "feature": "months_since_illness"},
        {"code": "unknown_category", "feature": "home_kind"},
    ]
    view = household_view(
        asked.serving, replace(found, score={**found.score, "warnings": warnings}), {}, language("en")
    )
    assert (view.missing, view.unknown) == (("Persons",), ("Kind of home",))


def test_other_horizons(app: FastAPI, households: list[dict[str, Any]]) -> None:
    asked = found_one(app, households[0])
    found = explain(asked)
    horizons = [{"months": 3, "probability": 0.07}, {"months": 12, "probability": 0.2}]
    view = household_view(
        asked.serving, replace(found, score={**found.score, "horizons": horizons}), {}, language("zh")
    )
    assert view.others == ("3个月内：每100户约7户",)


def test_levels_of_bands(app: FastAPI) -> None:
    programme = app.state.riskmodel.versions.champion().scorer.programme
    assert [band_level(programme, band.code) for band in programme.file.bands] == [1, 2, 0]
