"""Ranges are judged cell by cell against what happened there; cells with too few rows are left out and counted."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy.special import expit

from riskmodel.evaluation.coverage import Cell, coverage, rate_coverage


def test_true_ranges_cover_and_wrong_ones_do_not() -> None:
    rng = np.random.default_rng(0)
    log_odds = rng.normal(-1, 1, 20_000)
    fell = (rng.random(20_000) < expit(log_odds)).astype(float)
    period = np.arange(20_000) % 2
    weight = np.ones(20_000)
    honest = coverage(expit(log_odds), expit(log_odds - 0.4), expit(log_odds + 0.4), fell, weight, period)
    assert len(honest.cells) == 20
    assert honest.share == 1.0
    off = coverage(expit(log_odds), expit(log_odds + 0.4), expit(log_odds + 1.2), fell, weight, period)
    assert off.share == 0.0


def test_a_cell_is_a_tenth_of_its_own_period_with_weighted_rates_and_ends() -> None:
    probability = np.concatenate([np.arange(500) / 1000, np.arange(500) / 1000 + 0.5])
    fell = np.tile([1.0, 0.0], 500)
    weight = np.tile([3.0, 1.0], 500)
    low = np.tile([0.0, 0.4], 500)
    period = np.repeat(["2018", "2019"], 500)
    found = coverage(probability, low, np.full(1000, 0.8), fell, weight, period)
    assert [(cell.period, cell.part) for cell in found.cells[:2]] == [("2018", "1"), ("2018", "2")]
    assert {cell.n for cell in found.cells} == {50}
    assert len(found.cells) == 20
    first = found.cells[0]
    assert (first.events, first.observed, first.low, first.high) == (25, 0.75, pytest.approx(0.1), pytest.approx(0.8))


def test_the_first_tenth_is_the_riskiest() -> None:
    probability = np.arange(500) / 500
    fell = (probability >= 0.9).astype(float)
    found = coverage(probability, probability, probability, fell, np.ones(500), np.zeros(500))
    assert [cell.events for cell in found.cells] == [50, *[0] * 9]


@pytest.mark.parametrize(("observed", "inside"), [(0.19, False), (0.2, True), (0.3, True), (0.31, False)])
def test_ends_belong_to_the_range(observed: float, inside: bool) -> None:
    assert Cell("2018", "a", 100, 5, observed, 0.2, 0.3, 0.0).inside is inside


def test_areas_are_judged_against_their_stated_ranges_and_small_ones_left_out() -> None:
    period = np.repeat(["2018", "2018", "2019"], [60, 40, 100])
    area = np.repeat(["east", "west", "east"], [60, 40, 100])
    fell = np.zeros(200)
    fell[:30] = 1
    weight = np.ones(200)
    weight[30:60] = 3.0
    ranges = {("2018", "east"): (0.2, 0.3), ("2018", "west"): (0.0, 1.0), ("2019", "east"): (0.1, 0.2)}
    found = rate_coverage(fell, weight, period, area, ranges)
    assert [(cell.period, cell.part, cell.observed, cell.inside) for cell in found.cells] == [
        ("2018", "east", 0.25, True),
        ("2019", "east", 0.0, False),
    ]
    assert (found.share, found.left_out) == (0.5, 1)


def test_no_cell_at_all_is_null_in_json() -> None:
    found = rate_coverage(np.zeros(5), np.ones(5), np.zeros(5), np.zeros(5), {("0.0", "0.0"): (0.0, 1.0)})
    assert json.loads(json.dumps(found.to_json(), allow_nan=False)) == {
        "share": None,
        "share_with_chance": None,
        "n_cells": 0,
        "left_out": 1,
        "cells": [],
    }


def test_json_holds_every_cell_and_whether_it_was_inside() -> None:
    rng = np.random.default_rng(0)
    probability = rng.random(600)
    found = coverage(probability, probability, probability, np.zeros(600), np.ones(600), np.zeros(600, int)).to_json()
    assert found["n_cells"] == len(found["cells"]) == 10
    names = {"period", "part", "n", "events", "observed", "low", "high", "chance", "inside", "inside_with_chance"}
    assert set(found["cells"][0]) == names
    json.dumps(found, allow_nan=False)


def test_honest_ranges_cover_80_percent_once_chance_is_allowed_for_and_fewer_without() -> None:
    """Rare outcomes: the rate of each period is moved by a spread that the ranges know; chance adds as much again."""
    rng = np.random.default_rng(0)
    periods, n, spread = 60, 600, 0.3
    log_odds = rng.normal(-3.5, 0.8, periods * n)
    period = np.repeat(np.arange(periods), n)
    fell = (rng.random(periods * n) < expit(log_odds + rng.normal(0, spread, periods)[period])).astype(float)
    half = 1.2815515655446004 * spread
    found = coverage(expit(log_odds), expit(log_odds - half), expit(log_odds + half), fell, np.ones(len(fell)), period)
    assert 0.74 < found.share_with_chance < 0.88
    assert found.share < 0.6


def test_chance_is_that_of_weighted_rows() -> None:
    weight = np.concatenate([np.full(50, 2.0), np.full(50, 1.0)])
    ranges = {("0", "0"): (0.2, 0.4)}
    (cell,) = rate_coverage(np.zeros(100), weight, np.zeros(100, int), np.zeros(100, int), ranges).cells
    assert cell.chance == pytest.approx(np.sqrt(0.3 * 0.7 * (50 * 4 + 50)) / 150)
