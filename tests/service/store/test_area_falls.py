"""A household that fell counts once, where it lives, if it was at risk and the event lies within the window."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from sqlalchemy import insert

from conftest import DATA
from helpers.population import settle
from helpers.standings import stand
from riskmodel.programme.loading import load_programme
from riskmodel.service.store.area_falls import Fall, count_falls, fall_of, last_event_number
from riskmodel.service.store.engine import Store
from riskmodel.service.store.tables import events

AS_OF = dt.date(2021, 1, 1)
QUESTION = Fall(("identified", "listed"), AS_OF, dt.date(2022, 1, 1))
HOMES = ["c1a", "c1a", "c1b", "c10", "c2"]


@pytest.fixture
def settled(store: Store) -> tuple[Store, list[int]]:
    numbers = settle(store, HOMES)
    stand(store, numbers[:4], [(0.5, "high")] * 4)
    return store, numbers


def happen(store: Store, *rows: tuple[int, str, dt.date]) -> None:
    with store.writing() as connection:
        first = last_event_number(connection)
        for place, (household, kind, day) in enumerate(rows, first):
            values = {"household": household, "kind": kind, "occurred_on": day, "recorded_on": day}
            connection.execute(insert(events).values(**values, fingerprint=f"f{place}", source="test"))


def test_who_counts(settled: tuple[Store, list[int]]) -> None:
    store, homes = settled
    day = dt.timedelta(1)
    happen(
        store,
        (homes[0], "identified", AS_OF),
        (homes[0], "listed", AS_OF + day),
        (homes[1], "illness", AS_OF + day),
        (homes[2], "identified", AS_OF - day),
        (homes[2], "identified", QUESTION.before),
        (homes[3], "listed", QUESTION.before - day),
        # was not at risk
        (homes[4], "identified", AS_OF + day),
    )
    with store.reading() as connection:
        last = last_event_number(connection)
        assert count_falls(connection, QUESTION, 0, last) == {"": 2, "c": 2, "c1": 1, "c1a": 1, "c10": 1}
        assert count_falls(connection, QUESTION, 0, last, "/c/c1/") == {"": 1, "c": 1, "c1": 1, "c1a": 1}
        assert count_falls(connection, replace(QUESTION, as_of=AS_OF + day), 0, last) == {}


def test_what_comes_later_is_added_once(settled: tuple[Store, list[int]]) -> None:
    store, homes = settled
    happen(store, (homes[0], "identified", AS_OF))
    with store.reading() as connection:
        seen = last_event_number(connection)
    happen(store, (homes[0], "identified", AS_OF + dt.timedelta(9)), (homes[1], "identified", AS_OF))
    with store.reading() as connection:
        last = last_event_number(connection)
        early, late = count_falls(connection, QUESTION, 0, seen), count_falls(connection, QUESTION, seen, last)
        assert (early["c1a"], late["c1a"], count_falls(connection, QUESTION, 0, last)["c1a"]) == (1, 1, 2)


def test_a_store_without_events(settled: tuple[Store, list[int]]) -> None:
    with settled[0].reading() as connection:
        assert last_event_number(connection) == 0
        assert count_falls(connection, QUESTION, 0, 0) == {}


def test_which_programmes_are_told_by_events() -> None:
    county = load_programme(DATA.parents[1] / "configs" / "china-county.yaml")
    assert fall_of(county, AS_OF) == Fall(("identified",), AS_OF, dt.date(2022, 1, 1))
    assert fall_of(load_programme(DATA / "tiny" / "tiny.yaml"), AS_OF) is None
    outcome = county.file.outcome.model_copy(update={"predict": "objective"})
    assert fall_of(replace(county, file=county.file.model_copy(update={"outcome": outcome})), AS_OF) is None
