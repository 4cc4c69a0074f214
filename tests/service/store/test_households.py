"""Households are found by id within an area only, and areas by name."""

from __future__ import annotations

import pytest

from helpers.population import AREAS, settle
from riskmodel.service.store.engine import Store
from riskmodel.service.store.households import area_rows, find, path_of

HOMES = ["c1a", "c1b", "c10", "c2"]


@pytest.mark.parametrize(
    ("area_path", "expected"),
    [
        ("", {0, 1, 2, 3}),
        ("/c/", {0, 1, 2, 3}),
        ("/c/c1/", {0, 1}),
        ("/c/c1/c1a/", {0}),
        ("/c/c10/", {2}),
        ("//", set()),
    ],
)
def test_an_area_holds_those_below_it_and_no_neighbour(store: Store, area_path: str, expected: set[int]) -> None:
    settle(store, HOMES)
    ids = [f"h{place}" for place in range(4)]
    with store.reading() as connection:
        assert {f"h{place}" for place in expected} == set(find(connection, ids, area_path))


def test_a_subject_is_whole(store: Store) -> None:
    numbers = settle(store, HOMES)
    with store.reading() as connection:
        found = find(connection, ["h1", "nobody", "h1"])
        assert list(found) == ["h1"]
        subject = found["h1"]
        assert (subject.household, subject.pseudonym) == (numbers[1], "p1")
        assert (subject.area_code, subject.area_path) == ("c1b", AREAS["c1b"])


def test_more_ids_than_one_statement_takes(store: Store) -> None:
    settle(store, HOMES)
    with store.reading() as connection:
        assert set(find(connection, [*(f"x{place}" for place in range(25_000)), "h3"])) == {"h3"}


@pytest.mark.parametrize("text", ["h0\0", "\ud800", "\0"])
def test_what_no_database_takes_is_nowhere(store: Store, text: str) -> None:
    settle(store, HOMES)
    with store.reading() as connection:
        assert find(connection, [text]) == {} and path_of(connection, text) is None


def test_areas_come_with_the_one_above(store: Store) -> None:
    settle(store, HOMES)
    with store.reading() as connection:
        assert path_of(connection, "c1") == "/c/c1/" and path_of(connection, "c' OR 1=1") is None
        found = area_rows(connection, ["c1a", "", "nowhere"])
    assert set(found) == {"c1a", "c1"}
    assert found["c1a"].parent == "c1" and found["c1"].names["zh"] == "地c1"
