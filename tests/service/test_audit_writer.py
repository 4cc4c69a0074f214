"""What was handed over is on the disk when its future is done, many share a commit, and a failure stops nobody else."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import func, select

from helpers.acts import act
from helpers.stores import closing_store
from riskmodel.errors import StoreUnavailable
from riskmodel.service import audit_writer
from riskmodel.service.audit_checking import verify_chain
from riskmodel.service.audit_writer import AuditWriter
from riskmodel.service.errors import Overloaded
from riskmodel.service.store.audit_log import append, entries, head
from riskmodel.service.store.engine import Store
from riskmodel.service.store.migrating import migrate
from riskmodel.service.store.tables import audit_entries


@pytest.fixture
def writer(store: Store) -> Iterator[AuditWriter]:
    writer = AuditWriter(store, most_waiting=8)
    yield writer
    writer.close()


def subjects(store: Store) -> list[str]:
    with store.reading() as connection:
        assert verify_chain(entries(connection), [], head(connection)) >= 0
        return [json.loads(entry.content)["subject"] for entry in entries(connection)]


def test_acts_are_on_the_disk_when_the_future_is_done(store: Store, writer: AuditWriter) -> None:
    writer.write([act("a"), act("b")])
    assert subjects(store) == ["a", "b"]
    assert writer.submit([act("c")]).result(10) is None
    assert writer.submit([]).result(10) is None
    assert (subjects(store), writer.waiting) == (["a", "b", "c"], 0)


def test_a_gauge_may_follow(store: Store) -> None:
    seen: list[int] = []
    writer = AuditWriter(store, appended=seen.append)
    writer.write([act("a"), act("b")])
    writer.write([act("c")])
    writer.close()
    assert seen == [2, 3]


def test_who_waits_shares_a_commit(store: Store, writer: AuditWriter, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    original = audit_writer.append_drafts

    def counted(*arguments: object) -> object:
        sizes.append(len(arguments[2]))  # type: ignore[arg-type]
        return original(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(audit_writer, "append_drafts", counted)
    with store.writing() as connection:
        # the head is held here, so that the first one waits and the others gather
        append(store, connection, [act("held")])
        waiting = [writer.submit([act(f"s{number}")]) for number in range(8)]
    for done in waiting:
        done.result(10)
    assert subjects(store) == ["held", *(f"s{number}" for number in range(8))]
    assert sum(sizes) == 8 and len(sizes) <= 2


@pytest.fixture
def file_store(tmp_path: Path) -> Iterator[Store]:
    with closing_store(f"sqlite:///{tmp_path / 'store.db'}") as store:
        migrate(store)
        yield store


def test_on_a_quick_disk_the_event_loop_appends_itself(file_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_writer, "LONGEST_AT_ONCE_SECONDS", 60)

    async def at_once() -> list[bool]:
        writer = AuditWriter(file_store)
        # before the first commit nobody knows how quick the disk is
        first = writer.begin([act("a")])
        told = [first.done()]
        await first
        told.append(writer.begin([act("b")]).done())
        with file_store.writing():
            other = writer.begin([act("c")])
            told.append(other.done())
        await other
        many = writer.begin([act(f"m{number}") for number in range(audit_writer.MOST_AT_ONCE + 1)])
        told.append(many.done())
        await many
        writer.close()
        return told

    assert asyncio.run(at_once()) == [False, True, False, False]
    assert subjects(file_store)[:3] == ["a", "b", "c"]


def test_on_a_slow_disk_the_thread_appends(file_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_writer, "LONGEST_AT_ONCE_SECONDS", 0)

    async def handed_over() -> bool:
        writer = AuditWriter(file_store)
        await writer.written([act("a")])
        second = writer.begin([act("b")])
        done = second.done()
        await second
        writer.close()
        return done

    assert not asyncio.run(handed_over())
    assert subjects(file_store) == ["a", "b"]


def test_too_many_are_refused_and_those_who_wait_are_served(store: Store, writer: AuditWriter) -> None:
    with store.writing() as connection:
        append(store, connection, [act("held")])
        waiting = [writer.submit([act(f"s{number}")]) for number in range(8)]
        with pytest.raises(Overloaded):
            writer.submit([act("too many")])
        with pytest.raises(Overloaded):
            asyncio.run(writer.written([act("too many")]))
    for done in waiting:
        done.result(10)
    writer.write([act(f"l{number}") for number in range(20)])
    assert "too many" not in subjects(store) and len(subjects(store)) == 29


def test_many_coroutines_and_threads(store: Store) -> None:
    writer = AuditWriter(store)

    async def ask(number: int) -> None:
        await asyncio.gather(*(writer.written([act(f"c{number}-{k}")]) for k in range(50)))
        with store.reading() as connection:
            query = (
                select(func.count()).select_from(audit_entries).where(audit_entries.c.content.contains(f'"c{number}-'))
            )
            assert connection.execute(query).scalar_one() == 50

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: asyncio.run(ask(number)), range(4)))
    writer.close()
    assert len(subjects(store)) == 200


def test_a_failure_is_told_and_the_next_one_does_well(store: Store, writer: AuditWriter) -> None:
    writer.write([act("a")])
    audit_entries.drop(store.engine)
    with pytest.raises(StoreUnavailable, match="not done"):
        writer.write([act("b")])
    with pytest.raises(StoreUnavailable, match="not done"):
        asyncio.run(writer.written([act("b")]))
    audit_entries.create(store.engine)
    with store.writing() as connection:
        connection.exec_driver_sql("DELETE FROM audit_head")
    writer.write([act("c")])
    assert subjects(store) == ["c"]


def test_an_act_that_can_t_be_written_harms_nobody_else(store: Store, writer: AuditWriter) -> None:
    with pytest.raises(ValueError, match="JSON"):
        writer.submit([act("a", figure=float("nan"))])
    writer.write([act("b")])
    assert subjects(store) == ["b"]


def test_who_stops_waiting_is_recorded_all_the_same(store: Store, writer: AuditWriter) -> None:
    async def impatient() -> None:
        with store.writing() as connection:
            append(store, connection, [act("held")])
            task = asyncio.ensure_future(writer.written([act("a")]))
            await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(impatient())
    assert not writer.submit([act("b")]).cancel()
    writer.write([act("c")])
    assert subjects(store) == ["held", "a", "b", "c"]


def test_closing_appends_what_waits_and_refuses_what_comes(store: Store) -> None:
    writer = AuditWriter(store)
    waiting = [writer.submit([act(f"s{number}")]) for number in range(50)]
    writer.close()
    writer.close()
    assert all(done.done() for done in waiting) and len(subjects(store)) == 50
    with pytest.raises(StoreUnavailable):
        writer.submit([act("late")])
