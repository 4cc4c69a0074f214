"""An alert says what happened, the score before and after, and the reasons that moved, in the programme's words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from helpers.population import settle
from helpers.reports import AT, OCCURRED
from helpers.standings import stand
from helpers.stores import closing_store
from riskmodel.scoring.scorer import Scorer
from riskmodel.service.alert_documents import alert_documents, documents_by_number
from riskmodel.service.api.alert_schemas import AlertShape
from riskmodel.service.serving import Serving, serving_of
from riskmodel.service.store.alert_rows import alerts_after
from riskmodel.service.store.engine import Store
from riskmodel.service.store.migrating import migrate
from riskmodel.service.store.tables import alerts, events

ROW = {
    "alert": 3,
    "raised_at": AT,
    "origin": "department_screening",
    "origins": ["department_screening", "model"],
    "group": "health",
    "rules": ["ill", "a rule of another year"],
    "as_of": dt.date(2021, 6, 2),
    "score": 1,
    "probability": 0.25,
    "band": "watch",
    "previous_probability": 0.125,
    "previous_band": "low",
    "moved": [["illness_count_12m", -0.5, 0.75, 0.0, 1.0], ["a feature of another model", 0.0, 0.5, None, None]],
}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing_store(f"sqlite:///{tmp_path / 'store.db'}") as store:
        migrate(store)
        yield store


@pytest.fixture(scope="module")
def serving(scorer: Scorer) -> Serving:
    return serving_of(scorer)


def put(store: Store, **changes: Any) -> int:
    """Put an alert about one event into a store, with what it names; return the event's number."""
    [household] = settle(store, ["c1a"])
    stand(store, [household], [(0.25, "watch")])
    event = {
        "household": household, "kind": "illness", "occurred_on": OCCURRED, "recorded_on": AT.date(), "amount": 20.0,
        "fingerprint": "f", "source": "clinic", "origin": "department_screening",
    }  # fmt: skip
    with store.writing() as connection:
        number: int = connection.execute(insert(events).values(**event)).inserted_primary_key[0]
        connection.execute(insert(alerts).values(**{**ROW, "household": household, "events": [number], **changes}))
    return number


def documents(store: Store, serving: Serving) -> list[dict[str, Any]]:
    with store.reading() as connection:
        return alert_documents(connection, serving, alerts_after(connection, "", 0, 10))


def test_the_whole_of_it(store: Store, serving: Serving) -> None:
    put(store)
    [found] = documents(store, serving)
    AlertShape.model_validate(found)
    assert found == {
        "alert": 3,
        "household_id": "h0",
        "area_code": "c1a",
        "raised_at": "2021-06-01T12:00:00+00:00",
        "origin": "department_screening",
        "origins": ["department_screening", "model"],
        "group": "health",
        "rules": [
            {"rule": "ill", "department": "", "label": {"en": "Recent illness", "zh": "近期患病"}},
            # it goes by its code, since nobody knows its words any more
            {"rule": "a rule of another year", "department": "", "label": {}},
        ],
        "events": [
            {
                "kind": "illness",
                "occurred_on": "2021-05-03",
                "recorded_on": "2021-06-01",
                "amount": 20.0,
                "origin": "department_screening",
                "source": "clinic",
            }
        ],
        "score": {
            "score": 1,
            "as_of": "2021-06-02",
            "probability": 0.25,
            "band": "watch",
            "previous_probability": 0.125,
            "previous_band": "low",
            "model": {"version": "v1", "digest": "d"},
        },
        "moved": [
            {
                "feature": "illness_count_12m",
                "group": "health",
                "log_odds_before": -0.5,
                "log_odds": 0.75,
                "value_before": 0.0,
                "value": 1.0,
                "label": {"en": "Serious illnesses in 12 months", "zh": "12个月内重病次数"},
            },
            {
                "feature": "a feature of another model",
                "group": "",
                "log_odds_before": 0.0,
                "log_odds": 0.5,
                "value_before": None,
                "value": None,
                "label": {},
            },
        ],
    }


def test_of_a_household_that_was_not_at_risk(store: Store, serving: Serving) -> None:
    put(store, score=None, probability=None, band=None, previous_probability=None, previous_band=None, moved=[])
    [found] = documents(store, serving)
    AlertShape.model_validate(found)
    assert (found["score"], found["moved"]) == (None, [])


def test_an_event_that_is_gone_is_left_out(store: Store, serving: Serving) -> None:
    number = put(store)
    with store.writing() as connection:
        connection.execute(events.delete().where(events.c.event == number))
    assert documents(store, serving)[0]["events"] == []


def test_by_number_they_are_the_same(store: Store, serving: Serving) -> None:
    put(store)
    with store.reading() as connection:
        assert documents_by_number(connection, serving, [3, 4]) == {3: documents(store, serving)[0]}
        assert documents_by_number(connection, serving, []) == {}
