"""Who may send what is fixed before anything is read, and what is refused is told in the order in which it came."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from conftest import NOW, TODAY
from helpers.offices import Office, office
from helpers.reports import report
from riskmodel.errors import Fault, NotReady
from riskmodel.service.access import Feed, Origin, Permission, Principal
from riskmodel.service.receiving import Receiving, receiving_of
from riskmodel.service.refusals import Forbidden
from riskmodel.service.state import State
from riskmodel.service.store.report_rows import NOTHING, Received, Sender
from riskmodel.service.store.tables import events

FEED = Feed(frozenset({"illness"}), Origin.OFFICIAL_CHECK)
CLINIC = Principal("client", "clinic", None, frozenset({Permission.SEND_EVENTS}), "c1", FEED)
FAULT = Fault("kind", "unknown_kind", "x")


@pytest.fixture
def place(models_dir: Path, tmp_path: Path) -> Iterator[Office]:
    with office(models_dir, f"sqlite:///{tmp_path / 'store.db'}") as place:
        place.department("clinic", "illness", area="c1")
        yield place


@pytest.fixture
def state(place: Office) -> State:
    found = place.web.app.state.riskmodel  # type: ignore[attr-defined]
    assert isinstance(found, State)
    return found


def test_the_account_says_who_sends_what_and_of_whom(state: State) -> None:
    found = receiving_of(state, CLINIC, "7f0c")
    assert found.sender == Sender("clinic", "client:clinic", Origin.OFFICIAL_CHECK, "/c/c1/")
    assert (found.reading.feed, found.reading.today, found.reading.programme.name) == (FEED, TODAY, "tinyland")
    assert (found.now, found.request_id) == (NOW, "7f0c")
    everywhere = receiving_of(state, replace(CLINIC, area_code=""), "")
    assert everywhere.sender.area_path == ""


@pytest.mark.parametrize("feed", [None, Feed(frozenset(), Origin.SELF_REPORT)])
def test_an_account_that_nobody_gave_kinds_to(state: State, feed: Feed | None) -> None:
    with pytest.raises(Forbidden):
        receiving_of(state, replace(CLINIC, feed=feed), "")


def test_without_a_model_nobody_knows_the_kinds(tmp_path: Path) -> None:
    with office(tmp_path / "no models", f"sqlite:///{tmp_path / 'store.db'}") as place, pytest.raises(NotReady):
        receiving_of(place.web.app.state.riskmodel, replace(CLINIC, area_code=""), "")  # type: ignore[attr-defined]


def test_all_that_is_refused_is_told_in_the_order_of_places(state: State) -> None:
    receiving = receiving_of(state, CLINIC, "")
    read = [
        (0, report("1", "h0")), (1, FAULT), (2, report("2", "h2")), (3, FAULT), (4, report("1", "h0")),
        (5, report("1", "h1")),
    ]  # fmt: skip
    with state.store.writing() as connection:
        found = receiving.keep(connection, read)
        receiving.note(connection, found, sha256="c0ffee")
    assert (found.accepted, found.known) == (1, 1)
    assert [(place, fault.rule) for place, fault in found.refused] == [
        (1, "unknown_kind"), (2, "unknown_household"), (3, "unknown_kind"), (5, "id_reused"),
    ]  # fmt: skip


def test_a_note_holds_figures_alone(place: Office, state: State) -> None:
    receiving = receiving_of(state, CLINIC, "7f0c")
    with state.store.writing() as connection:
        receiving.note(connection, Received(2, 1, ((0, FAULT),)), sha256="c0ffee")
    [act] = place.acts("events_received")
    assert act["detail"] == {"origin": "official_check", "accepted": 2, "known": 1, "refused": 1, "sha256": "c0ffee"}
    assert (act["actor"], act["request_id"]) == ("client:clinic", "7f0c")


@pytest.mark.parametrize(
    ("time_zone", "hour", "day"),
    [
        ("UTC", 23, TODAY),
        ("Asia/Shanghai", 15, TODAY),
        ("Asia/Shanghai", 16, TODAY + dt.timedelta(days=1)),
        ("America/Argentina/Buenos_Aires", 2, TODAY - dt.timedelta(days=1)),
        ("America/Argentina/Buenos_Aires", 3, TODAY),
    ],
)
def test_an_event_is_recorded_on_the_day_that_it_is_where_the_programme_is_at_home(
    state: State, time_zone: str, hour: int, day: dt.date
) -> None:
    """By another day it would be known before it came, or be unseen by the score that it asks for."""
    receiving = receiving_of(state, CLINIC, "")
    programme = receiving.reading.programme
    file = programme.file.model_copy(update={"time_zone": time_zone})
    there = replace(receiving, reading=replace(receiving.reading, programme=replace(programme, file=file)))
    came = there.at(dt.datetime.combine(TODAY, dt.time(hour, 59, 59), dt.UTC))
    assert (came.recorded_on, came.reading.today) == (day, day)
    with state.store.writing() as connection:
        assert came.keep(connection, [(0, report("1", "h0", occurred_on=day))]).accepted == 1
        [row] = connection.execute(select(events)).all()
    assert (row.recorded_on, row.received_at) == (day, came.now)


def test_no_event_is_of_a_day_after_the_one_on_which_it_came(state: State) -> None:
    receiving: Receiving = receiving_of(state, CLINIC, "")
    values = {"event_id": "1", "household_id": "h0", "kind": "illness"}
    days = [TODAY, TODAY + dt.timedelta(days=1)]
    found = [receiving.reading.read({**values, "occurred_on": day}, "clinic") for day in days]
    assert [getattr(one, "rule", "sound") for one in found] == ["sound", "future"]
    assert NOTHING.plus(Received(1, 2, ())) == Received(1, 2, ())
