"""Decisions are only added, and correct only what was decided about the same household."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import insert

from helpers.population import settle
from riskmodel.service.errors import Conflict
from riskmodel.service.store.case_rows import cases_of, note_signs
from riskmodel.service.store.decisions import Decision, Judgement, Outcome, add_decision, decisions_of
from riskmodel.service.store.engine import Store
from riskmodel.service.store.erasure import erase
from riskmodel.service.store.tables import alerts

NOW = dt.datetime(2021, 6, 1, 12, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
WHOLE = Judgement(Outcome.WRONG_DATA, "屋顶 is gone\n", dt.date(2021, 1, 1), "2021-01-01-aaaaaaaa")


def add(store: Store, household: int, judgement: Judgement) -> Decision:
    with store.writing() as connection:
        return add_decision(store, connection, household, judgement, by="li", role="reviewer", at=NOW)


def test_what_was_decided_comes_back_whole(store: Store) -> None:
    here, there = settle(store, ["c1a", "c1b"])
    first = add(store, here, WHOLE)
    add(store, there, WHOLE)
    second = add(store, here, Judgement(Outcome.MONITOR, "seen", corrects=first.decision))
    assert first.decision < second.decision
    with store.reading() as connection:
        assert decisions_of(connection, here, 10) == [second, first]
        assert decisions_of(connection, here, 1) == [second]
        assert decisions_of(connection, there, 10)[0].judgement == WHOLE


def test_what_can_not_be_corrected(store: Store) -> None:
    here, there = settle(store, ["c1a", "c1b"])
    other = add(store, there, WHOLE).decision
    for corrects in (other, other + 1, 2**62):
        with pytest.raises(Conflict, match="corrects"):
            add(store, here, Judgement(Outcome.MONITOR, "seen", corrects=corrects))
    with store.reading() as connection:
        assert decisions_of(connection, here, 10) == []


def waits(store: Store, household: int) -> tuple[dt.datetime | None, str | None, str | None]:
    with store.reading() as connection:
        row = cases_of(connection, [household])[household]
    return row.waiting_since, row.origin, row.outcome


@pytest.mark.parametrize(
    ("outcome", "answers"),
    [(Outcome.MONITOR, True), (Outcome.NOT_NOW, True), (Outcome.NEEDS_VISIT, False), (Outcome.WRONG_DATA, False)],
)
def test_only_a_finding_answers_what_was_noticed(store: Store, outcome: Outcome, answers: bool) -> None:
    """The days to decide go on until it is known how it is with the household."""
    [here] = settle(store, ["c1a"])
    with store.writing() as connection:
        note_signs(store, connection, [(here, "self_report", NOW - DAY)])
    add(store, here, Judgement(outcome, "x", next_on=NOW.date()))
    assert waits(store, here) == ((None, None, outcome) if answers else (NOW - DAY, "self_report", outcome))


def test_what_was_noticed_after_it_was_asked_for_goes_on_waiting(store: Store) -> None:
    [here] = settle(store, ["c1a"])
    told = {"origins": [], "group": "health", "rules": [], "events": [], "as_of": NOW.date(), "moved": []}
    with store.writing() as connection:
        for number, (days, origin) in enumerate([(-1, "model"), (1, "self_report"), (2, "official_check")], 1):
            row = {"alert": number, "household": here, "raised_at": NOW + days * DAY, "origin": origin, **told}
            connection.execute(insert(alerts).values(row))
        note_signs(store, connection, [(here, "model", NOW - DAY)])
    add(store, here, Judgement(Outcome.MONITOR, "x"))
    assert waits(store, here) == (NOW + DAY, "self_report", "monitor")


def test_a_decision_is_corrected_once(store: Store) -> None:
    """Two corrections of one decision would both stand in its place."""
    [here] = settle(store, ["c1a"])
    first = add(store, here, WHOLE)
    second = add(store, here, Judgement(Outcome.MONITOR, "seen", corrects=first.decision))
    with pytest.raises(Conflict, match="corrected already"):
        add(store, here, Judgement(Outcome.NOT_NOW, "seen", corrects=first.decision))
    third = add(store, here, Judgement(Outcome.NOT_NOW, "seen", corrects=second.decision))
    with store.reading() as connection:
        assert [one.decision for one in decisions_of(connection, here, 10)] == [
            third.decision,
            second.decision,
            first.decision,
        ]


def test_numbers_are_not_given_again(store: Store) -> None:
    """A number in the audit stands for one decision for good, also after the decision is erased."""
    here, there = settle(store, ["c1a", "c1b"])
    gone = add(store, here, WHOLE).decision
    with store.writing() as connection:
        erase(store, connection, "h0")
    assert add(store, there, WHOLE).decision > gone
