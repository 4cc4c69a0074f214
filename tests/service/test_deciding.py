"""A decision, its audit entry and the answer to a repetition stand or fall together, on both databases."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import Connection, func, select

from conftest import NOW
from helpers.population import settle
from helpers.postgres import postgres_server
from helpers.stores import closing_store, fresh_database
from riskmodel.errors import NotFound
from riskmodel.service import deciding, once
from riskmodel.service.access import Principal, Role
from riskmodel.service.deciding import Deciding, decide
from riskmodel.service.digests import sha256_of
from riskmodel.service.errors import Conflict, IdempotencyKeyReused, InProgress
from riskmodel.service.store.audit_log import entries, verified_head
from riskmodel.service.store.decisions import Judgement, Outcome
from riskmodel.service.store.engine import Store
from riskmodel.service.store.households import Subject, find
from riskmodel.service.store.idempotency import Answer
from riskmodel.service.store.migrating import migrate
from riskmodel.service.store.tables import decisions, idempotency

LI = Principal("user", "li", Role.REVIEWER, frozenset(), "c1")
VISIT = Judgement(Outcome.NEEDS_VISIT, "the roof is gone", dt.date(2021, 1, 1), "v1")


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    with postgres_server() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    if request.param == "sqlite":
        with closing_store(f"sqlite:///{tmp_path / 'store.db'}") as store:
            migrate(store)
            settle(store, ["c1a", "c1b"])
            yield store
        return
    with fresh_database(request.getfixturevalue("postgres")) as url, closing_store(url) as store:
        migrate(store)
        settle(store, ["c1a", "c1b"])
        yield store


def go(store: Store, judgement: Judgement = VISIT, key: str | None = None, household_id: str = "h0") -> Answer:
    def found(connection: Connection) -> Subject:
        subject = find(connection, [household_id]).get(household_id)
        if subject is None:
            raise NotFound("no such household")
        return subject

    return decide(store, found, Deciding(LI, household_id, judgement, key, NOW, "7f0c"))


def kept(store: Store) -> tuple[int, int, int]:
    """Return how many decisions, answers and audit entries there are; the chain is whole."""
    with store.reading() as connection:
        counts = [
            connection.execute(select(func.count()).select_from(one)).scalar_one() for one in (decisions, idempotency)
        ]
        return counts[0], counts[1], verified_head(connection).sequence


def test_the_answer_and_the_entry(store: Store) -> None:
    answer = go(store, key="one")
    assert answer.status == 201
    assert json.loads(answer.body) == {
        "decision": 1,
        "household_id": "h0",
        "decided_at": "2021-06-01T12:00:00+00:00",
        "decided_by": "li",
        "role": "reviewer",
        "outcome": "needs_visit",
        "reason": "the roof is gone",
        "as_of": "2021-01-01",
        "version": "v1",
        "corrects": None,
    }
    with store.reading() as connection:
        [entry] = entries(connection)
    act = json.loads(entry.content)
    assert (act["action"], act["subject"], act["actor"], act["request_id"]) == ("decided", "p0", "user:li", "7f0c")
    assert act["detail"] == {
        "decision": 1,
        "outcome": "needs_visit",
        "version": "v1",
        "reason_sha256": sha256_of("the roof is gone"),
    }
    assert "roof" not in entry.content


def test_without_a_key_the_same_is_decided_again(store: Store) -> None:
    assert go(store) != go(store)
    assert kept(store) == (2, 0, 2)


def test_of_many_at_once_under_a_key_one_decides(store: Store) -> None:
    def until_answered(_: int) -> Answer:
        while True:
            with suppress(InProgress):
                return go(store, key="one")

    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(until_answered, range(12)))
    assert len(set(found)) == 1
    assert kept(store) == (1, 1, 1)


def test_of_two_questions_at_once_under_a_key_one_is_refused(store: Store) -> None:
    def ask(reason: str) -> str:
        try:
            return str(go(store, Judgement(Outcome.MONITOR, reason), "one").status)
        except IdempotencyKeyReused as refused:
            return refused.code

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(ask, ["a", "b"])) == ["201", "idempotency_key_reused"]
    assert kept(store) == (1, 1, 1)


@pytest.mark.parametrize("failing", ["audit_log.append", "once.keep", "add_decision"])
def test_a_failure_anywhere_leaves_nothing(store: Store, monkeypatch: pytest.MonkeyPatch, failing: str) -> None:
    def broken(*_: object, **__: object) -> None:
        raise OSError("the disk is full")

    with monkeypatch.context() as patched:
        places = {"audit_log.append": deciding.audit_log, "once.keep": once, "add_decision": deciding}
        patched.setattr(places[failing], failing.rpartition(".")[2], broken)
        with pytest.raises(OSError, match="disk"):
            go(store, key="one")
    assert kept(store) == (0, 0, 0)
    assert go(store, key="one").status == 201


def test_what_corrects_nothing_leaves_nothing(store: Store) -> None:
    go(store, household_id="h1")
    with pytest.raises(Conflict):
        go(store, Judgement(Outcome.MONITOR, "x", corrects=1), "one")
    assert kept(store) == (1, 0, 1)


def test_nobody_there(store: Store) -> None:
    go(store, key="one")
    with pytest.raises(NotFound):
        go(store, key="other", household_id="nobody")
