"""Alerts are numbered in the order of commits, told once as long as a trouble has not cooled down, and read by a cursor."""

from __future__ import annotations

import datetime as dt
import random
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import delete, insert, select

from helpers.population import settle
from helpers.reports import AT, OCCURRED
from helpers.standings import stand
from riskmodel.service.access import Origin
from riskmodel.service.alerting import Case, Draft, Standing, Struck
from riskmodel.service.store import alert_rows
from riskmodel.service.store.alert_rows import alerts_after, alerts_by_number, events_of, last_sign, raise_alerts
from riskmodel.service.store.case_rows import cases_of, note
from riskmodel.service.store.decisions import Judgement, Outcome, add_decision
from riskmodel.service.store.engine import Store
from riskmodel.service.store.households import subjects_of
from riskmodel.service.store.tables import alerts, events

BANDS = ("high", "watch", "low")
AS_OF = dt.date(2021, 6, 2)
COOLDOWN = dt.timedelta(days=90)
DAY, MOMENT = dt.timedelta(days=1), dt.timedelta(microseconds=1)
SCREENING, MODEL = Origin.DEPARTMENT_SCREENING, Origin.MODEL
WRITERS, ROUNDS = 8, 12


def draft(
    store: Store,
    household: int,
    group: str = "health",
    *origins: Origin,
    band: str | None = None,
    said: Standing | None = None,
    struck: Sequence[Struck] = (),
    **more: Any,
) -> Draft:
    with store.reading() as connection:
        subject = subjects_of(connection, [household])[household]
    score = None if band is None else {"probability": 0.25, "band": band}
    return Draft(Case(subject, struck, None, None, said, score), group, set(origins or [SCREENING]), **more)


def tell(store: Store, *drafts: Draft, now: dt.datetime = AT, said: dict[int, int] | None = None) -> list[int]:
    with store.writing() as connection:
        return raise_alerts(store, connection, drafts, said or {}, as_of=AS_OF, now=now, cooldown=COOLDOWN, bands=BANDS)


def rows(store: Store) -> list[tuple[int, int, str, int | None]]:
    with store.reading() as connection:
        columns = alerts.c["alert", "household", "group", "repeats"]
        return [tuple(row) for row in connection.execute(select(*columns).order_by(alerts.c.alert))]


def read(store: Store, path: str = "", after: int = 0, most: int = 1000, origin: Origin | None = None) -> list[int]:
    with store.reading() as connection:
        return [row.alert for row in alerts_after(connection, path, after, most, origin)]


def test_all_that_is_known_is_kept_and_read(store: Store) -> None:
    [household] = settle(store, ["c1a"])
    stand(store, [household], [(0.25, "watch")])
    moved = [["illness", -0.5, 0.75, None, 1.0]]
    one = draft(
        store, household, "health", MODEL, SCREENING, Origin.SELF_REPORT,
        band="watch", said=Standing(0.125, "low"), struck=[Struck(5, "health", SCREENING), Struck(7, "income", None)],
        rules=["ill"], moved=moved,
    )  # fmt: skip
    assert tell(store, one, said={household: 1}) == [1]
    with store.reading() as connection:
        [row] = alerts_after(connection, "", 0, 10)
        assert alerts_by_number(connection, [1, 2]) == [row]
    assert row._asdict() == {
        "alert": 1,
        "household": household,
        "raised_at": AT,
        "origin": "self_report",
        "origins": ["self_report", "department_screening", "model"],
        "group": "health",
        "repeats": None,
        "rules": ["ill"],
        "events": [5],
        "as_of": AS_OF,
        "score": 1,
        "probability": 0.25,
        "band": "watch",
        "previous_probability": 0.125,
        "previous_band": "low",
        "moved": moved,
        "version": "v1",
        "digest": "d",
        "household_id": "h0",
        "pseudonym": "p0",
        "area_code": "c1a",
        "path": "/c/c1/c1a/",
    }


