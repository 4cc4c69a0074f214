"""What has had its time goes and nothing else does; a dry run tells exactly what would."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import Connection, delete, func, insert, select

from conftest import NOW
from helpers.population import settle
from helpers.standings import stand
from riskmodel.service.access import Role
from riskmodel.service.store.accounts import User, add_user
from riskmodel.service.store.decisions import Judgement, Outcome, add_decision
from riskmodel.service.store.engine import Store
from riskmodel.service.store.retention import Retention, expire, months_before, overdue
from riskmodel.service.store.tables import (
    alerts,
    decisions,
    deliveries,
    events,
    households,
    idempotency,
    persons,
    scores,
    sessions,
    snapshot_schemas,
    snapshots,
    standings,
    webhooks,
)

# today is 2021-06-01: a year before it is 2020-06-01
KEEP_ALL = Retention(0, 0)
YEAR = Retention(12, 12)
LAST, FIRST = dt.date(2020, 5, 31), dt.date(2020, 6, 1)
"""The last day that goes after a year, and the first that stays."""


def go(store: Store, retention: Retention) -> dict[str, int]:
    """Expire, after checking that a dry run told the same and changed nothing."""
    with store.reading() as connection:
        told = overdue(connection, retention, NOW)
        assert overdue(connection, retention, NOW) == told
    with store.writing() as connection:
        gone = expire(store, connection, retention, NOW)
    assert gone == told
    with store.reading() as connection:
        assert set(overdue(connection, retention, NOW).values()) == {0}
    return gone


def people(connection: Connection, household: int) -> None:
    connection.execute(insert(persons).values(household=household, member_id="1", content={}))


def event(connection: Connection, household: int, recorded_on: dt.date) -> None:
    dated = {"kind": "illness", "occurred_on": dt.date(2000, 1, 1), "recorded_on": recorded_on, "source": "s"}
    connection.execute(insert(events).values({**dated, "household": household, "fingerprint": f"{recorded_on}"}))


def decision(store: Store, connection: Connection, household: int, day: dt.date) -> None:
    at = dt.datetime.combine(day, dt.time(), dt.UTC)
    add_decision(store, connection, household, Judgement(Outcome.MONITOR, "x"), by="li", role="reviewer", at=at)


def test_a_new_store_has_nothing_overdue(store: Store) -> None:
    assert go(store, YEAR) == {"sessions": 0, "idempotency": 0, "deliveries": 0, "snapshots": 0, "persons": 0}
    assert go(store, KEEP_ALL) == {"sessions": 0, "idempotency": 0, "deliveries": 0}


def test_sessions(store: Store) -> None:
    month = dt.timedelta(days=30)
    told = {
        "running": (NOW + dt.timedelta(hours=1), None),
        "expired just now": (NOW - month, None),
        "expired": (NOW - month - dt.timedelta(seconds=1), None),
        "ended just now": (NOW + dt.timedelta(hours=1), NOW - month),
        "ended": (NOW + dt.timedelta(hours=1), NOW - month - dt.timedelta(seconds=1)),
    }
    with store.writing() as connection:
        add_user(connection, User("li", "x", Role.VIEWER, "", NOW, None))
        for name, (expires_at, ended_at) in told.items():
            dates = {"created_at": NOW, "expires_at": expires_at, "ended_at": ended_at}
            connection.execute(insert(sessions).values({"token_hash": name, "user": "li", **dates}))
    assert go(store, KEEP_ALL)["sessions"] == 2
    with store.reading() as connection:
        left = set(connection.execute(select(sessions.c.token_hash)).scalars())
    assert left == {"running", "expired just now", "ended just now"}


def test_answers(store: Store) -> None:
    [household] = settle(store, ["c1a"])
    with store.writing() as connection:
        for seconds in (0, 1):
            at = NOW - dt.timedelta(hours=48, seconds=seconds)
            row = {"actor": "user:li", "key": f"k{seconds}", "question": "q", "status": 201, "answer": "{}"}
            connection.execute(insert(idempotency).values({**row, "household": household, "answered_at": at}))
    assert go(store, KEEP_ALL)["idempotency"] == 1
    with store.reading() as connection:
        assert connection.execute(select(idempotency.c.key)).scalars().all() == ["k0"]


def test_deliveries_that_were_taken_go_and_those_that_nobody_took_stay(store: Store) -> None:
    [household] = settle(store, ["c1a"])
    month = dt.timedelta(days=30)
    told = {1: NOW - month, 2: NOW - month - dt.timedelta(seconds=1), 3: None}
    with store.writing() as connection:
        to = {"owner": "client:c", "url": "https://x.example", "secret": "s", "area_code": "", "last_alert": 3}
        connection.execute(insert(webhooks).values({**to, "webhook": 1, "created_at": NOW}))
        for number, at in told.items():
            said = {"origin": "model", "origins": [], "rules": [], "events": [], "as_of": FIRST, "moved": []}
            raised = {"alert": number, "household": household, "group": "g", "raised_at": NOW}
            connection.execute(insert(alerts).values({**said, **raised}))
            sent = {"webhook": 1, "alert": number, "message": f"m{number}", "attempts": 1, "next_at": NOW - 2 * month}
            state = "dead" if at is None else "delivered"
            connection.execute(insert(deliveries).values({**sent, "state": state, "delivered_at": at}))
    assert go(store, KEEP_ALL)["deliveries"] == 1
    with store.reading() as connection:
        assert sorted(connection.execute(select(deliveries.c.alert)).scalars()) == [1, 3]


def test_snapshots_go_and_scores_stay(store: Store) -> None:
    [household] = settle(store, ["c1a"])
    stand(store, [household], [(0.5, "low")], dt.date(2000, 1, 1))
    with store.writing() as connection:
        connection.execute(insert(snapshot_schemas).values(schema="s", content={}))
        for as_of in (LAST, FIRST):
            made = {"as_of": as_of, "schema": "s", "digest": "d", "features": b"", "made_at": NOW}
            connection.execute(insert(snapshots).values({"household": household, **made}))
    assert "snapshots" not in go(store, Retention(12, 0))
    assert go(store, YEAR)["snapshots"] == 1
    with store.reading() as connection:
        assert connection.execute(select(snapshots.c.as_of)).scalars().all() == [FIRST]
        for table in (scores, standings):
            assert connection.execute(select(func.count()).select_from(table)).scalar_one() == 1


class TestPersons:
    @pytest.fixture
    def household(self, store: Store) -> int:
        [household] = settle(store, ["c1a"])
        with store.writing() as connection:
            people(connection, household)
        return household

    @pytest.mark.parametrize("what", ["score", "decision", "event"])
    @pytest.mark.parametrize(("day", "gone"), [(LAST, 1), (FIRST, 0)])
    def test_a_year_after_the_last_that_was_heard(
        self, store: Store, household: int, what: str, day: dt.date, gone: int
    ) -> None:
        with store.writing() as connection:
            if what == "decision":
                decision(store, connection, household, day)
            elif what == "event":
                event(connection, household, day)
        if what == "score":
            stand(store, [household], [(0.5, "low")], day)
        assert go(store, YEAR)["persons"] == gone

    def test_the_latest_of_all_counts(self, store: Store, household: int) -> None:
        stand(store, [household], [(0.5, "low")], LAST)
        with store.writing() as connection:
            event(connection, household, LAST)
            decision(store, connection, household, FIRST)
        assert go(store, YEAR)["persons"] == 0
        with store.writing() as connection:
            connection.execute(delete(decisions))
        assert go(store, YEAR)["persons"] == 1

    def test_who_left_the_queue_goes_as_well(self, store: Store, household: int) -> None:
        stand(store, [household], [(0.5, "low")], LAST)
        with store.writing() as connection:
            connection.execute(delete(standings))
        assert go(store, YEAR)["persons"] == 1

    def test_of_whom_nothing_was_heard_yet_they_stay(self, store: Store, household: int) -> None:
        assert go(store, YEAR)["persons"] == 0

    def test_what_was_heard_of_others_does_not_count(self, store: Store, household: int) -> None:
        with store.writing() as connection:
            home = connection.execute(select(households.c.area_code)).scalar_one()
            row = {"household_id": "other", "pseudonym": "other", "area_code": home, "facts": {}}
            other = connection.execute(insert(households).values(row)).inserted_primary_key[0]
            event(connection, household, LAST)
            event(connection, other, FIRST)
            people(connection, other)
        assert go(store, YEAR)["persons"] == 1
        with store.reading() as connection:
            assert connection.execute(select(persons.c.household)).scalars().all() == [other]

    def test_without_the_setting_they_stay(self, store: Store, household: int) -> None:
        with store.writing() as connection:
            event(connection, household, LAST)
        assert "persons" not in go(store, Retention(0, 12))


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (dt.date(2021, 6, 1), 0, dt.date(2021, 6, 1)),
        (dt.date(2021, 6, 1), 6, dt.date(2020, 12, 1)),
        (dt.date(2021, 3, 31), 1, dt.date(2021, 2, 28)),
        (dt.date(2021, 1, 1), 1, dt.date(2020, 12, 1)),
        (dt.date(2021, 1, 1), 100_000, dt.date.min),
    ],
)
def test_months_before(day: dt.date, months: int, expected: dt.date) -> None:
    assert months_before(day, months) == expected
