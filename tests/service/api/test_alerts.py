"""``GET /v1/alerts``: what those in charge are told, each alert once, of their own area, and the audit knows who read it."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select
from starlette.testclient import TestClient

from conftest import NOW, TODAY
from helpers.accounts import EVERYTHING, as_client, settings
from helpers.offices import Headers, Office, office
from helpers.reports import cloud_event, sender
from helpers.stores import closing_store
from riskmodel.service.access import Origin, Role, Scope
from riskmodel.service.alerting import Case, Draft
from riskmodel.service.api.alert_schemas import AlertShape, AlertsReply
from riskmodel.service.app import create_app
from riskmodel.service.store.alert_rows import raise_alerts
from riskmodel.service.store.households import subjects_of
from riskmodel.service.store.tables import events, standings
from riskmodel.service.work.running import steps

PATH = "/v1/alerts"


@pytest.fixture
def place(models_dir: Path, tmp_path: Path) -> Iterator[Office]:
    with office(models_dir, f"sqlite:///{tmp_path / 'store.db'}", ("c1a", "c1b", "c2", "c10")) as place:
        yield place


@pytest.fixture
def mon(place: Office) -> Headers:
    return place.client("mon", Scope.CHANGES)


def tell(place: Office, *which: int, origin: Origin = Origin.SELF_REPORT, group: str = "health") -> None:
    """Raise an alert about some households."""
    with place.store.writing() as connection:
        found = subjects_of(connection, [place.numbers[one] for one in which])
        drafts = [Draft(Case(one, [], None, None, None, None), group, {origin}) for one in found.values()]
        rest: dict[str, Any] = {"cooldown": NOW - NOW, "bands": ("high", "watch", "low")}
        raise_alerts(place.store, connection, drafts, {}, as_of=TODAY, now=NOW, **rest)


def read(place: Office, who: Headers, **params: Any) -> tuple[int, list[int]]:
    answer = place.web.get(PATH, params=params, headers=who)
    assert answer.status_code == 200, answer.text
    AlertsReply.model_validate_json(answer.content)
    found = answer.json()
    return found["cursor"], [one["alert"] for one in found["alerts"]]


def test_an_alert_as_it_is_told(place: Office, mon: Headers) -> None:
    said = {"household": place.numbers[0], "kind": "illness", "occurred_on": TODAY, "recorded_on": TODAY}
    with place.store.writing() as connection:
        connection.execute(insert(events).values(**said, fingerprint="f", source="clinic"))
    tell(place, 0)
    [alert] = place.web.get(PATH, headers=mon).json()["alerts"]
    assert alert == {
        "alert": 1,
        "household_id": "h0",
        "area_code": "c1a",
        "raised_at": "2021-06-01T12:00:00+00:00",
        "origin": "self_report",
        "origins": ["self_report"],
        "group": "health",
        "rules": [],
        "events": [],
        "score": None,
        "moved": [],
    }


def test_from_cursor_to_cursor(place: Office, mon: Headers) -> None:
    assert read(place, mon) == (0, [])
    tell(place, 0, 1, 2)
    assert read(place, mon, limit=2) == (2, [1, 2])
    assert read(place, mon, after=2, limit=2) == (3, [3])
    assert read(place, mon, after=3) == (3, [])
    tell(place, 3)
    assert read(place, mon, after=3) == (4, [4])
    assert read(place, mon, after=99) == (99, [])


def test_only_of_the_area(place: Office) -> None:
    town = place.client("town", Scope.CHANGES, area="c1")
    tell(place, 0, 1, 2, 3)
    assert read(place, town) == (2, [1, 2])
    tell(place, 2, group="income")
    assert read(place, town, after=2) == (2, [])
    tell(place, 1, group="income")
    assert read(place, town, after=2) == (6, [6])


def test_only_of_whoever_noticed_first(place: Office, mon: Headers) -> None:
    tell(place, 0)
    tell(place, 1, origin=Origin.MODEL)
    tell(place, 2)
    assert read(place, mon, origin="self_report") == (3, [1, 3])
    assert read(place, mon, origin="model") == (2, [2])
    assert read(place, mon, origin="official_check") == (0, [])


@pytest.mark.parametrize(
    "params",
    [{"after": "-1"}, {"after": "x"}, {"after": str(2**63)}, {"limit": "0"}, {"limit": "1001"}, {"origin": "nobody"}],
)
def test_questions_of_another_kind(place: Office, mon: Headers, params: dict[str, str]) -> None:
    answer = place.web.get(PATH, params=params, headers=mon)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


def test_who_may(place: Office) -> None:
    hooks = place.client("hooks", Scope.WEBHOOKS)
    assert read(place, hooks) == (0, [])
    others = place.client("others", *(one for one in Scope if one not in (Scope.CHANGES, Scope.WEBHOOKS)))
    assert place.web.get(PATH, headers=others).status_code == 403
    for role in Role:
        assert place.web.get(PATH, headers=place.user(role.value, role)).status_code == 403
    assert place.web.get(PATH).status_code == 401


def test_the_audit_names_whoever_was_told_of(place: Office, mon: Headers) -> None:
    tell(place, 0, 2)
    answer = place.web.get(PATH, params={"after": 0}, headers=mon)
    read(place, mon, after=2)
    first, second = place.acts("viewed")
    assert first["request_id"] == answer.headers["x-request-id"]
    assert (first["actor"], first["detail"]) == ("client:mon", {"what": "alerts", "after": 0, "subjects": ["p0", "p2"]})
    assert second["detail"] == {"what": "alerts", "after": 2, "subjects": []}


def test_a_follower_misses_nothing_while_alerts_are_raised(place: Office) -> None:
    town = place.client("town", Scope.CHANGES, area="c1")

    def write(turn: int) -> None:
        for number in range(10):
            tell(place, 0, 2, group=f"{turn}-{number}")

    writers = [threading.Thread(target=write, args=(turn,)) for turn in range(4)]
    for one in writers:
        one.start()
    cursor, found = 0, []
    while True:
        over = not any(one.is_alive() for one in writers)
        cursor, page = read(place, town, after=cursor, limit=3)
        found += page
        if over and not page:
            break
    assert len(found) == 40 and found == sorted(set(found))


def test_from_the_report_to_the_alert(models_dir: Path, store_copy: str) -> None:
    """A village reports an illness; the worker looks at it; the monitoring system is told."""
    given = settings(models=models_dir, programme="tinyland", store=store_copy)
    with closing_store(store_copy) as store:
        sender(store, "village", Origin.SELF_REPORT)
        with store.reading() as connection:
            struck = connection.execute(select(standings.c.household_id).limit(1)).scalar_one()
    with TestClient(create_app(given, now=lambda: NOW)) as web, steps(given, lambda: NOW) as kinds:
        mon = as_client(EVERYTHING)
        batch = [cloud_event("1", struck), cloud_event("2", "nobody")]
        assert web.post("/v1/events", json=batch, headers=as_client("village")).json()["accepted"] == 1
        assert web.get(PATH, headers=mon).json()["alerts"] == []
        assert kinds["events"]()
        [alert] = web.get(PATH, headers=mon).json()["alerts"]
        assert (alert["household_id"], alert["origin"], alert["group"]) == (struck, "self_report", "health")
        assert [one["occurred_on"] for one in alert["events"]] == ["2021-05-03"]
        assert alert["score"]["as_of"] == (TODAY + dt.timedelta(days=1)).isoformat()
        AlertShape.model_validate(alert)
