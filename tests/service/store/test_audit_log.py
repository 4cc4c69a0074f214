"""The stored chain stays whole whoever appends at once, and no change to its rows goes unseen."""

from __future__ import annotations

import json
import multiprocessing
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace

import pytest
from sqlalchemy import Connection, delete, insert, update

from helpers.acts import act, record, record_one_by_one
from riskmodel.errors import AuditBroken
from riskmodel.service.audit import START, Entry, Mark, chained, drafted, hash_of
from riskmodel.service.audit_checking import verify_chain
from riskmodel.service.store import audit_log
from riskmodel.service.store.audit_log import append, entries, head, page
from riskmodel.service.store.engine import Store
from riskmodel.service.store.tables import audit_entries, audit_head

LENGTH, ANCHORS = 40, (10, 25, 40)
ATTACKS = {"sqlite": 1000, "postgresql": 100}
ROW = audit_entries.c


def whole(store: Store) -> int:
    with store.reading() as connection:
        return verify_chain(entries(connection), [], head(connection))


def subjects(store: Store) -> list[str]:
    with store.reading() as connection:
        return [json.loads(entry.content)["subject"] for entry in entries(connection)]


def test_an_empty_log_is_whole(store: Store) -> None:
    with store.reading() as connection:
        assert (head(connection), list(entries(connection))) == (START, [])
    assert whole(store) == 0


def test_acts_are_read_as_they_were_appended(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_log, "ENTRIES_AT_A_TIME", 2)
    with store.writing() as connection:
        first = append(store, connection, [act("a"), act("农户"), act("\ud800\0")])
        assert append(store, connection, []) == []
    record(store, "d", "e")
    with store.reading() as connection:
        assert list(entries(connection))[:3] == first
        assert [entry.sequence for entry in entries(connection, after=2)] == [3, 4, 5]
        assert [entry.sequence for entry in page(connection, 1, 2)] == [2, 3]
        assert head(connection) == page(connection, 4, 9)[0].mark
    assert subjects(store) == ["a", "农户", "\ud800\0", "d", "e"]
    assert whole(store) == 5


def test_what_is_not_committed_leaves_no_gap(store: Store) -> None:
    record(store, "a")
    with pytest.raises(ZeroDivisionError), store.writing() as connection:
        append(store, connection, [act("b"), act("c")])
        raise ZeroDivisionError
    record(store, "d")
    assert (subjects(store), whole(store)) == (["a", "d"], 2)


def test_processes_and_threads_append_to_one_chain(store: Store, store_url: str) -> None:
    count = 25
    with multiprocessing.get_context("spawn").Pool(2) as pool, ThreadPoolExecutor(4) as threads:
        processes = pool.starmap_async(record_one_by_one, [(store_url, f"p{number}", count) for number in range(2)])
        list(threads.map(lambda number: record(store, *(f"t{number}-{k}" for k in range(count))), range(4)))
        processes.get(60)
    assert whole(store) == 6 * count
    found = subjects(store)
    for name in ("p0", "p1", "t0", "t1", "t2", "t3"):
        assert [one for one in found if one.startswith(name)] == [f"{name}-{k}" for k in range(count)]


