"""A decision, its audit entry and the answer to a repetition stand or fall together, on both databases."""

from __future__ import annotations

import datetime as dt
import json
import threading
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import Connection, func, select

from conftest import NOW
from helpers.population import settle
from helpers.standings import stand
from riskmodel.errors import NotFound
from riskmodel.service import deciding, once
from riskmodel.service.access import Origin, Principal, Role
from riskmodel.service.alerting import Case, Draft
from riskmodel.service.deciding import (
    CaseChanged,
    DayMissing,
    Deciding,
    ReasonMissing,
    ScoreChanged,
    Seen,
    decide,
    seen_now,
)
from riskmodel.service.digests import sha256_of
from riskmodel.service.errors import Conflict, IdempotencyKeyReused, InProgress
from riskmodel.service.store import decisions as decision_rows
from riskmodel.service.store.alert_rows import raise_alerts
from riskmodel.service.store.audit_log import entries, verified_head
from riskmodel.service.store.case_rows import cases_of
from riskmodel.service.store.decisions import Judgement, Outcome, decisions_of
from riskmodel.service.store.engine import Store
from riskmodel.service.store.households import Subject, find, subjects_of
from riskmodel.service.store.idempotency import Answer
from riskmodel.service.store.tables import decisions, idempotency

LATER = dt.date(2021, 6, 15)
LI = Principal("user", "li", Role.REVIEWER, frozenset(), "c1")
VISIT = Judgement(Outcome.NEEDS_VISIT, "the roof is gone", dt.date(2021, 1, 1), "v1", next_on=LATER)


@pytest.fixture
def store(store: Store) -> Store:
    settle(store, ["c1a", "c1b"])
    return store


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
        "next_on": "2021-06-15",
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
        "next_on": "2021-06-15",
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


class TestMeanwhile:
    """What came after the case was looked at is not decided about by somebody who never saw it."""

    @pytest.fixture
    def here(self, store: Store) -> int:
        with store.reading() as connection:
            return find(connection, ["h0"])["h0"].household

    def alert(self, store: Store, household: int, origin: Origin = Origin.SELF_REPORT) -> None:
        with store.reading() as connection:
            subject = subjects_of(connection, [household])[household]
        draft = Draft(Case(subject, (), None, None, None, None), "health", {origin})
        with store.writing() as connection:
            rest = {"as_of": NOW.date(), "now": NOW, "cooldown": dt.timedelta(days=90), "bands": ("high", "low")}
            raise_alerts(store, connection, [draft], {}, **rest)

    def seen(self, store: Store, household: int) -> Seen:
        with store.reading() as connection:
            return seen_now(connection, household, None)

    def test_a_sign(self, store: Store, here: int) -> None:
        before = self.seen(store, here)
        assert before == Seen(None, None, None)
        self.alert(store, here)
        with pytest.raises(CaseChanged):
            go(store, VISIT, "one", seen=before)
        assert kept(store) == (0, 0, 0)
        assert self.seen(store, here) == Seen(None, 1, None)
        assert go(store, VISIT, "one", seen=self.seen(store, here)).status == 201

    def test_a_second_report_of_what_waits_already(self, store: Store, here: int) -> None:
        self.alert(store, here)
        before = self.seen(store, here)
        self.alert(store, here)
        with pytest.raises(CaseChanged):
            go(store, seen=before)
        before = self.seen(store, here)
        # what a department's list says once more tells nobody anything
        self.alert(store, here, Origin.DEPARTMENT_SCREENING)
        assert go(store, seen=before).status == 201

    def test_a_decision(self, store: Store, here: int) -> None:
        before = self.seen(store, here)
        go(store, VISIT, "one", seen=before)
        with pytest.raises(CaseChanged):
            go(store, VISIT, "two", seen=before)
        # the first one, sent again, is answered as before
        assert go(store, VISIT, "one", seen=before).status == 201
        assert kept(store) == (1, 1, 1)

    def test_of_some_at_once_the_others_are_told(self, store: Store, here: int) -> None:
        before = self.seen(store, here)

        def ask(key: str) -> str:
            try:
                return str(go(store, Judgement(Outcome.MONITOR, key), key, seen=before).status)
            except CaseChanged:
                return "changed"

        with ThreadPoolExecutor(4) as pool:
            assert sorted(pool.map(ask, "abcd")) == ["201", "changed", "changed", "changed"]

    def test_the_newest_decision_is_where_the_case_stands(
        self, store: Store, here: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The one that is added last is noted last, however long the other one takes."""
        added, go_on, real = threading.Event(), threading.Event(), decision_rows.note

        def slowly(*arguments: Any, **values: Any) -> None:
            if values["outcome"] == "needs_visit":
                added.set()
                go_on.wait(20)
            real(*arguments, **values)

        monkeypatch.setattr(decision_rows, "note", slowly)
        with ThreadPoolExecutor(2) as pool:
            first = pool.submit(go, store, VISIT)
            assert added.wait(20)
            second = pool.submit(go, store, Judgement(Outcome.WRONG_DATA, "x"))
            wait([second], 0.3)
            go_on.set()
            for one in (first, second):
                one.result(20)
        with store.reading() as connection:
            newest = decisions_of(connection, here, 1)[0].judgement.outcome
            assert cases_of(connection, [here])[here].outcome == newest


@pytest.mark.parametrize(
    ("judgement", "error", "words"),
    [
        (Judgement(Outcome.NEEDS_VISIT, "x"), DayMissing, "next_on: a visit needs"),
        (Judgement(Outcome.WRONG_DATA, " "), ReasonMissing, "reason: data are called wrong"),
    ],
)
def test_what_a_visit_and_wrong_data_have_to_say(
    store: Store, judgement: Judgement, error: type[Conflict], words: str
) -> None:
    with store.reading() as connection:
        household = find(connection, ["h0"])["h0"].household
    stand(store, [household], [(0.5, "high")])
    with pytest.raises(error, match=words):
        go(store, judgement, "one")
    assert kept(store) == (0, 0, 0)


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
            ("h1", Outcome.MONITOR, True),
            ("h1", Outcome.NEEDS_VISIT, True),
            ("h1", Outcome.NOT_NOW, False),
        ],
    )
    def test_a_reason_is_needed_then_alone(
        self, store: Store, numbers: list[int], household_id: str, outcome: Outcome, departs: bool
    ) -> None:
        if departs:
            with pytest.raises(ReasonMissing):
                go(store, Judgement(outcome, "", next_on=LATER), "one", household_id)
            assert kept(store) == (0, 0, 0)
        judgement = Judgement(outcome, "x" if departs else "", next_on=LATER)
        answer = json.loads(go(store, judgement, "one", household_id).body)
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
        with pytest.raises(ReasonMissing):
            go(store, Judgement(Outcome.MONITOR, " "), seen=Seen(None))
        found = json.loads(go(store, Judgement(Outcome.MONITOR, "x"), seen=Seen(None)).body)
        assert (found["as_of"], found["band"], found["departs"]) == (None, None, None)
