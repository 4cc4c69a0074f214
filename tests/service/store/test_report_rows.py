"""Each event counts once, as known on the day on which it came, with who sent it; whoever it struck waits to be scored."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import Connection, Row, func, select

from helpers.population import settle
from helpers.reports import AT, OCCURRED, report, sender
from riskmodel.service.access import Origin
from riskmodel.service.reports import Report
from riskmodel.service.store import report_rows
from riskmodel.service.store.engine import POSTGRES, Store
from riskmodel.service.store.report_rows import NOTHING, Received, Sender, fingerprint_of, keep_reports
from riskmodel.service.store.tables import event_ids, events, waiting

SECOND = dt.timedelta(seconds=1)


def keep(
    store: Store,
    who: Sender,
    *reports: Report,
    at: dt.datetime = AT,
    day: dt.date | None = None,
    file: str = "",
) -> Received:
    """Keep reports whose places are 10, 11 and on."""
    with store.writing() as connection:
        return keep_reports(store, connection, who, list(enumerate(reports, 10)), at, day or at.date(), file)


def rules(received: Received) -> list[tuple[int, str]]:
    return [(place, fault.rule) for place, fault in received.refused]


def kept(store: Store) -> Sequence[Row[Any]]:
    with store.reading() as connection:
        return connection.execute(select(events).order_by(events.c.event)).all()


def who_waits(store: Store) -> dict[int, tuple[int, int]]:
    with store.reading() as connection:
        return {row.household: (row.first_event, row.ticket) for row in connection.execute(select(waiting))}


class TestOnce:
    def test_in_the_same_request(self, store: Store) -> None:
        settle(store, ["c1a"])
        assert keep(store, sender(store), report(), report(), report("2")) == Received(2, 1, ())
        assert len(kept(store)) == 2

    def test_in_a_later_request(self, store: Store) -> None:
        settle(store, ["c1a"])
        who = sender(store)
        assert keep(store, who, report()) == Received(1, 0, ())
        assert keep(store, who, report(), at=AT + dt.timedelta(days=40)) == Received(0, 1, ())
        assert [row.recorded_on for row in kept(store)] == [AT.date()]

    def test_by_file_and_without_one_under_the_same_source(self, store: Store) -> None:
        settle(store, ["c1a"])
        who = sender(store)
        assert keep(store, who, report(), file="ab" * 32).accepted == 1
        assert keep(store, who, report()) == Received(0, 1, ())
        assert keep(store, who, report(source="other")).accepted == 1

    def test_ids_are_those_of_their_sender(self, store: Store) -> None:
        settle(store, ["c1a"])
        assert [keep(store, sender(store, name), report()).accepted for name in ("health", "police")] == [1, 1]

    def test_what_was_sent_before_makes_nobody_wait_again(self, store: Store) -> None:
        [household] = settle(store, ["c1a"])
        who = sender(store)
        keep(store, who, report())
        before = who_waits(store)
        keep(store, who, report(), at=AT + SECOND)
        assert who_waits(store) == before == {household: (kept(store)[0].event, 1)}

    @pytest.mark.parametrize(
        "changes",
        [
            {"household_id": "h1"},
            {"kind": "listed"},
            {"occurred_on": OCCURRED - dt.timedelta(days=1)},
            {"amount": None},
            {"amount": 20.000001},
            {"cause": "illness"},
        ],
    )
    def test_another_event_under_the_same_id_is_refused(self, store: Store, changes: dict[str, Any]) -> None:
        settle(store, ["c1a", "c1a"])
        who = sender(store)
        other = report(**changes)
        assert rules(keep(store, who, report(), other)) == [(11, "id_reused")]
        assert rules(keep(store, who, other, report("2"), at=AT + SECOND)) == [(10, "id_reused")]
        assert len(kept(store)) == 2

    def test_the_same_batch_twice_at_the_same_time(self, store: Store) -> None:
        numbers = settle(store, ["c1a"] * 30)
        who, start = sender(store), threading.Barrier(4)
        batch = [report(str(place), f"h{place}") for place in range(len(numbers))]

        def send(turn: int) -> Received:
            start.wait(30)
            # the other way round for every second one: nobody may wait for the other in a circle
            return keep(store, who, *(batch if turn % 2 else reversed(batch)), at=AT + turn * SECOND)

        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(send, range(4)))
        assert sorted(one.accepted for one in found) == [0, 0, 0, 30]
        assert sum(one.known for one in found) == 90
        assert len(kept(store)) == 30
        assert {ticket for _, ticket in who_waits(store).values()} == {1}

    def test_two_departments_about_the_same_households_at_the_same_time(self, store: Store) -> None:
        numbers = settle(store, ["c1a"] * 30)
        names, start = ("health", "police", "schools", "water"), threading.Barrier(4)
        senders = [sender(store, name) for name in names]
        batch = [report(str(place), f"h{place}") for place in range(len(numbers))]

        def send(turn: int) -> Received:
            start.wait(30)
            return keep(store, senders[turn], *(batch if turn % 2 else reversed(batch)), at=AT + turn * SECOND)

        with ThreadPoolExecutor(4) as pool:
            assert list(pool.map(send, range(4))) == [Received(30, 0, ())] * 4
        first = {one: min(row.event for row in kept(store) if row.household == one) for one in numbers}
        assert who_waits(store) == {one: (first[one], 4) for one in numbers}


class TestWhose:
    def test_unknown_and_out_of_the_area_are_answered_alike(self, store: Store) -> None:
        settle(store, ["c1a", "c2", "c10"])
        who = sender(store, area="/c/c1/")
        found = keep(store, who, report("1", "h0"), report("2", "h1"), report("3", "h2"), report("4", "nobody"))
        assert rules(found) == [(place, "unknown_household") for place in (11, 12, 13)]
        assert len({fault for _, fault in found.refused}) == 1
        assert found.accepted == 1

    def test_a_refused_one_uses_no_id_up(self, store: Store) -> None:
        settle(store, ["c1a"])
        who = sender(store)
        assert rules(keep(store, who, report("1", "nobody"), report("1", "h0"))) == [(10, "unknown_household")]
        assert len(kept(store)) == 1

    def test_nothing_at_all(self, store: Store) -> None:
        settle(store, ["c1a"])
        assert keep(store, sender(store)) == NOTHING
        assert who_waits(store) == {}


class TestWhen:
    def test_late_and_out_of_order_ones_count_as_known_on_the_day_they_came(self, store: Store) -> None:
        settle(store, ["c1a"])
        days = [dt.date(2021, 5, 30), dt.date(1999, 12, 31), dt.date(2021, 6, 1), dt.date(2020, 2, 29)]
        found = keep(store, sender(store), *(report(str(n), occurred_on=day) for n, day in enumerate(days)))
        assert found == Received(4, 0, ())
        assert [(row.occurred_on, row.recorded_on) for row in kept(store)] == [(day, AT.date()) for day in days]

    def test_the_day_is_the_one_that_is_told_whatever_it_is_elsewhere(self, store: Store) -> None:
        settle(store, ["c1a"])
        at, day = dt.datetime(2021, 6, 1, 23, 59, 59, 999_999, tzinfo=dt.UTC), dt.date(2021, 6, 2)
        keep(store, sender(store), report(), at=at, day=day)
        [row] = kept(store)
        assert (row.recorded_on, row.received_at) == (day, at)


def test_each_keeps_where_it_comes_from(store: Store) -> None:
    [household] = settle(store, ["c1a"])
    who = sender(store, "clinic", Origin.OFFICIAL_CHECK)
    keep(store, who, report(amount=None, cause="illness"), file="c0ffee" * 10)
    keep(store, who, report("2", amount=0.1), at=AT + SECOND)
    first, second = kept(store)
    assert first._asdict() | {"event": 0} == {
        "event": 0,
        "household": household,
        "kind": "illness",
        "occurred_on": OCCURRED,
        "recorded_on": AT.date(),
        "amount": None,
        "cause": "illness",
        "fingerprint": fingerprint_of(who, report()),
        "source": "clinic sha256:c0ffeec0ffeec0ffeec0ffee",
        "load": None,
        "sender": "client:clinic",
        "received_at": AT,
        "origin": "official_check",
    }
    assert (second.source, second.amount, second.received_at) == ("clinic", 0.1, AT + SECOND)


def test_the_longest_source_has_room_for_the_file_s_digest(store: Store) -> None:
    settle(store, ["c1a"])
    assert keep(store, sender(store), report(source="村" * 200), file="ab" * 32).accepted == 1


def test_more_than_one_statement_holds(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report_rows, "MOST_PARAMETERS", 3)
    numbers = settle(store, ["c1a"] * 8)
    who = sender(store)
    batch = [report(str(place), f"h{place}") for place in range(8)]
    assert keep(store, who, *batch) == Received(8, 0, ())
    assert keep(store, who, *batch, at=AT + SECOND) == Received(0, 8, ())
    assert sorted(who_waits(store)) == numbers


def test_a_batch_that_fails_leaves_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    settle(store, ["c1a"])
    who = sender(store)

    def fail(*_: Any) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patch, pytest.raises(ZeroDivisionError):
        patch.setattr(report_rows, "_let_wait", fail)
        keep(store, who, report())
    with store.reading() as connection:
        assert connection.execute(select(func.count()).select_from(event_ids)).scalar_one() == 0
    assert (list(kept(store)), who_waits(store)) == ([], {})
    assert keep(store, who, report()).accepted == 1


def test_an_event_with_a_lower_number_that_is_committed_later_is_looked_at(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Numbers are given when a row is added: who is first to add may be the last to commit."""
    if store.backend != POSTGRES:
        pytest.skip("one writes at a time")
    [household] = settle(store, ["c1a"])
    slow, quick = sender(store, "slow"), sender(store, "quick")
    added, go_on, let_wait = threading.Event(), threading.Event(), report_rows._let_wait

    def wait_first(into: Store, connection: Connection, new: Any, subjects: Any, now: dt.datetime) -> None:
        if now == AT:
            added.set()
            assert go_on.wait(30)
        let_wait(into, connection, new, subjects, now)

    monkeypatch.setattr(report_rows, "_let_wait", wait_first)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(keep, store, slow, report())
        assert added.wait(30)
        keep(store, quick, report(), at=AT + SECOND)
        go_on.set()
        first.result(30)
    assert [row.sender for row in kept(store)] == ["client:slow", "client:quick"]
    assert who_waits(store) == {household: (kept(store)[0].event, 2)}


def test_ids_of_every_length_and_script_can_be_told_apart(store: Store) -> None:
    settle(store, ["c1a"])
    ids = ["1", "01", "1 ", "一", "é", "e\u0301", "x" * 128, "x" * 127, "'; --", "%", "\\"]
    assert keep(store, sender(store), *(report(one) for one in ids)) == Received(len(ids), 0, ())
    with store.reading() as connection:
        assert connection.execute(select(func.count(event_ids.c.event_key.distinct()))).scalar_one() == len(ids)
