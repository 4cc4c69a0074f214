"""How far people are with a list, and how they decided: of the list's households alone, whichever way they are found."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import insert, update

from conftest import NOW
from helpers.population import settle
from helpers.standings import stand
from riskmodel.service.store import area_counts
from riskmodel.service.store.area_counts import ListPart, Place, count_visited, decided_since, list_parts, place_of
from riskmodel.service.store.case_rows import note
from riskmodel.service.store.decisions import Judgement, Outcome, add_decision
from riskmodel.service.store.engine import Store
from riskmodel.service.store.tables import events as table_of_events
from riskmodel.service.store.tables import standings

HOMES = ["c1a", "c1a", "c1b", "c10", "c2"]
LATER, EARLIER = NOW + dt.timedelta(days=1), NOW - dt.timedelta(days=1)
LATE = NOW - dt.timedelta(days=15)


@pytest.fixture
def listed(store: Store) -> tuple[Store, list[int]]:
    """Return a store in which the households' risk falls from one to the next."""
    numbers = settle(store, HOMES)
    stand(store, numbers, [(0.5, "high")] * len(numbers))
    events = [(numbers[0], 5), (numbers[0], 6), (numbers[2], 7), (numbers[4], 8), (numbers[1], 3)]
    with store.writing() as connection:
        for place, number in enumerate(numbers):
            own = {"negative_log_odds": float(place), "leading_group": "health" if place == 2 else "income"}
            connection.execute(update(standings).where(standings.c.household == number).values(own))
        note(store, connection, numbers[0], decided_at=LATER, outcome="monitor", assignee="li")
        # decided about an earlier list, and again something was noticed
        note(store, connection, numbers[1], decided_at=EARLIER, waiting_since=LATE - dt.timedelta(seconds=1))
        note(store, connection, numbers[2], waiting_since=LATE, assignee="li", decided_at=LATER, outcome="needs_visit")
        for home, number in events:
            told = {"kind": "visited", "occurred_on": NOW.date(), "recorded_on": NOW.date(), "source": "x"}
            row = {"event": number, "household": home, "fingerprint": f"{number}"} | told
            connection.execute(insert(table_of_events).values(row))
        note(store, connection, numbers[4], decided_at=LATER, waiting_since=LATE - dt.timedelta(9))
    return store, numbers


@pytest.mark.parametrize("most_by_area", [0, 50_000])
def test_the_list_of_everyone_and_of_a_town(
    listed: tuple[Store, list[int]], most_by_area: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(area_counts, "MOST_BY_AREA", most_by_area)
    with listed[0].reading() as connection:
        place = place_of(connection, "")
        assert place == Place("", 5)
        expected = {
            ListPart("/c/c1/c1a/", "income", 2, 1, 0, 1, 1),
            ListPart("/c/c1/c1b/", "health", 1, 0, 1, 1, 0),
            ListPart("/c/c10/", "income", 1, 0, 0, 0, 0),
        }
        assert set(list_parts(connection, place, 4, NOW, LATE)) == expected
        town = place_of(connection, "/c/c1/")
        assert town.households == 3
        assert set(list_parts(connection, town, 1, NOW, LATE)) == {ListPart("/c/c1/c1a/", "income", 1, 1, 0, 1, 0)}
        assert sum(part.listed for part in list_parts(connection, town, 9, NOW, LATE)) == 3
        assert {part.overdue for part in list_parts(connection, place, 5, NOW, None)} == {0}
        # since a day later, whoever decided before has said nothing of this list
        assert {part.decided for part in list_parts(connection, place, 5, LATER + dt.timedelta(1), None)} == {0}


@pytest.mark.parametrize("most_by_area", [0, 50_000])
def test_visits_are_those_of_the_list_s_households_since_then(
    listed: tuple[Store, list[int]], most_by_area: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(area_counts, "MOST_BY_AREA", most_by_area)
    with listed[0].reading() as connection:
        place, town = place_of(connection, ""), place_of(connection, "/c/c1/")
        # twice at the first household, once at the third; the last one is not on the list, the second was seen before
        assert count_visited(connection, place, 4, ("visited",), 4) == 2
        assert count_visited(connection, place, 5, ("visited",), 4) == 3
        assert count_visited(connection, town, 2, ("visited",), 4) == 1
        assert count_visited(connection, place, 5, ("ill",), 4) == 0


@pytest.mark.parametrize("most_by_area", [0, 50_000])
def test_decisions_are_counted_where_households_live(
    listed: tuple[Store, list[int]], most_by_area: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(area_counts, "MOST_BY_AREA", most_by_area)
    store, homes = listed

    def decide(home: int, outcome: Outcome, departs: bool | None, at: dt.datetime, corrects: int | None = None) -> int:
        judgement = Judgement(outcome, "x", departs=departs, corrects=corrects)
        with store.writing() as connection:
            return add_decision(store, connection, home, judgement, by="li", role="reviewer", at=at).decision

    decide(homes[0], Outcome.MONITOR, False, NOW)
    decide(homes[0], Outcome.MONITOR, False, EARLIER)
    wrong = decide(homes[1], Outcome.MONITOR, False, NOW)
    decide(homes[1], Outcome.NOT_NOW, True, LATER, corrects=wrong)
    decide(homes[3], Outcome.WRONG_DATA, None, NOW)
    with store.reading() as connection:
        whole = decided_since(connection, place_of(connection, ""), NOW)
        town = decided_since(connection, place_of(connection, "/c/c1/"), NOW)
    assert town == {("monitor", False): 1, ("not_now", True): 1}
    assert whole == {**town, ("wrong_data", None): 1}
