"""The follow-up list on both databases: what no visit list shows, the most overdue first, part by part, and counted."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import select, update

from conftest import NOW
from helpers.population import settle
from helpers.standings import stand
from riskmodel.service.cases.follow_ups import Kind, Mark, Terms, mark_of
from riskmodel.service.store import follow_rows
from riskmodel.service.store.area_rows import move_lists
from riskmodel.service.store.case_rows import note, note_signs
from riskmodel.service.store.engine import Store
from riskmodel.service.store.follow_rows import Count, FollowUp, Looking, count_follow_ups, follow_ups
from riskmodel.service.store.tables import cases, households, standings

HOMES = ("c1a", "c1b", "c2", "c1a", "c10", "c1b")
TODAY = NOW.date()
TERMS = Terms(TODAY, 15, "UTC")
EVERYWHERE = Looking("", 1)
"""With one household to visit, the one of the highest risk."""


def day(days: int) -> dt.date:
    return TODAY + dt.timedelta(days)


def ago(days: int) -> dt.datetime:
    return NOW - dt.timedelta(days)


@pytest.fixture
def numbers(store: Store) -> list[int]:
    """Settle ``h0`` to ``h5``; the risk of ``h0`` is the highest, and ``h5`` is not at risk."""
    numbers = settle(store, HOMES)
    stand(store, numbers[:5], [(0.9 - place / 10, "high") for place in range(5)])
    with store.writing() as connection:
        for place, number in enumerate(numbers):
            own = update(standings).where(standings.c.household == number)
            connection.execute(own.values(negative_log_odds=place - 10.0))
        signs = [(numbers[0], "model", ago(20)), (numbers[1], "model", ago(20)), (numbers[5], "self_report", ago(3))]
        note_signs(store, connection, signs)
        note(store, connection, numbers[2], outcome="needs_visit", decided_at=ago(9), next_on=day(-2), assignee="li")
        note(store, connection, numbers[3], outcome="monitor", decided_at=ago(30), help_since=ago(28))
        note(store, connection, numbers[4], outcome="not_now", answer_by=day(12), appeal_on=day(-3))
        note(store, connection, numbers[5], outcome="ended", decided_at=ago(40))
    return numbers


def shown(store: Store, looking: Looking = EVERYWHERE, terms: Terms = TERMS, **asked: Any) -> list[FollowUp]:
    with store.reading() as connection:
        return follow_ups(connection, looking, terms, **{"kinds": tuple(Kind), "count": 100} | asked)


def told(numbers: list[int], found: list[FollowUp]) -> list[tuple[str, int, dt.date | None]]:
    return [(one.mark.kind.value, numbers.index(one.mark.household), one.due) for one in found]


def test_the_most_overdue_comes_first_and_what_is_never_due_last(store: Store, numbers: list[int]) -> None:
    assert told(numbers, shown(store)) == [
        ("sign", 1, day(-5)),
        ("visit", 2, day(-2)),
        ("sign", 5, day(12)),
        ("answer", 4, day(12)),
        ("monitored", 3, None),
        ("help", 3, None),
    ]


def test_signs_about_households_on_the_visit_list_are_left_to_it(store: Store, numbers: list[int]) -> None:
    def signs(visits: int, area: str = "") -> list[int]:
        found = shown(store, Looking(area, visits), kinds=[Kind.SIGN])
        return [numbers.index(one.mark.household) for one in found]

    assert (signs(0), signs(1), signs(2), signs(5)) == ([0, 1, 5], [1, 5], [5], [5])
    assert signs(1, "/c/c1/c1b/") == [5], "the list is that of one's own area"


def test_only_what_is_overdue(store: Store, numbers: list[int]) -> None:
    found = shown(store, overdue=True)
    assert told(numbers, found) == [("sign", 1, day(-5)), ("visit", 2, day(-2))]
    assert shown(store, terms=Terms(day(-6), 15, "UTC"), overdue=True) == []
    without = Terms(TODAY, None, "UTC")
    assert [kind for kind, *_ in told(numbers, shown(store, terms=without, overdue=True))] == ["visit"]


def test_by_area_and_by_who_has_it(store: Store, numbers: list[int]) -> None:
    assert {one for _, one, _ in told(numbers, shown(store, Looking("", 1, "/c/c1/")))} == {1, 3, 5}
    assert {one for _, one, _ in told(numbers, shown(store, Looking("/c/c2/", 0)))} == {2}
    assert {one for _, one, _ in told(numbers, shown(store, Looking("", 1, assignee="li")))} == {2}
    assert 2 not in {one for _, one, _ in told(numbers, shown(store, Looking("", 1, assignee="")))}


@pytest.mark.parametrize("within_days", [15, None])
@pytest.mark.parametrize("size", [1, 2, 4])
def test_parts_follow_each_other_without_gap_or_repetition(
    store: Store, numbers: list[int], size: int, within_days: int | None
) -> None:
    terms = Terms(TODAY, within_days, "Asia/Shanghai")
    with store.writing() as connection:
        for number in numbers[:3]:
            note(store, connection, number, answer_by=day(12), appeal_on=day(0), help_since=ago(1))
    everything = shown(store, terms=terms)
    found: list[FollowUp] = []
    while part := shown(store, terms=terms, count=size, after=mark_of(str(found[-1].mark)) if found else None):
        found += part
    assert found == everything


def test_counted_with_those_that_are_overdue(store: Store, numbers: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    def counts(kind: Kind) -> Count:
        with store.reading() as connection:
            return count_follow_ups(connection, EVERYWHERE, TERMS, kind)

    assert {kind.value: (counts(kind).all, counts(kind).overdue) for kind in Kind} == {
        "sign": (2, 1),
        "visit": (1, 1),
        "answer": (1, 0),
        "monitored": (1, 0),
        "help": (1, 0),
    }
    monkeypatch.setattr(follow_rows, "MOST_COUNTED", 0)
    assert counts(Kind.SIGN) == Count(1, 1), "counting ends, and what is overdue comes first"


def test_a_household_that_moves_takes_its_case_along(store: Store, numbers: list[int]) -> None:
    with store.writing() as connection:
        own = households.c.household == numbers[2]
        connection.execute(update(households).where(own).values(area_code="c1a"))
        move_lists(connection, [numbers[2]])
        path = connection.execute(select(cases.c.area_path).where(cases.c.household == numbers[2])).scalar_one()
    assert path == "/c/c1/c1a/"
    assert shown(store, Looking("/c/c2/", 0)) == []


def test_since_when_it_is_so(store: Store, numbers: list[int]) -> None:
    found = {one.mark.kind: one for one in shown(store)}
    assert found[Kind.VISIT].since == ago(9), "since the visit was promised"
    assert found[Kind.ANSWER].since == day(-3)
    assert found[Kind.HELP].since == ago(28)
    assert (found[Kind.SIGN].origin, found[Kind.VISIT].assignee) == ("self_report", "li")


@pytest.mark.parametrize(
    "mark", [Mark(Kind.SIGN, ago(1), 2**40), Mark(Kind.VISIT, day(9), 1), Mark(Kind.HELP, ago(999), 7)]
)
def test_whatever_place_an_address_names_is_answered(store: Store, numbers: list[int], mark: Mark) -> None:
    shown(store, after=mark)