def test_a_household_that_is_not_at_risk_has_no_score(store: Store) -> None:
    [household] = settle(store, ["c1a"])
    tell(store, draft(store, household, "health", Origin.SELF_REPORT))
    with store.reading() as connection:
        [row] = alerts_after(connection, "", 0, 10)
    assert (row.score, row.probability, row.band, row.version) == (None, None, None, None)


def test_nothing_to_tell(store: Store) -> None:
    assert tell(store) == [] and rows(store) == []


class TestCoolingDown:
    def test_one_illness_is_one_alert(self, store: Store) -> None:
        [household] = settle(store, ["c1a"])
        assert tell(store, draft(store, household)) == [1]
        assert tell(store, draft(store, household), now=AT + DAY) == []
        assert tell(store, draft(store, household), now=AT + COOLDOWN - MOMENT) == []
        # what is repeated is kept, and names what was told
        assert [repeats for *_, repeats in rows(store)] == [None, 1, 1]
        assert read(store) == [1]
        with store.reading() as connection:
            assert [row.alert for row in alerts_by_number(connection, [1, 2, 3])] == [1]

    def test_afterwards_it_is_told_again(self, store: Store) -> None:
        [household] = settle(store, ["c1a"])
        tell(store, draft(store, household))
        # repeats do not put off the end
        tell(store, draft(store, household), now=AT + 89 * DAY)
        assert tell(store, draft(store, household), now=AT + COOLDOWN) == [3]
        assert tell(store, draft(store, household), now=AT + COOLDOWN + DAY) == []
        assert [repeats for *_, repeats in rows(store)] == [None, 1, None, 3]

    def test_other_groups_and_other_households_are_other_troubles(self, store: Store) -> None:
        first, second = settle(store, ["c1a", "c1a"])
        tell(store, draft(store, first))
        assert tell(store, draft(store, first, "income"), draft(store, second), now=AT + DAY) == [2, 3]

    @pytest.mark.parametrize(
        ("before", "after", "origins", "told"),
        [
            ("watch", "high", (MODEL,), True),
            ("low", "high", (MODEL, SCREENING), True),
            ("watch", "watch", (MODEL,), False),
            ("high", "watch", (MODEL,), False),
            # the model did not notice: it was in that band before
            ("watch", "high", (SCREENING,), False),
            (None, "high", (MODEL,), False),
            ("gone", "high", (MODEL,), False),
            ("watch", None, (MODEL,), False),
        ],
    )
    def test_a_higher_band_is_told_at_once(
        self, store: Store, before: str | None, after: str | None, origins: tuple[Origin, ...], told: bool
    ) -> None:
        [household] = settle(store, ["c1a"])
        tell(store, draft(store, household, band=before))
        found = tell(store, draft(store, household, "health", *origins, band=after), now=AT + DAY)
        assert found == ([2] if told else [])

    def test_the_higher_band_is_the_one_to_be_passed_from_then_on(self, store: Store) -> None:
        [household] = settle(store, ["c1a"])
        for place, (band, told) in enumerate([("low", True), ("watch", True), ("watch", False), ("high", True)]):
            found = tell(store, draft(store, household, "health", MODEL, band=band), now=AT + place * DAY)
            assert bool(found) is told, place
        assert [repeats for *_, repeats in rows(store)] == [None, None, 2, None]


def decide(store: Store, household: int, at: dt.datetime, outcome: Outcome = Outcome.NOT_NOW) -> None:
    with store.writing() as connection:
        judgement = Judgement(outcome, "seen", next_on=AS_OF)
        add_decision(store, connection, household, judgement, by="li", role="reviewer", at=at)


def waits(store: Store, household: int) -> tuple[dt.datetime | None, str | None]:
    with store.reading() as connection:
        row = cases_of(connection, [household])[household]
    return row.waiting_since, row.origin


