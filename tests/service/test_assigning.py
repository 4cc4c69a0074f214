"""Handing households over: a supervisor to anybody who may decide there, others only to and from themselves."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import select

from conftest import NOW
from helpers.acts import acts_of
from helpers.population import settle
from riskmodel.errors import NotFound
from riskmodel.service import assigning
from riskmodel.service.access import Role
from riskmodel.service.assigning import Assigning, NotTheirArea, assign, colleagues
from riskmodel.service.refusals import Forbidden
from riskmodel.service.store.accounts import User, add_user, disable_user, find_user
from riskmodel.service.store.case_entries import entries_of
from riskmodel.service.store.case_rows import cases_of
from riskmodel.service.store.engine import Store
from riskmodel.service.store.tables import cases

PEOPLE = {
    "wang": (Role.SUPERVISOR, ""),
    "li": (Role.REVIEWER, "c1"),
    "zhao": (Role.REVIEWER, ""),
    "sun": (Role.VIEWER, ""),
    "qian": (Role.REVIEWER, "c2"),
    "gone": (Role.REVIEWER, "atlantis"),
}


@pytest.fixture
def numbers(store: Store) -> list[int]:
    numbers = settle(store, ["c1a", "c1b", "c2"])
    with store.writing() as connection:
        for name, (role, area) in PEOPLE.items():
            if area != "atlantis":
                add_user(connection, User(name, "x", role, area, NOW, None))
    return numbers


def go(store: Store, who: str, to: str, *ids: str, path: str = "") -> int:
    with store.reading() as connection:
        user = find_user(connection, who)
    assert user is not None
    return assign(store, Assigning(user.principal, ids, to, NOW, "r"), path)


def holders(store: Store, numbers: list[int]) -> list[str | None]:
    with store.reading() as connection:
        found = cases_of(connection, numbers)
    return [found[one].assignee if one in found else None for one in numbers]


def test_a_supervisor_hands_to_who_may_decide_there(store: Store, numbers: list[int]) -> None:
    assert go(store, "wang", "li", "h0", "h1") == 2
    assert holders(store, numbers) == ["li", "li", None]
    assert go(store, "wang", "zhao", "h1") == 1
    assert holders(store, numbers) == ["li", "zhao", None]
    with store.reading() as connection:
        told = [(one.kind, one.by, one.content) for one in entries_of(connection, numbers[1])]
    assert told == [("assigned", "wang", {"to": "li"}), ("assigned", "wang", {"to": "zhao"})]
    assert [(act["action"], act["detail"]["to"], len(act["detail"]["subjects"])) for act in acts_of(store)] == [
        ("assigned", "li", 2),
        ("assigned", "zhao", 1),
    ]


def test_what_changes_nothing_is_not_written_down(store: Store, numbers: list[int]) -> None:
    go(store, "wang", "li", "h0")
    assert go(store, "wang", "li", "h0") == 0
    assert go(store, "wang", "", "h1") == 0
    assert len(acts_of(store)) == 1


@pytest.mark.parametrize("to", ["sun", "qian", "nobody at all"])
def test_not_to_who_may_not_decide_there(store: Store, numbers: list[int], to: str) -> None:
    with pytest.raises(NotTheirArea):
        go(store, "wang", to, "h0")
    assert holders(store, numbers) == [None, None, None]


def test_others_take_what_nobody_has_and_give_back_their_own(store: Store, numbers: list[int]) -> None:
    assert go(store, "li", "li", "h0", path="/c/c1/") == 1
    assert go(store, "li", "", "h0", path="/c/c1/") == 1
    go(store, "wang", "zhao", "h1")
    for to in ("li", ""):
        with pytest.raises(Forbidden):
            go(store, "li", to, "h1", path="/c/c1/")
    with pytest.raises(Forbidden):
        go(store, "li", "zhao", "h0", path="/c/c1/")
    assert holders(store, numbers) == [None, "zhao", None]


def test_all_or_none_and_none_of_another_area(store: Store, numbers: list[int]) -> None:
    with pytest.raises(NotFound):
        go(store, "li", "li", "h0", "h2", path="/c/c1/")
    with pytest.raises(NotFound):
        go(store, "wang", "li", "h0", "missing")
    with store.reading() as connection:
        assert connection.execute(select(cases)).all() == []


def test_of_two_who_take_the_same_household_one_has_it(
    store: Store, numbers: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one is told so, also where both have looked before either has taken it."""
    looked, real = threading.Barrier(2), assigning._check

    def check(*arguments: Any) -> None:
        real(*arguments)
        with suppress(threading.BrokenBarrierError):
            looked.wait(0.5)

    def take(who: str) -> str:
        try:
            return f"{who} took {go(store, who, who, 'h1', 'h0')}"
        except Forbidden:
            return "told"

    monkeypatch.setattr(assigning, "_check", check)
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(take, ["li", "zhao"]))
    assert "told" in found
    [holder] = {one.split()[0] for one in found if one != "told"}
    assert holders(store, numbers[:2]) == [holder, holder]
    with store.reading() as connection:
        assert len(entries_of(connection, numbers[0])) == 1


def test_not_where_one_of_them_is_somebody_elses(store: Store, numbers: list[int]) -> None:
    with pytest.raises(NotTheirArea):
        go(store, "wang", "li", "h0", "h2")
    assert holders(store, numbers) == [None, None, None]


def test_colleagues_are_all_who_decide_about_some_of_it(store: Store, numbers: list[int]) -> None:
    with store.writing() as connection:
        disable_user(connection, "zhao", NOW)
    with store.reading() as connection:
        assert colleagues(connection, ["/c/c1/c1a/"]) == ["li", "wang"]
        assert colleagues(connection, ["/c/c1/c1a/", "/c/c2/"]) == ["li", "qian", "wang"]
        assert colleagues(connection, ["/c/"]) == ["wang"]
        assert colleagues(connection, []) == []
