"""Entries are only added, in order, and go on only with what the same household's case holds; on both databases."""

from __future__ import annotations

import datetime as dt
import threading

import pytest

from conftest import NOW
from helpers.population import settle
from riskmodel.service.cases.entries import Entry, EntryKind, NewEntry, Rule, StepRefused
from riskmodel.service.store import case_entries
from riskmodel.service.store.case_entries import add_entry, entries_of, hold
from riskmodel.service.store.engine import Store
from riskmodel.service.store.erasure import erase

PROPOSED = NewEntry(EntryKind.HELP_PROPOSED, {"measure": "cash", "group": "income", "on": "2021-05-01", "note": "农户"})


def add(store: Store, household: int, new: NewEntry = PROPOSED) -> Entry:
    with store.writing() as connection:
        return add_entry(connection, household, new, by="li", role="reviewer", at=NOW)


def test_what_was_added_comes_back_whole_and_in_order(store: Store) -> None:
    here, there = settle(store, ["c1a", "c1b"])
    first, other = add(store, here), add(store, there)
    second = add(store, here, NewEntry(EntryKind.HELP_STARTED, {"on": "2021-05-02"}, first.entry))
    with store.reading() as connection:
        assert entries_of(connection, here) == [first, second]
        assert entries_of(connection, there) == [other]
    assert first.content == PROPOSED.content and first.at == NOW


def test_of_another_household_it_goes_on_with_nothing(store: Store) -> None:
    here, there = settle(store, ["c1a", "c1b"])
    other = add(store, there).entry
    for about in (other, other + 1, 2**62):
        with pytest.raises(StepRefused) as refused:
            add(store, here, NewEntry(EntryKind.HELP_STARTED, {"on": "2021-05-02"}, about))
        assert refused.value.rule is Rule.NO_SUCH_ENTRY
    with store.reading() as connection:
        assert entries_of(connection, here) == []


def test_a_full_case_begins_nothing_and_leaves_nothing_out(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is open is always read, however much was written down since, and can still be closed."""
    monkeypatch.setattr(case_entries, "MOST_ENTRIES", 3)
    here, there = settle(store, ["c1a", "c1b"])
    first = add(store, here)
    for _ in range(2):
        add(store, here, NewEntry(EntryKind.ASSIGNED, {"to": "li"}))
    with pytest.raises(StepRefused) as refused:
        add(store, here)
    assert refused.value.rule is Rule.FULL
    add(store, here, NewEntry(EntryKind.HELP_STARTED, {"on": "2021-05-02"}, first.entry))
    add(store, there)
    with store.reading() as connection:
        found = entries_of(connection, here)
    assert found[0] == first and len(found) == 4


def test_numbers_are_not_given_again(store: Store) -> None:
    here, there = settle(store, ["c1a", "c1b"])
    gone = add(store, here).entry
    with store.writing() as connection:
        erase(store, connection, "h0")
    assert add(store, there).entry > gone


def test_whoever_holds_a_case_is_alone_with_it(store: Store) -> None:
    """Two people who press the same button at once: the second one sees what the first one did."""
    [here] = settle(store, ["c1a"])
    held, seen = threading.Event(), []

    def second() -> None:
        held.wait(30)
        with store.writing() as connection:
            hold(connection, here)
            seen.append(len(entries_of(connection, here)))

    thread = threading.Thread(target=second)
    thread.start()
    with store.writing() as connection:
        hold(connection, here)
        held.set()
        thread.join(0.2)
        assert seen == []
        add_entry(connection, here, PROPOSED, by="li", role="reviewer", at=NOW + dt.timedelta(seconds=1))
    thread.join(30)
    assert seen == [1]