class TestSigns:
    """What a household waits with until somebody decides, and what comes to wait again afterwards."""

    def test_what_comes_after_a_decision_is_no_repetition(self, store: Store) -> None:
        household, other = settle(store, ["c1a", "c1b"])
        tell(store, draft(store, household), draft(store, other))
        assert waits(store, household) == (AT, "department_screening")
        decide(store, household, AT + DAY)
        assert waits(store, household) == (None, None)
        assert tell(store, draft(store, household), draft(store, other), now=AT + 2 * DAY) == [3]
        assert waits(store, household) == (AT + 2 * DAY, "department_screening")
        assert waits(store, other) == (AT, "department_screening")
        # and from then on it is one illness again
        assert tell(store, draft(store, household), now=AT + 3 * DAY) == []

    @pytest.mark.parametrize("origin", [Origin.SELF_REPORT, Origin.OFFICIAL_CHECK])
    def test_whoever_reports_is_listened_to_each_time(self, store: Store, origin: Origin) -> None:
        [household] = settle(store, ["c1a"])
        tell(store, draft(store, household, "health", origin))
        with store.writing() as connection:
            note(store, connection, household, waiting_since=None, origin=None)
        # no second alert of the same, but it waits again
        assert tell(store, draft(store, household, "health", origin), now=AT + DAY) == []
        assert waits(store, household) == (AT + DAY, origin.value)

    def test_what_others_repeat_is_no_sign(self, store: Store) -> None:
        [household] = settle(store, ["c1a"])
        tell(store, draft(store, household))
        with store.writing() as connection:
            note(store, connection, household, waiting_since=None, origin=None)
        tell(store, draft(store, household), now=AT + DAY)
        assert waits(store, household) == (None, None)

    def test_it_waits_since_its_first_event_was_received(self, store: Store) -> None:
        known, loaded = settle(store, ["c1a", "c1b"])
        received = [AT - 3 * DAY, AT - 2 * DAY, None]
        said = {"kind": "illness", "occurred_on": OCCURRED, "recorded_on": OCCURRED, "source": "s"}
        with store.writing() as connection:
            numbers = [
                connection.execute(
                    insert(events).values(household=home, fingerprint=f"{at}", received_at=at, **said)
                ).inserted_primary_key[0]
                for home, at in zip((known, known, loaded), received, strict=True)
            ]
        struck = [Struck(one, "health", SCREENING) for one in numbers]
        tell(store, draft(store, known, struck=struck[1::-1]), draft(store, loaded, struck=struck[2:]))
        assert waits(store, known) == (AT - 3 * DAY, "department_screening")
        # of what came in a folder nobody knows when it was received
        assert waits(store, loaded) == (AT, "department_screening")

    def test_the_last_one_has_a_number(self, store: Store) -> None:
        household, other = settle(store, ["c1a", "c1b"])

        def last() -> int | None:
            with store.reading() as connection:
                return last_sign(connection, household)

        assert last() is None
        tell(store, draft(store, household), draft(store, other))
        assert last() == 1
        tell(store, draft(store, household), draft(store, household, "health", Origin.SELF_REPORT), now=AT + DAY)
        assert last() == 4


class TestNumbers:
    def test_follow_the_households_and_groups(self, store: Store) -> None:
        first, second = settle(store, ["c1a", "c1a"])
        told = [draft(store, second), draft(store, first, "income"), draft(store, first, "health")]
        assert tell(store, *told) == [1, 2, 3]
        assert [row[1:3] for row in rows(store)] == [(first, "health"), (first, "income"), (second, "health")]

    def test_what_is_not_committed_leaves_no_gap(self, store: Store) -> None:
        [household] = settle(store, ["c1a"])
        with pytest.raises(ZeroDivisionError), store.writing() as connection:
            raise_alerts(
                store, connection, [draft(store, household)], {}, as_of=AS_OF, now=AT, cooldown=COOLDOWN, bands=BANDS
            )
            raise ZeroDivisionError
        assert tell(store, draft(store, household)) == [1]

    def test_one_that_is_erased_is_never_given_again(self, store: Store) -> None:
        [household] = settle(store, ["c1a"])
        tell(store, draft(store, household))
        with store.writing() as connection:
            connection.execute(delete(alerts))
        assert tell(store, draft(store, household)) == [2]


