"""What stands against the end of monitoring is read in the very transaction that keeps the entry."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, insert, select

from conftest import NOW
from helpers.case_entries import entries
from helpers.stores import closing_store
from riskmodel.scoring.scorer import Scorer
from riskmodel.service.cases.checklist import Shown
from riskmodel.service.cases.entries import EntryKind, NewEntry, StepRefused
from riskmodel.service.ending_records import read_records
from riskmodel.service.pages.deciding.ending_checks import closing, facts_of, has_lapsed, proposing
from riskmodel.service.store.case_reading import CaseFile, case_file
from riskmodel.service.store.decisions import Judgement, Outcome, add_decision
from riskmodel.service.store.engine import Store
from riskmodel.service.store.households import find
from riskmodel.service.store.tables import events, standings

TOMORROW = NOW.date() + dt.timedelta(1)


@pytest.fixture
def store(store_copy: str) -> Iterator[Store]:
    with closing_store(store_copy) as store:
        yield store


def monitored(store: Store, connection: Connection, scorer: Scorer) -> CaseFile:
    """Return the case of a household that does well, and is monitored."""
    query = select(standings.c.household_id).where(standings.c.band == "low").order_by(standings.c.household_id)
    for one in connection.execute(query).scalars():
        subject = find(connection, [one])[one]
        records = read_records(connection, scorer.programme, subject, TOMORROW)
        if records.without_labour is False and Shown.NO not in records.checklist().values():
            judgement = Judgement(Outcome.MONITOR, "seen")
            add_decision(store, connection, subject.household, judgement, by="li", role="reviewer", at=NOW)
            return case_file(connection, subject)
    raise LookupError("no household does well")


def fall_ill(connection: Connection, file: CaseFile) -> None:
    day = NOW.date() - dt.timedelta(20)
    told = {"kind": "illness", "occurred_on": day, "recorded_on": day, "amount": 400.0}
    connection.execute(insert(events), {"household": file.subject.household, "fingerprint": "f", "source": "s", **told})


def test_a_proposal_rests_on_what_stands_in_its_own_transaction(store: Store, scorer: Scorer) -> None:
    check = proposing(scorer.programme, TOMORROW, lambda _: (True, "seen there"), "they do well")
    with store.writing() as connection:
        file = monitored(store, connection, scorer)
        made = check(connection, file)
        assert (made.content["decision"], made.content["text"]) == (file.latest_decision, "they do well")
        fall_ill(connection, file)
        with pytest.raises(StepRefused, match="speak against"):
            check(connection, file)


def test_so_does_its_confirmation(store: Store, scorer: Scorer) -> None:
    propose = proposing(scorer.programme, TOMORROW, lambda _: (True, "seen there"), "")
    with store.writing() as connection:
        file = monitored(store, connection, scorer)
        [entry] = entries((EntryKind.ENDING_PROPOSED, None, dict(propose(connection, file).content)))
        file.entries.append(entry)
        confirm = closing(scorer.programme, TOMORROW, EntryKind.ENDING_CONFIRMED, 1, "wang", "yes")
        shown = {one["code"]: one["shown"] for one in confirm(connection, file).content["checks"]}
        assert shown == {"income": "nothing_against", "health": "yes", "gone": "people"}
        fall_ill(connection, file)
        with pytest.raises(StepRefused, match="has changed"):
            confirm(connection, file)
        # to decline it nothing is asked of the records
        decline = closing(scorer.programme, TOMORROW, EntryKind.ENDING_DECLINED, 1, "wang", "ill")
        assert decline(connection, file) == NewEntry(EntryKind.ENDING_DECLINED, {"why": "ill"}, 1)


def test_of_a_household_that_nobody_looked_at(store: Store, scorer: Scorer) -> None:
    with store.reading() as connection:
        file = case_file(connection, find(connection, ["000000000000000001"])["000000000000000001"])
        facts = facts_of(scorer.programme, file, None)
        assert (facts.monitored, facts.sign_waits, facts.without_labour) == (False, False, None)
        assert not has_lapsed(connection, scorer.programme, file)
