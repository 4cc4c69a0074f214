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
from helpers.standings import stand
from helpers.stores import closing_store, fresh_database
from riskmodel.errors import NotFound
from riskmodel.service import deciding, once
from riskmodel.service.access import Principal, Role
from riskmodel.service.deciding import Deciding, ReasonMissing, ScoreChanged, Seen, decide
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


def go(
    store: Store,
    judgement: Judgement = VISIT,
    key: str | None = None,
    household_id: str = "h0",
    seen: Seen | None = None,
) -> Answer:
    def found(connection: Connection) -> Subject:
        subject = find(connection, [household_id]).get(household_id)
        if subject is None:
            raise NotFound("no such household")
        return subject

    asked = Deciding(LI, household_id, judgement, key, NOW, "7f0c", frozenset({"high"}), seen)
    return decide(store, found, asked)


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
        "notes": "",
        "evidence": "",
        "next_on": None,
        "band": None,
        "departs": None,
    }
    with store.reading() as connection:
        [entry] = entries(connection)
    act = json.loads(entry.content)
    assert (act["action"], act["subject"], act["actor"], act["request_id"]) == ("decided", "p0", "user:li", "7f0c")
    assert act["detail"] == {
        "decision": 1,
        "outcome": "needs_visit",
        "version": "v1",
        "band": None,
        "departs": None,
        "next_on": None,
        "reason_sha256": sha256_of("the roof is gone"),
        "notes_sha256": sha256_of(""),
        "evidence_sha256": sha256_of(""),
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


class TestDeparting:
    """The band is the standing score's, whatever is said of it; who departs from it says why."""

    @pytest.fixture
    def numbers(self, store: Store) -> list[int]:
        with store.reading() as connection:
            numbers = [one.household for _, one in sorted(find(connection, ["h0", "h1"]).items())]
        stand(store, numbers, [(0.5, "high"), (0.01, "low")])
        return numbers

    @pytest.mark.parametrize(
        ("household_id", "outcome", "departs"),
        [
            ("h0", Outcome.MONITOR, False),
            ("h0", Outcome.NOT_NOW, True),
            ("h0", Outcome.WRONG_DATA, False),
            ("h1", Outcome.MONITOR, True),
            ("h1", Outcome.NEEDS_VISIT, True),
            ("h1", Outcome.NOT_NOW, False),
            ("h1", Outcome.WRONG_DATA, False),
        ],
    )
    def test_a_reason_is_needed_then_alone(
        self, store: Store, numbers: list[int], household_id: str, outcome: Outcome, departs: bool
    ) -> None:
        if departs:
            with pytest.raises(ReasonMissing):
                go(store, Judgement(outcome, ""), "one", household_id)
            assert kept(store) == (0, 0, 0)
        answer = json.loads(go(store, Judgement(outcome, "x" if departs else ""), "one", household_id).body)
        assert answer["departs"] is departs
        assert answer["band"] == {"h0": "high", "h1": "low"}[household_id]

    def test_another_score_than_the_one_that_counts_says_nothing_of_the_band(
        self, store: Store, numbers: list[int]
    ) -> None:
        for judgement in (
            Judgement(Outcome.MONITOR, "", version="v0"),
            Judgement(Outcome.MONITOR, "", dt.date(2020, 1, 1)),
        ):
            with pytest.raises(ReasonMissing):
                go(store, judgement)
        same = Judgement(Outcome.MONITOR, "", dt.date(2021, 1, 1), "v1")
        assert json.loads(go(store, same).body)["departs"] is False

    def test_what_was_seen_has_to_count_still(self, store: Store, numbers: list[int]) -> None:
        judgement = Judgement(Outcome.MONITOR, "x")
        for seen in (Seen(2), Seen(None)):
            with pytest.raises(ScoreChanged):
                go(store, judgement, "one", seen=seen)
        assert kept(store) == (0, 0, 0)
        found = json.loads(go(store, judgement, "one", seen=Seen(1)).body)
        assert (found["as_of"], found["version"], found["band"]) == ("2021-01-01", "v1", "high")

    def test_nobody_at_risk_and_nobody_thought_so(self, store: Store) -> None:
        found = json.loads(go(store, Judgement(Outcome.MONITOR, "x"), seen=Seen(None)).body)
        assert (found["as_of"], found["band"], found["departs"]) == (None, None, None)
        with pytest.raises(ReasonMissing):
            go(store, Judgement(Outcome.WRONG_DATA, " "), seen=Seen(None))