class TestReading:
    def test_page_by_page_area_by_area_and_by_who_noticed(self, store: Store) -> None:
        numbers = settle(store, ["c1a", "c2", "c1b", "c10"])
        tell(store, *(draft(store, one) for one in numbers))
        tell(store, draft(store, numbers[0], "income", MODEL), now=AT + DAY)
        assert read(store) == [1, 2, 3, 4, 5]
        assert read(store, most=2) == [1, 2] and read(store, after=2, most=2) == [3, 4]
        assert read(store, "/c/c1/") == [1, 3, 5]
        assert read(store, "/c/c1/", after=1, most=1) == [3]
        assert read(store, "//") == []
        assert read(store, origin=MODEL) == [5] and read(store, origin=SCREENING) == [1, 2, 3, 4]
        assert read(store, after=2**62) == []

    def test_the_events_that_it_was_raised_for(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(alert_rows, "MOST_PARAMETERS", 2)
        [household] = settle(store, ["c1a"])
        said = {"household": household, "kind": "illness", "occurred_on": OCCURRED, "recorded_on": OCCURRED}
        with store.writing() as connection:
            own = [
                connection.execute(insert(events).values(**said, fingerprint=f"{one}", source="s")) for one in range(5)
            ]
        numbers = [row.inserted_primary_key[0] for row in own]
        tell(store, draft(store, household, struck=[Struck(one, "health", None) for one in numbers[:4]]))
        with store.reading() as connection:
            found = events_of(connection, alerts_after(connection, "", 0, 10))
        assert sorted(found) == numbers[:4]


@pytest.mark.parametrize("path", ["", "/c/c1/"])
def test_a_reader_misses_nothing_and_gets_nothing_twice_while_eight_write(store: Store, path: str) -> None:
    numbers = settle(store, ["c1a", "c2", "c1b", "c10"] * WRITERS)
    drafts = {one: draft(store, one) for one in numbers}
    start, ended = threading.Barrier(WRITERS + 1), threading.Event()

    def write(turn: int) -> None:
        draw = random.Random(turn)
        start.wait(30)
        for place in range(ROUNDS):
            # a transaction that takes a while after the numbers are given, and some that fail
            with store.writing() as connection:
                for group in range(draw.randint(1, 3)):
                    some = draw.sample(numbers[turn::WRITERS], 2)
                    told = [Draft(drafts[one].case, f"{place}-{group}", {SCREENING}) for one in some]
                    raise_alerts(store, connection, told, {}, as_of=AS_OF, now=AT, cooldown=COOLDOWN, bands=BANDS)
                    ended.wait(draw.random() * 0.004)
                if draw.random() < 0.2:
                    connection.get_transaction().rollback()  # type: ignore[union-attr]

    def follow() -> list[int]:
        """Read on from a cursor until everybody has ended and nothing more comes."""
        found: list[int] = []
        start.wait(30)
        while True:
            over = ended.is_set()
            page = read(store, path, after=found[-1] if found else 0, most=5)
            found += page
            if over and not page:
                return found

    with ThreadPoolExecutor(WRITERS + 1) as pool:
        reader = pool.submit(follow)
        for one in [pool.submit(write, turn) for turn in range(WRITERS)]:
            one.result(120)
        ended.set()
        found = reader.result(60)
    every = read(store, path, most=10_000)
    assert found == every and len(every) == len(set(every)) > (WRITERS * ROUNDS if not path else WRITERS)
    if not path:
        # numbers without gaps: what was rolled back used none up
        assert every == list(range(1, len(every) + 1))
