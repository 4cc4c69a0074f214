"""An area counts the households in it and below it, and no neighbour's; who may not look sees no area at all."""

from __future__ import annotations

import pytest

from helpers.population import settle
from helpers.standings import stand
from riskmodel.service.store.area_summaries import area_summary, choices_below
from riskmodel.service.store.engine import Store

HOMES = ["c1a", "c1a", "c1b", "c10", "c2", "c1"]


@pytest.fixture
def settled(store: Store) -> Store:
    numbers = settle(store, HOMES)
    told = [(0.5, "high"), (0.25, "low"), (0.125, "low"), (0.9, "high"), (0.8, "high")]
    stand(store, numbers[:5], told)
    return store


def test_a_county_a_town_and_a_village(settled: Store) -> None:
    with settled.reading() as connection:
        county, town, village = (area_summary(connection, code) for code in ("c", "c1", "c1b"))
    assert county and town and village
    assert (county.households, county.scored, county.expected_falls) == (6, 5, 2.575)
    assert (town.households, town.scored, town.expected_falls) == (4, 3, 0.875)
    assert town.bands == {"high": 1, "low": 2}
    assert (town.level, town.parent, town.names) == ("town", "c", {"en": "Area c1", "zh": "地c1"})
    assert town.children == (("c1a", {"en": "Area c1a", "zh": "地c1a"}), ("c1b", {"en": "Area c1b", "zh": "地c1b"}))
    assert [code for code, _ in county.children] == ["c1", "c10", "c2"]
    assert (village.children, village.bands) == ((), {"low": 1})


def test_an_area_where_nobody_is_scored(store: Store) -> None:
    settle(store, [])
    with store.reading() as connection:
        found = area_summary(connection, "c")
    assert found and (found.households, found.scored, found.expected_falls, found.bands) == (0, 0, 0.0, {})


@pytest.mark.parametrize("code", ["c", "c10", "c2", "none", "", "c1/", "c1' OR 1=1"])
def test_who_is_limited_to_a_town_sees_no_area_outside_of_it(settled: Store, code: str) -> None:
    with settled.reading() as connection:
        assert area_summary(connection, code, "/c/c1/") is None
        assert area_summary(connection, "c1", "/c/c1/") == area_summary(connection, "c1")


def test_below_an_area_that_nobody_may_see_there_is_nothing_to_choose(settled: Store) -> None:
    with settled.reading() as connection:
        assert [code for code, _ in choices_below(connection, "")] == ["c"]
        assert [code for code, _ in choices_below(connection, "/c/c1/")] == ["c1a", "c1b"]
        assert choices_below(connection, "//") == ()
