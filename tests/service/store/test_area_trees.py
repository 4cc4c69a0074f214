"""An area is shown with those around it, and never with what somebody may not look at."""

from __future__ import annotations

import pytest
from sqlalchemy import insert

from helpers.population import settle
from riskmodel.service.store import area_trees
from riskmodel.service.store.area_trees import WHOLE, area_tree
from riskmodel.service.store.engine import Store
from riskmodel.service.store.tables import areas


def test_around_a_town(store: Store) -> None:
    settle(store, [])
    with store.reading() as connection:
        tree = area_tree(connection, "c1", "")
        county = area_tree(connection, None, "")
        own = area_tree(connection, None, "/c/c1/")
        below = area_tree(connection, "c1a", "/c/c1/")
    assert tree and county and own and below
    assert (tree.own.code, tree.own.path, tree.own.names["zh"]) == ("c1", "/c/c1/", "地c1")
    assert [one.code for one in tree.above] == ["c"] and [one.code for one in tree.below] == ["c1a", "c1b"]
    assert county.own.code == "c" and county.above == () and [one.code for one in county.below] == ["c1", "c10", "c2"]
    assert own.own.code == "c1" and own.above == (), "what lies above is not theirs"
    assert [one.code for one in below.above] == ["c1"]
    assert [one.code for one in county.deeper] == ["c1a", "c1b"] and tree.deeper == ()


def test_of_very_many_two_levels_below_none_are_offered(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    settle(store, [])
    for most, offered in ((2, 2), (1, 0)):
        monkeypatch.setattr(area_trees, "MOST_DEEPER", most)
        with store.reading() as connection:
            tree = area_tree(connection, "c", "")
        assert tree is not None and len(tree.deeper) == offered


@pytest.mark.parametrize("code", ["c", "c10", "c2", "none", "", "c1/", "c1' OR 1=1"])
def test_another_area_is_as_if_it_did_not_exist(store: Store, code: str) -> None:
    settle(store, [])
    with store.reading() as connection:
        assert area_tree(connection, code, "/c/c1/") is None


def test_several_widest_areas(store: Store) -> None:
    settle(store, [])
    row = {"area_code": "d", "parent": "", "level": "county", "path": "/d/", "names": {}}
    with store.writing() as connection:
        connection.execute(insert(areas).values(row))
        tree = area_tree(connection, None, "")
        assert tree and tree.own == WHOLE and [one.code for one in tree.below] == ["c", "d"]
        assert area_tree(connection, None, "//") is None, "an area that the store does not know holds nothing"
