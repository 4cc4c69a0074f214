"""An erased household is in no table any more, on both databases, and in no byte of SQLite's file."""

from __future__ import annotations

import datetime as dt
import random
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete, insert, inspect, select

from conftest import NOW
from helpers.population import settle
from helpers.standings import stand
from helpers.stores import closing_store
from riskmodel.errors import NotFound
from riskmodel.service.store.decisions import Judgement, Outcome, add_decision
from riskmodel.service.store.engine import Store
from riskmodel.service.store.erasure import columns_about_households, erase, overwrite_deleted, rewrite
from riskmodel.service.store.migrating import migrate
from riskmodel.service.store.tables import (
    METADATA,
    alerts,
    case_entries,
    event_ids,
    events,
    household_audit,
    households,
    idempotency,
    loads,
    persons,
    records,
    snapshot_schemas,
    snapshots,
    standings,
    waiting,
)

CANARY = "C4n4ry"
DAY = dt.date(2021, 1, 1)


def fill(store: Store, numbers: list[int]) -> None:
    """Tell something of each household in every table, and correct one of its decisions."""
    stand(store, numbers, [(0.5, f"{CANARY} band")] * len(numbers))
    with store.writing() as connection:
        known = {"table_name": "observations", "source": "o.csv", "sha256": "a", "parts": 1, "started_at": NOW}
        load = connection.execute(insert(loads).values(known)).inserted_primary_key[0]
        connection.execute(insert(snapshot_schemas).values(schema="s", content={}))
        for household in numbers:
            own, told = {"household": household}, {CANARY: f"{CANARY} {household}"}
            connection.execute(insert(household_audit).values({**own, "facts": told}))
            for member in ("", f"{CANARY}{household}"):
                connection.execute(insert(persons).values({**own, "member_id": member, "content": told}))
            connection.execute(insert(records).values({**own, "table_name": "o", "load": load, "content": told}))
            dated = {"kind": CANARY, "occurred_on": DAY, "recorded_on": DAY, "source": CANARY, "fingerprint": "f"}
            connection.execute(insert(events).values({**own, **dated}))
            made = {"as_of": DAY, "schema": "s", "digest": "d", "features": CANARY.encode(), "made_at": NOW}
            connection.execute(insert(snapshots).values({**own, **made}))
            first = add_decision(
                store, connection, household, Judgement(Outcome.MONITOR, CANARY), by="li", role="reviewer", at=NOW
            )
            again = Judgement(Outcome.NOT_NOW, CANARY, corrects=first.decision)
            add_decision(store, connection, household, again, by="li", role="reviewer", at=NOW)
            entry = {"at": NOW, "by": "li", "role": "reviewer", "kind": "appeal", "content": told}
            about = connection.execute(insert(case_entries).values({**own, **entry})).inserted_primary_key[0]
            connection.execute(insert(case_entries).values({**own, **entry, "about": about}))
            sent = {"sender": "client:health", "event_key": str(household), "content": CANARY}
            connection.execute(insert(event_ids).values({**own, **sent}))
            connection.execute(insert(waiting).values({**own, "since": NOW, "first_event": 1, "ticket": 1}))
            told = {"raised_at": NOW, "origin": "model", "origins": [], "rules": [CANARY], "events": [], "as_of": DAY}
            moved = {"alert": household, "group": CANARY, "moved": [[CANARY, 0.0, 1.0, None, None]]}
            connection.execute(insert(alerts).values({**own, **told, **moved}))
            answered = {"question": "q", "status": 201, "answer": CANARY, "answered_at": NOW}
            key = {"actor": "user:li", "key": f"key {household}"}
            connection.execute(insert(idempotency).values({**own, **key, **answered}))


def counts(store: Store, household: int) -> dict[str, int]:
    with store.reading() as connection:
        return {
            column.table.name: len(connection.execute(select(column).where(column == household)).all())
            for column in (*columns_about_households(), households.c.household)
        }


def remove(store: Store, household_id: str) -> dict[str, int]:
    with store.writing() as connection:
        return dict(erase(store, connection, household_id).rows)


def test_every_table_that_names_households_is_known(store: Store) -> None:
    """The database itself is asked, so that a new table can't be forgotten."""
    found = inspect(store.engine)
    naming = {
        (name, key["constrained_columns"][0])
        for name in METADATA.tables
        for key in found.get_foreign_keys(name)
        if key["referred_table"] == "households"
    }
    assert {(column.table.name, column.name) for column in columns_about_households()} == naming
    assert len(naming) >= 9
    # a table without a reference names nobody by an id or a number of households
    named = {name for name, table in METADATA.tables.items() if {"household", "household_id"} & set(table.c.keys())}
    assert named - {name for name, _ in naming} == {"households"}


