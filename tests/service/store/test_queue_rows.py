"""The visit list on both databases: as long as what can be visited, in the order of risk, and what a filter leaves of it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import insert, update

from conftest import NOW
from helpers.population import settle
from helpers.standings import stand
from riskmodel.service.access import Origin
from riskmodel.service.store.case_rows import note
from riskmodel.service.store.engine import SQLITE, Store
from riskmodel.service.store.queue_rows import MOST_FOUND, Filter, Listed, Status, count_listed, listed, search
from riskmodel.service.store.tables import households, standings

HOMES = ("c1a", "c1b", "c2", "c1a", "c10")
"""Of ``h0`` to ``h4``, the highest risk first."""


@pytest.fixture
def numbers(store: Store) -> list[int]:
    numbers = settle(store, HOMES)
    stand(store, numbers, [(0.9 - place / 10, "high" if place < 2 else "low") for place in range(len(HOMES))])
    with store.writing() as connection:
        for place, number in enumerate(numbers):
            own = update(standings).where(standings.c.household == number)
            group = "health" if place % 2 else "work"
            connection.execute(own.values(negative_log_odds=place - 10.0, leading_group=group))
    return numbers


def shown(
    store: Store, visits: int = 10, area: str = "", first: int = 0, count: int = 10, **wanted: Any
) -> list[Listed]:
    with store.reading() as connection:
        found = listed(connection, area, visits, Filter(**wanted), first, count)
        assert count_listed(connection, area, visits, Filter(**wanted)) == len(found) or first or len(found) == count
        return found


def ids(rows: list[Listed]) -> list[str]:
    return [one.household_id for one in rows]


def stands(store: Store, number: int, **values: Any) -> None:
    with store.writing() as connection:
        note(store, connection, number, **values)


def test_it_is_as_long_as_what_can_be_visited(store: Store, numbers: list[int]) -> None:
    assert [(one.rank, one.household_id) for one in shown(store, visits=3)] == [(1, "h0"), (2, "h1"), (3, "h2")]
    assert ids(shown(store, visits=3, first=1, count=1)) == ["h1"]
    assert shown(store, visits=0) == []


def test_it_is_of_one_s_own_area(store: Store, numbers: list[int]) -> None:
    assert [(one.rank, one.household_id) for one in shown(store, area="/c/c1/")] == [(1, "h0"), (2, "h1"), (3, "h3")]
    assert ids(shown(store, area="/c/c1/", visits=2)) == ["h0", "h1"]


def test_a_filter_leaves_ranks_as_they_are_and_lets_no_others_in(store: Store, numbers: list[int]) -> None:
    assert [(one.rank, one.household_id) for one in shown(store, area_path="/c/c1/c1a/")] == [(1, "h0"), (4, "h3")]
    assert ids(shown(store, visits=3, area_path="/c/c1/c1a/")) == ["h0"]
    assert ids(shown(store, band="high")) == ["h0", "h1"]
    assert ids(shown(store, group="health")) == ["h1", "h3"]
    assert ids(shown(store, group="health", band="low")) == ["h3"]


def test_by_who_noticed_and_who_has_it(store: Store, numbers: list[int]) -> None:
    stands(store, numbers[1], waiting_since=NOW, origin="self_report", assignee="li")
    stands(store, numbers[2], assignee="zhao")
    assert ids(shown(store, origin=Origin.SELF_REPORT)) == ["h1"]
    assert ids(shown(store, assignee="li")) == ["h1"]
    assert ids(shown(store, assignee="")) == ["h0", "h3", "h4"]


def test_by_where_they_stand(store: Store, numbers: list[int]) -> None:
    later = NOW + dt.timedelta(days=1)
    stands(store, numbers[0], outcome="monitor", decided_at=NOW)
    stands(store, numbers[1], outcome="not_now", decided_at=NOW, waiting_since=later, origin="model")
    stands(store, numbers[2], waiting_since=NOW, origin="model")
    assert ids(shown(store, status=Status.OPEN)) == ["h1", "h2", "h3", "h4"]
    assert ids(shown(store, status=Status.MONITOR)) == ["h0"]
    assert ids(shown(store, status=Status.NOT_NOW)) == []
    rows = shown(store)
    assert [one.status.value for one in rows] == ["monitor", "open", "open", "open", "open"]
    assert [one.open_since for one in rows] == [None, later, NOW, NOW, NOW]


def test_a_visit_that_is_planned_stands_as_such_while_the_sign_goes_on_waiting(
    store: Store, numbers: list[int]
) -> None:
    later = NOW + dt.timedelta(days=1)
    stands(store, numbers[0], outcome="needs_visit", decided_at=later, waiting_since=NOW, origin="self_report")
    stands(store, numbers[1], outcome="wrong_data", decided_at=NOW, waiting_since=later, origin="self_report")
    assert ids(shown(store, status=Status.NEEDS_VISIT)) == ["h0"]
    assert ids(shown(store, status=Status.WRONG_DATA)) == []
    assert ids(shown(store, status=Status.OPEN)) == ["h1", "h2", "h3", "h4"]
    planned, noticed = shown(store)[:2]
    assert (planned.status, planned.open_since) == (Status.NEEDS_VISIT, NOW)
    assert (noticed.status, noticed.open_since) == (Status.OPEN, later)


class TestSearching:
    def test_by_the_beginning_within_the_area(self, store: Store) -> None:
        settle(store, ["c1a", "c2"])
        with store.reading() as connection:
            assert search(connection, "", "h") == ["h0", "h1"]
            assert search(connection, "/c/c2/", "h") == ["h1"]
            assert search(connection, "", "h1") == ["h1"]
            assert search(connection, "", "x") == []

    def test_no_more_than_anybody_reads(self, store: Store) -> None:
        settle(store, ["c1a"])
        with store.writing() as connection:
            row = {"area_code": "c1a", "facts": {}}
            many = [{**row, "household_id": f"x{place:03}", "pseudonym": f"x{place}"} for place in range(50)]
            connection.execute(insert(households), many)
        with store.reading() as connection:
            assert search(connection, "", "x0") == [f"x{place:03}" for place in range(MOST_FOUND)]

    def test_within_an_area_the_first_ones_come_first_wherever_they_live(self, store: Store) -> None:
        settle(store, [])
        with store.writing() as connection:
            many = [
                {"household_id": f"x{place:03}", "pseudonym": f"x{place}", "facts": {}, "area_code": code}
                for place, code in enumerate(["c2", "c1a", "c1b", "c1", "c10"] * 20)
            ]
            connection.execute(insert(households), many)
        expected = [row["household_id"] for row in many if str(row["area_code"]).rstrip("ab") == "c1"]
        with store.reading() as connection:
            assert search(connection, "/c/c1/", "x0") == expected[:MOST_FOUND]
            assert search(connection, "/c/c10/", "x0") == [f"x{place:03}" for place in range(4, 100, 5)]
            assert search(connection, "/c/", "x0") == search(connection, "", "x0")
            assert search(connection, "//", "x0") == []

    def test_what_other_areas_hold_is_not_read(self, store: Store) -> None:
        settle(store, [])
        if store.backend != SQLITE:
            pytest.skip("SQLite tells how far it read")
        steps = 0

        def count() -> int:
            nonlocal steps
            steps += 1
            return 0

        with store.writing() as connection:
            row = {"facts": {}, "area_code": "c2"}
            many = [{**row, "household_id": f"x{place:05}", "pseudonym": f"x{place}"} for place in range(5000)]
            connection.execute(insert(households), many)
        with store.reading() as connection:
            driver: Any = connection.connection.driver_connection
            driver.set_progress_handler(count, 100)
            assert search(connection, "/c/c1/", "x0") == []
            driver.set_progress_handler(None, 0)
        assert steps < 20, "each household of the other area would take several steps"

    @pytest.mark.parametrize("text", ["%", "_", "h%", "农", "\U0010ffff"])
    def test_nothing_stands_for_anything_else(self, store: Store, text: str) -> None:
        settle(store, ["c1a"])
        with store.reading() as connection:
            assert search(connection, "", text) == []
