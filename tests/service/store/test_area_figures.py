"""What is counted of every area when everyone is scored: sums at each level, kept whole in place of those before."""

from __future__ import annotations

import datetime as dt

import pytest

from conftest import NOW
from helpers.population import settle
from helpers.standings import stand
from riskmodel.service.income_growth import YearGrowth
from riskmodel.service.store.area_falls import Falls
from riskmodel.service.store.area_figures import Risk, count_risk, figures_of, keep_figures
from riskmodel.service.store.engine import Store

AS_OF = dt.date(2021, 1, 1)
TOLD = [(0.5, "high"), (0.25, "low"), (0.125, "low"), (0.5, "high")]


@pytest.fixture
def settled(store: Store) -> Store:
    numbers = settle(store, ["c1a", "c1a", "c1b", "c10", "c2"])
    stand(store, numbers[:4], TOLD)
    return store


def test_the_risk_of_an_area_is_that_of_all_below_it(settled: Store) -> None:
    with settled.reading() as connection:
        whole, town = count_risk(connection), count_risk(connection, "/c/c1/")
    assert whole["c1"] == town["c1"] == Risk(3, 0.875, 0.25 + 0.1875 + 0.109375)
    assert whole["c1a"] == Risk(2, 0.75, 0.4375) and whole["c10"] == Risk(1, 0.5, 0.25)
    assert whole[""] == whole["c"] == Risk(4, 1.375, 0.796875)
    assert set(whole) == {"", "c", "c1", "c1a", "c1b", "c10"} and "c10" not in town


def test_figures_are_kept_in_place_of_those_before(settled: Store) -> None:
    growth = {"c2": (YearGrowth(2019, 31, 0.5, None), YearGrowth(2020, 3, None, None))}
    with settled.writing() as connection:
        keep_figures(connection, dt.date(2020, 1, 1), Falls(3, {"c2": 9, "c": 9, "": 9}), {}, NOW)
        keep_figures(connection, AS_OF, Falls(7, {"c1": 2, "": 2}), growth, NOW)
    with settled.reading() as connection:
        found = figures_of(connection, ["", "c1", "c2", "none"])
    assert set(found) == {"", "c1", "c2"}
    assert (found["c1"].as_of, found["c1"].counted_at, found["c1"].risk.households) == (AS_OF, NOW, 3)
    assert (found["c1"].fallen, found["c1"].last_event, found["c2"].fallen) == (2, 7, 0)
    assert found["c2"].growth == growth["c2"] and found["c2"].risk == Risk()


def test_an_empty_store_is_counted_too(store: Store) -> None:
    with store.writing() as connection:
        keep_figures(connection, AS_OF, Falls(0, {}), {}, NOW)
        assert figures_of(connection, [""])[""].risk == Risk()