class Attacker:
    """Somebody who may change any row of the log; each attack returns the first entry that is then wrong."""

    def __init__(self, connection: Connection, log: list[Entry], seed: int) -> None:
        self.connection, self.log, self.random = connection, log, random.Random(seed)
        self.entry = self.random.choice(log)
        self.place = self.entry.sequence

    def alter(self) -> int:
        column = self.random.choice(["content", "previous_hash", "hash"])
        text: str = getattr(self.entry, column)
        where = self.random.randrange(len(text))
        letter = self.random.choice([one for one in "0123456789abcdef" if one != text[where]])
        self._update(self.place, **{column: text[:where] + letter + text[where + 1 :]})
        return self.place

    def alter_with_its_hash(self) -> int:
        content = self.entry.content.replace("user:li", "user:wu")
        self._update(self.place, content=content, hash=hash_of(self.entry.previous_hash, content))
        return self.place

    def delete(self) -> int:
        last = min(self.place + self.random.randrange(3), LENGTH)
        self._delete(ROW.sequence.between(self.place, last))
        return self.place

    def delete_and_close_the_gap(self) -> int:
        self._delete(ROW.sequence == self.place)
        self._shift(self.place, -1)
        return self.place

    def insert(self) -> int:
        count = self.random.randint(1, 3)
        before = self.log[self.place - 2].mark if self.place > 1 else START
        self._shift(self.place, count)
        self._insert(chained([drafted(act("forged"))] * count, before))
        return self.place

    def append_behind_the_head(self) -> int:
        self._insert(chained([drafted(act("forged"))], self.log[-1].mark))
        return LENGTH + 1

    def reorder(self) -> int:
        first, second = sorted(self.random.sample(self.log, 2), key=lambda entry: entry.sequence)
        self._delete(ROW.sequence.in_([first.sequence, second.sequence]))
        self._insert([replace(second, sequence=first.sequence), replace(first, sequence=second.sequence)])
        return first.sequence

    def move(self) -> int:
        """Take one entry out and put it in again somewhere later."""
        place = self.random.randrange(1, LENGTH)
        later = self.random.randrange(place + 1, LENGTH + 1)
        moved = [*self.log[place:later], self.log[place - 1]]
        self._delete(ROW.sequence.between(place, later))
        self._insert([replace(entry, sequence=number) for number, entry in enumerate(moved, start=place)])
        return place

    def cut_off(self) -> int:
        self._delete(ROW.sequence >= self.place)
        return self.place

    def cut_off_with_the_head(self) -> int:
        self._delete(ROW.sequence >= self.place)
        self._set_head(self.log[self.place - 2].mark if self.place > 1 else START)
        return self.place

    def take_the_head_away(self) -> int:
        self.connection.execute(delete(audit_head))
        return 1

    def rewrite(self) -> int:
        """Compute the chain anew from one entry on; the next anchor is what shows it."""
        before = self.log[self.place - 2].mark if self.place > 1 else START
        drafts = [drafted(act(f"forged {number}")) for number in range(self.place, LENGTH + 1)]
        self._delete(ROW.sequence >= self.place)
        anew = chained(drafts, before)
        self._insert(anew)
        self._set_head(anew[-1].mark)
        return next(anchor for anchor in ANCHORS if anchor >= self.place)

    def _update(self, place: int, **values: str) -> None:
        self.connection.execute(update(audit_entries).where(ROW.sequence == place).values(**values))

    def _delete(self, where: object) -> None:
        self.connection.execute(delete(audit_entries).where(where))  # type: ignore[arg-type]

    def _insert(self, forged: list[Entry]) -> None:
        self.connection.execute(insert(audit_entries), [asdict(one) for one in forged])

    def _shift(self, first: int, by: int) -> None:
        # in two steps: numbers are unique at every moment
        self.connection.execute(update(audit_entries).where(ROW.sequence >= first).values(sequence=-ROW.sequence))
        self.connection.execute(update(audit_entries).where(ROW.sequence < 0).values(sequence=-ROW.sequence + by))

    def _set_head(self, mark: Mark) -> None:
        self.connection.execute(update(audit_head).values(sequence=mark.sequence, hash=mark.hash))


KINDS: list[Callable[[Attacker], int]] = [
    Attacker.alter,
    Attacker.alter_with_its_hash,
    Attacker.delete,
    Attacker.delete_and_close_the_gap,
    Attacker.insert,
    Attacker.append_behind_the_head,
    Attacker.reorder,
    Attacker.move,
    Attacker.cut_off,
    Attacker.cut_off_with_the_head,
    Attacker.take_the_head_away,
    Attacker.rewrite,
]


def test_every_attack_is_found_and_its_first_entry_named(store: Store) -> None:
    record(store, *(f"s{number}" for number in range(LENGTH)))
    with store.reading() as connection:
        log = list(entries(connection))
    anchors = [log[place - 1].mark for place in ANCHORS]
    with store.engine.connect() as connection:
        for seed in range(ATTACKS[store.backend]):
            kind = KINDS[seed % len(KINDS)]
            first = kind(Attacker(connection, log, seed))
            with pytest.raises(AuditBroken) as raised:
                verify_chain(entries(connection), anchors, head(connection))
            assert raised.value.sequence == first, (seed, kind, raised.value)
            connection.rollback()
    assert whole(store) == LENGTH
