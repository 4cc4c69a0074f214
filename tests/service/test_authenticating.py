"""Keys and sessions count from one moment to another, are looked up seldom, and everybody refused is reported."""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.requests import Request

from helpers.accounts import (
    NOW,
    Clock,
    as_client,
    as_user,
    client,
    key_of,
    settings,
    store_with,
    token_of,
    user,
)
from riskmodel.errors import RiskError, StoreUnavailable
from riskmodel.service.access import Permission, Principal, Public, Role, Rule, Scope, SignedIn
from riskmodel.service.authenticating import Access
from riskmodel.service.credentials import shown_by
from riskmodel.service.refusals import (
    CrossSite,
    Forbidden,
    NoCredentials,
    TooManyRequests,
    Unauthenticated,
)
from riskmodel.service.store.accounts import add_client, disable_user, revoke_client
from riskmodel.service.store.engine import Store

EXPIRY = NOW + dt.timedelta(hours=1)
MOST_MICROSECONDS = 100


def request(headers: dict[str, str], method: str = "GET") -> Request:
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "method": method, "path": "/v1/queue", "headers": raw, "state": {}})


class Asked:
    """Access to a store with a user and three clients, a clock, and what was reported and looked up."""

    def __init__(self, store: Store, **values: object) -> None:
        self.clock, self.store, self.looks = Clock(), store, 0
        self.told: list[tuple[str | None, str]] = []
        self.access = Access(store, settings(**values), self.clock, self.refused)

    def refused(self, _: Request, principal: Principal | None, code: str) -> None:
        self.told.append((principal.actor if principal else None, code))

    def admit(self, headers: dict[str, str], rule: Rule = SignedIn.ANY, method: str = "GET") -> str | None:
        principal = asyncio.run(self.access.admit(request(headers, method), rule))
        return principal.actor if principal else None


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    clients = [client("mon"), client("short", expires_at=EXPIRY), client("all", list(Scope))]
    store = store_with(tmp_path, [user("li", Role.REVIEWER)], clients)
    yield store
    store.close()


@pytest.fixture
def asked(store: Store) -> Asked:
    return Asked(store)


def count_looks(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    reading = asked.store.reading

    def counted():  # type: ignore[no-untyped-def]
        asked.looks += 1
        return reading()

    monkeypatch.setattr(asked.store, "reading", counted)


def test_a_key_is_looked_up_once_a_second(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    asked.admit(as_client("mon"))
    count_looks(asked, monkeypatch)
    for _ in range(50):
        assert asked.admit(as_client("mon")) == "client:mon"
    assert asked.looks == 0
    asked.clock.pass_by(1)
    asked.admit(as_client("mon"))
    assert asked.looks == 1


def test_a_revoked_key_works_for_a_second_at_most(asked: Asked) -> None:
    asked.admit(as_client("mon"))
    with asked.store.writing() as connection:
        revoke_client(connection, "mon", asked.clock())
    asked.clock.pass_by(0.999)
    asked.admit(as_client("mon"))
    asked.clock.pass_by(0.001)
    with pytest.raises(Unauthenticated):
        asked.admit(as_client("mon"))


def test_a_key_expires_to_the_moment_though_it_is_remembered(asked: Asked) -> None:
    asked.clock.now = EXPIRY - dt.timedelta(milliseconds=500)
    asked.admit(as_client("short"))
    asked.clock.now = EXPIRY - dt.timedelta(microseconds=1)
    asked.admit(as_client("short"))
    asked.clock.now = EXPIRY
    with pytest.raises(Unauthenticated):
        asked.admit(as_client("short"))


def test_a_disabled_user_is_out_within_a_second(asked: Asked) -> None:
    assert asked.admit(as_user("li")) == "user:li"
    with asked.store.writing() as connection:
        disable_user(connection, "li", asked.clock())
    asked.clock.pass_by(1)
    with pytest.raises(Unauthenticated):
        asked.admit(as_user("li"))


def test_an_ended_session_is_out_at_once_though_a_look_was_under_way(asked: Asked) -> None:
    by_li = request(as_user("li"))
    known = asyncio.run(asked.access.admit(by_li, SignedIn.ANY))
    shown = shown_by(by_li, secure_cookie=False)
    assert known is not None and shown is not None
    asked.access.memory.end(shown)
    with pytest.raises(Unauthenticated):
        asked.admit(as_user("li"))
    with pytest.raises(Unauthenticated):
        asked.access.authenticate(request(as_user("li")), asked.clock())


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "Bearer "},
        {"authorization": "Bearer rk_unknown"},
        {"authorization": f"Basic {key_of('mon')}"},
        {"authorization": f"Bearer {token_of('li')}"},
        {"cookie": f"session={key_of('mon')}"},
        {"cookie": "session="},
        {"authorization": "Bearer rk_unknown", **as_user("li")},
    ],
)
def test_what_is_neither_a_key_nor_a_session(asked: Asked, headers: dict[str, str]) -> None:
    with pytest.raises(Unauthenticated):
        asked.admit(headers)
    assert asked.told == [(None, "unauthenticated")]


