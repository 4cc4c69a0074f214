"""An act on a case, where the case stands, its audit entry and the answer stand or fall together, on both databases."""

from __future__ import annotations

import datetime as dt
import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from sqlalchemy import Connection, select

from conftest import NOW
from helpers.acts import acts_of
from helpers.population import settle
from riskmodel.service import case_acts
from riskmodel.service.access import Principal, Role
from riskmodel.service.case_acts import ACTIONS, Acting, record, without_words
from riskmodel.service.cases.entries import EntryKind, NewEntry, StepRefused
from riskmodel.service.cases.helping import check_step
from riskmodel.service.digests import sha256_of
from riskmodel.service.errors import InProgress
from riskmodel.service.store.case_entries import entries_of
from riskmodel.service.store.case_reading import CaseFile
from riskmodel.service.store.decisions import Judgement, Outcome, add_decision
from riskmodel.service.store.engine import Store
from riskmodel.service.store.households import find
from riskmodel.service.store.idempotency import Answer
from riskmodel.service.store.tables import cases

LI = Principal("user", "li", Role.REVIEWER, frozenset(), "c1")
PROPOSED = NewEntry(EntryKind.HELP_PROPOSED, {"measure": "cash", "group": "income", "on": "2021-05-01", "note": "poor"})
APPEAL = NewEntry(
    EntryKind.APPEAL_RECEIVED,
    {"kind": "correction", "text": "no", "received_on": "2021-06-01", "decision": None, "answer_by": "2021-06-16"},
)


@pytest.fixture
def store(store: Store) -> Store:
    settle(store, ["c1a"])
    return store


def go(store: Store, new: NewEntry, key: str | None = None) -> Answer:
    def check(_: Connection, file: CaseFile) -> NewEntry:
        if new.about is not None:
            check_step(file.entries, new.about, new.kind, dt.date(2021, 6, 1))
        return new

    asked = Acting(LI, "h0", {"kind": new.kind.value}, key, NOW, "7f0c")
    return record(store, "/x", lambda connection: find(connection, ["h0"])["h0"], asked, check)


def kinds(store: Store) -> list[str]:
    with store.reading() as connection:
        subject = find(connection, ["h0"])["h0"]
        return [one.kind for one in entries_of(connection, subject.household)]


def test_the_entry_where_the_case_stands_and_the_audit(store: Store) -> None:
    answer = go(store, APPEAL)
    assert (answer.status, json.loads(answer.body)) == (303, {"entry": 1})
    with store.reading() as connection:
        assert connection.execute(select(cases.c.answer_by)).scalar_one() == dt.date(2021, 6, 16)
    [act] = acts_of(store)
    assert (act["action"], act["actor"], act["subject"], act["request_id"]) == (
        "appeal_recorded",
        "user:li",
        "p0",
        "7f0c",
    )
    assert act["detail"]["text_sha256"] == sha256_of("no") and act["detail"]["asks_for"] == "correction"


def test_the_end_of_monitoring_is_where_the_case_stands(store: Store) -> None:
    with store.writing() as connection:
        household = find(connection, ["h0"])["h0"].household
        judgement = Judgement(Outcome.MONITOR, "x", next_on=dt.date(2021, 7, 1))
        add_decision(store, connection, household, judgement, by="li", role="reviewer", at=NOW - dt.timedelta(9))
    go(store, NewEntry(EntryKind.ENDING_CONFIRMED, {"why": "", "checks": []}))
    with store.reading() as connection:
        row = connection.execute(select(cases)).one()
    assert (row.outcome, row.decided_at, row.next_on, row.departs) == ("ended", NOW, None, None)


def test_of_many_who_take_the_same_step_one_does(store: Store) -> None:
    go(store, PROPOSED)

    def step(_: int) -> bool:
        with suppress(StepRefused):
            return bool(go(store, NewEntry(EntryKind.HELP_STARTED, {"on": "2021-06-01"}, 1)))
        return False

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(step, range(6))) == 1
    assert kinds(store) == ["help_proposed", "help_started"]


def test_under_a_key_it_is_done_once(store: Store) -> None:
    def until_answered(_: int) -> Answer:
        while True:
            with suppress(InProgress):
                return go(store, PROPOSED, "one")

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(until_answered, range(8)))) == 1
    assert kinds(store) == ["help_proposed"]


@pytest.mark.parametrize("failing", ["add_entry", "note", "case_file"])
def test_a_failure_anywhere_leaves_nothing(store: Store, monkeypatch: pytest.MonkeyPatch, failing: str) -> None:
    def broken(*_: object, **__: object) -> None:
        raise OSError("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(case_acts, failing, broken)
        with pytest.raises(OSError, match="disk"):
            go(store, APPEAL, "one")
    assert kinds(store) == [] and acts_of(store) == []
    assert go(store, APPEAL, "one").status == 303


def test_words_stay_out_of_the_audit() -> None:
    content = {
        "checks": [{"code": "income", "confirmed": True, "note": "seen"}],
        "text": "all well",
        "on": "2021-06-01",
    }
    assert without_words(content) == {
        "checks": [{"code": "income", "confirmed": True, "note_sha256": sha256_of("seen")}],
        "text_sha256": sha256_of("all well"),
        "on": "2021-06-01",
    }


def test_every_kind_but_assignments_has_its_action() -> None:
    assert set(ACTIONS) == set(EntryKind) - {EntryKind.ASSIGNED}