def test_nothing_is_left_of_one_and_all_of_the_other(store: Store) -> None:
    gone, stays = settle(store, ["c1a", "c1b"])
    fill(store, [gone, stays])
    before = counts(store, stays)
    assert min(before.values()) >= 1, "the test tells something in every table"
    assert remove(store, "h0") == before
    assert set(counts(store, gone).values()) == {0}
    assert counts(store, stays) == before
    with store.reading() as connection:
        assert connection.execute(select(standings.c.household_id)).scalars().all() == ["h1"]


def test_the_pseudonym_is_told(store: Store) -> None:
    settle(store, ["c1a", "c1b"])
    with store.writing() as connection:
        assert erase(store, connection, "h1").pseudonym == "p1"
    with pytest.raises(NotFound, match="no household") as refused, store.writing() as connection:
        erase(store, connection, "h1")
    assert "h1" not in str(refused.value)


def test_what_fails_afterwards_brings_everything_back(store: Store) -> None:
    [household] = settle(store, ["c1a"])
    fill(store, [household])
    before = counts(store, household)
    with pytest.raises(ZeroDivisionError), store.writing() as connection:
        erase(store, connection, "h0")
        raise ZeroDivisionError
    assert counts(store, household) == before


def test_nothing_is_added_meanwhile(store: Store) -> None:
    """Whoever decides while a household is erased comes before or finds nobody; no decision is left behind."""
    [household] = settle(store, ["c1a"])
    held, results = threading.Event(), []

    def decide() -> None:
        held.wait(30)
        try:
            with store.writing() as connection:
                add_decision(store, connection, household, Judgement(Outcome.MONITOR, "x"), by="li", role="", at=NOW)
        except Exception as error:
            results.append(type(error).__name__)

    thread = threading.Thread(target=decide)
    thread.start()
    with store.writing() as connection:
        erase(store, connection, "h0")
        held.set()
        threading.Event().wait(0.1)
    thread.join(30)
    assert results == ["IntegrityError"]
    assert set(counts(store, household).values()) == {0}


def test_postgresql_frees_space_on_its_own(store: Store) -> None:
    assert rewrite(store)


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Store]:
    with closing_store(f"sqlite:///{tmp_path / 'store.db'}") as store:
        migrate(store)
        yield store


class TestBytes:
    def test_none_of_its_bytes_is_left(self, file: Store, tmp_path: Path) -> None:
        gone, stays = settle(file, ["c1a", "c1b"])
        fill(file, [gone])
        assert CANARY.encode() in content(tmp_path)
        remove(file, "h0")
        assert rewrite(file)
        assert CANARY.encode() not in content(tmp_path)
        assert counts(file, stays)["households"] == 1

    def test_copies_that_pages_left_behind_are_gone_too(self, file: Store, tmp_path: Path) -> None:
        """Of a thousand rows that are overwritten with zeros, SQLite has kept copies of a few: the file is written anew."""
        settle(file, [])
        chance = random.Random(3)
        ids = [f"{chance.randrange(10**17):018d}" for _ in range(3000)]
        rows = [{"household_id": one, "facts": {"told": "x" * chance.randrange(100)}} for one in ids]
        with file.writing() as connection:
            own = {"area_code": "c1"}
            connection.execute(insert(households), [{**own, **row, "pseudonym": f"p{n}"} for n, row in enumerate(rows)])
        with file.writing() as connection:
            overwrite_deleted(file, connection)
            for one in ids[::3]:
                connection.execute(delete(households).where(households.c.household_id == one))
        assert rewrite(file)
        left = content(tmp_path)
        assert [one for one in ids[::3] if one.encode() in left] == []
        assert all(one.encode() in left for one in ids[1::3])

    def test_a_reader_keeps_the_log_and_is_told(self, file: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("riskmodel.service.store.engine.BUSY_SECONDS", 0)
        impatient = Store(str(file.engine.url))
        settle(file, ["c1a"])
        with file.reading() as connection:
            connection.execute(select(households)).all()
            remove(impatient, "h0")
            assert not rewrite(impatient)
        assert rewrite(impatient)
        impatient.close()


def content(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir() if path.is_file())