CROSS = {"cookie": f"session={token_of('li')}"}


@pytest.mark.parametrize(
    ("headers", "method", "error"),
    [
        (CROSS, "GET", None),
        (CROSS, "POST", CrossSite),
        (CROSS, "DELETE", CrossSite),
        ({**CROSS, "sec-fetch-site": "cross-site"}, "POST", CrossSite),
        ({**CROSS, "sec-fetch-site": "same-origin"}, "POST", None),
        ({**CROSS, "origin": "https://a.example", "host": "a.example"}, "POST", None),
        ({**CROSS, "origin": "https://b.example", "host": "a.example"}, "POST", CrossSite),
        ({**as_client("all"), "sec-fetch-site": "cross-site"}, "POST", None),
    ],
)
def test_a_session_changes_nothing_for_another_sites_page(
    asked: Asked, headers: dict[str, str], method: str, error: type[RiskError] | None
) -> None:
    if error is None:
        assert asked.admit(headers, method=method)
        return
    with pytest.raises(error):
        asked.admit(headers, method=method)
    assert asked.told == [("user:li", "cross_site")]


def test_whoever_may_not_is_reported_by_name(asked: Asked) -> None:
    with pytest.raises(Forbidden):
        asked.admit(as_user("li"), Permission.PROMOTE)
    with pytest.raises(Forbidden):
        asked.admit(as_client("mon"), Permission.READ_HOUSEHOLDS)
    assert asked.told == [("user:li", "forbidden"), ("client:mon", "forbidden")]


def test_public_routes_ask_for_nothing_and_try_nothing(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    asked.admit({}, Public.ANYONE)
    count_looks(asked, monkeypatch)
    for headers in ({}, as_user("li"), {"authorization": "Bearer rk_unknown"}):
        assert asked.admit(headers, Public.ANYONE) is None
        assert asked.admit(headers, Public.ALWAYS) is None
    assert (asked.looks, asked.told) == (0, [])


def test_without_any_account_nobody_is_answered_until_there_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = Asked(store_with(tmp_path))
    count_looks(asked, monkeypatch)
    assert asked.admit({}, Public.ALWAYS) is None
    for _ in range(3):
        with pytest.raises(NoCredentials):
            asked.admit({}, Public.ANYONE)
        with pytest.raises(NoCredentials):
            asked.admit(as_client("mon"))
    # for the store's shape, and for accounts
    assert asked.looks == 2
    with asked.store.writing() as connection:
        add_client(connection, client("mon"))
    asked.clock.pass_by(1)
    assert asked.admit(as_client("mon")) == "client:mon"
    with asked.store.writing() as connection:
        revoke_client(connection, "mon", NOW)
    asked.clock.pass_by(3600)
    assert asked.admit({}, Public.ANYONE) is None
    asked.store.close()


def test_each_caller_has_a_share_of_its_own(store: Store) -> None:
    asked = Asked(store, requests_per_second=1, burst_requests=2)
    for name in ("mon", "all"):
        asked.admit(as_client(name))
        asked.admit(as_client(name))
        with pytest.raises(TooManyRequests):
            asked.admit(as_client(name))
    asked.clock.pass_by(1)
    asked.admit(as_client("mon"))


def test_where_the_store_does_not_answer_nobody_is_let_in(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    asked.admit(as_client("mon"))

    def gone() -> None:
        raise StoreUnavailable("the store does not answer")

    monkeypatch.setattr(asked.store, "reading", gone)
    asked.clock.pass_by(1)
    with pytest.raises(StoreUnavailable):
        asked.admit(as_client("mon"))


def test_a_remembered_key_costs_little(store: Store) -> None:
    asked = Asked(store, requests_per_second=1, burst_requests=1_000_000)
    busy = request(as_client("all"))

    async def best_of(times: int) -> float:
        await asked.access.admit(busy, Permission.SCORE)
        best = float("inf")
        for _ in range(times):
            start = time.perf_counter()
            for _ in range(200):
                await asked.access.admit(busy, Permission.SCORE)
            best = min(best, (time.perf_counter() - start) / 200)
        return best

    assert asyncio.run(best_of(10)) * 1e6 < MOST_MICROSECONDS
