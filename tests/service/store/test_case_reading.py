"""What a case's page reads: the score that counts, what was noticed, and which bands came after; on both databases."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import insert, update

from conftest import NOW
from helpers.population import settle
from helpers.standings import stand
from riskmodel.service.cases.entries import EntryKind, NewEntry
from riskmodel.service.store import case_reading
from riskmodel.service.store.case_entries import add_entry
from riskmodel.service.store.case_reading import Decided, bands_said_after, case_file, decided_of, said_now, signs_of
from riskmodel.service.store.decisions import Judgement, Outcome, add_decision
from riskmodel.service.store.engine import Store
from riskmodel.service.store.households import find
from riskmodel.service.store.tables import alerts, events, scores

DAY = dt.date(2021, 1, 1)


def alert(number: int, household: int, **changes: Any) -> dict[str, Any]:
    own = {"alert": number, "household": household, "raised_at": NOW + dt.timedelta(hours=number), "as_of": DAY}
    told = {"origin": "self_report", "origins": ["self_report", "model"], "group": "health", "rules": ["ill"]}
    return {**own, **told, "events": [], "moved": [], "band": "high", "previous_band": "low", **changes}


def test_the_score_that_counts_now(store: Store) -> None:
    here, there = settle(store, ["c1a", "c1b"])
    stand(store, [here], [(0.5, "high")])
    with store.reading() as connection:
        found = said_now(connection, here)
        assert found is not None
        assert (found.score, found.as_of, found.version, found.probability, found.band) == (1, DAY, "v1", 0.5, "high")
        assert said_now(connection, there) is None
    with store.writing() as connection:
        assert said_now(connection, here, held=True) == found


def test_signs_are_what_people_were_told_of(store: Store) -> None:
    here, there = settle(store, ["c1a", "c1b"])
    with store.writing() as connection:
        happened = {"household": here, "kind": "illness", "occurred_on": DAY, "recorded_on": DAY}
        row = insert(events).values(**happened, fingerprint="f", source="s")
        event = connection.execute(row).inserted_primary_key[0]
        connection.execute(insert(alerts), alert(1, here, events=[event]))
        connection.execute(insert(alerts), alert(2, here, repeats=1))
        connection.execute(insert(alerts), alert(3, here, origin="model", origins=["model"]))
        connection.execute(insert(alerts), alert(4, there))
    with store.reading() as connection:
        found = signs_of(connection, here)
    assert [one.alert for one in found] == [3, 1]
    assert found[1].origins == ("self_report", "model")
    assert found[1].events == (("illness", DAY),)
    assert (found[1].previous_band, found[1].band, found[1].rules) == ("low", "high", ("ill",))


def test_bands_that_came_after(store: Store) -> None:
    [here] = settle(store, ["c1a"])
    stand(store, [here], [(0.5, "high")])
    with store.writing() as connection:
        connection.execute(update(scores).values(scored_at=NOW))
    with store.reading() as connection:
        assert bands_said_after(connection, here, NOW - dt.timedelta(seconds=1)) == ["high"]
        assert bands_said_after(connection, here, NOW) == []


def test_a_case_whole(store: Store) -> None:
    here, there = settle(store, ["c1a", "c1b"])
    with store.writing() as connection:
        for who in ("li", "wang"):
            judgement = Judgement(Outcome.MONITOR, "x")
            add_decision(store, connection, here, judgement, by=who, role="reviewer", at=NOW)
    with store.reading() as connection:
        file = case_file(connection, find(connection, ["h0"])["h0"])
        assert decided_of(connection, here, {1, 2, 3}) == {1: Decided("li", NOW), 2: Decided("wang", NOW)}
        assert decided_of(connection, there, {1}) == {}
    assert (file.decided_by, file.latest_decision) == ({}, 2)
    assert file.row is not None and file.row.outcome == "monitor"
    assert (file.said, file.entries) == (None, [])


def test_who_decided_is_known_however_long_ago(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else whoever decided could answer what is said against it."""
    monkeypatch.setattr(case_reading, "MOST_DECISIONS", 1)
    [here] = settle(store, ["c1a"])
    said = {"kind": "appeal", "text": "no", "received_on": "2021-06-01", "decision": 1, "answer_by": None}
    with store.writing() as connection:
        for who in ("li", "wang"):
            add_decision(store, connection, here, Judgement(Outcome.MONITOR, "x"), by=who, role="reviewer", at=NOW)
        add_entry(connection, here, NewEntry(EntryKind.APPEAL_RECEIVED, said), by="li", role="reviewer", at=NOW)
    with store.reading() as connection:
        file = case_file(connection, find(connection, ["h0"])["h0"])
    assert [one.decision for one in file.decisions] == [2] and file.decided_by == {1: "li"}
