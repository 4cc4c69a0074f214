"""Decisions are only added, and correct only what was decided about the same household."""

from __future__ import annotations

import datetime as dt

import pytest

from helpers.population import settle
from riskmodel.service.errors import Conflict
from riskmodel.service.store.decisions import Decision, Judgement, Outcome, add_decision, decisions_of
from riskmodel.service.store.engine import Store
from riskmodel.service.store.erasure import erase

NOW = dt.datetime(2021, 6, 1, 12, tzinfo=dt.UTC)
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


def test_numbers_are_not_given_again(store: Store) -> None:
    """A number in the audit stands for one decision for good, also after the decision is erased."""
    here, there = settle(store, ["c1a", "c1b"])
    gone = add(store, here, WHOLE).decision
    with store.writing() as connection:
        erase(store, connection, "h0")
    assert add(store, there, WHOLE).decision > gone
