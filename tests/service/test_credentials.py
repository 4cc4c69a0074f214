"""What came with a request is read as it was sent, and what is remembered is never remembered too long."""

from __future__ import annotations

import datetime as dt

import pytest
from starlette.requests import Request

from helpers.accounts import NOW
from riskmodel.service.access import Principal
from riskmodel.service.credentials import Known, Memory, Shown, shown_by
from riskmodel.service.tokens import hash_of_secret

KNOWN = Known(Principal("client", "a", None, frozenset(), ""), None)
SECOND = dt.timedelta(seconds=1)


def shown(headers: dict[str, str], secure: bool = False) -> Shown | None:
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    return shown_by(Request({"type": "http", "headers": raw}), secure)


@pytest.mark.parametrize(
    ("headers", "secure", "secret", "by_cookie"),
    [
        ({"authorization": "Bearer abc"}, False, "abc", False),
        ({"authorization": "bearer  abc "}, False, "abc", False),
        ({"authorization": "Bearer abc", "cookie": "session=xyz"}, False, "abc", False),
        ({"cookie": "lang=zh; session=xyz"}, False, "xyz", True),
        ({"cookie": "session=xyz; __Host-session=abc"}, True, "abc", True),
    ],
)
def test_what_was_sent(headers: dict[str, str], secure: bool, secret: str, by_cookie: bool) -> None:
    assert shown(headers, secure) == Shown(hash_of_secret(secret), by_cookie)


@pytest.mark.parametrize(
    "headers",
    [{}, {"cookie": "lang=zh"}, {"authorization": "Basic abc"}, {"authorization": "", "cookie": "session=xyz"}],
)
def test_nothing_was_sent(headers: dict[str, str]) -> None:
    assert shown(headers) is None


def test_a_cookie_of_the_open_kind_is_not_taken_where_secure_ones_are_meant() -> None:
    assert shown({"cookie": "session=xyz"}, secure=True) is None


def test_a_second_and_no_longer() -> None:
    memory, one = Memory(), Shown("a", False)
    memory.remember(one, KNOWN, NOW)
    assert memory.recall(one, NOW) is KNOWN
    assert memory.recall(one, NOW + SECOND - dt.timedelta(microseconds=1)) is KNOWN
    assert memory.recall(one, NOW + SECOND) is None
    assert memory.recall(one, NOW - dt.timedelta(microseconds=1)) is None, "the clock was set back"
    assert memory.recall(Shown("a", True), NOW) is None, "a key is no session"


def test_only_so_much_is_remembered() -> None:
    memory = Memory(most=3)
    for number in range(5):
        memory.remember(Shown(str(number), False), KNOWN, NOW)
    assert [memory.recall(Shown(str(number), False), NOW) for number in range(5)] == [None, None, KNOWN, KNOWN, KNOWN]


def test_what_ended_is_forgotten_and_stays_ended() -> None:
    memory, one = Memory(), Shown("a", True)
    memory.remember(one, KNOWN, NOW)
    memory.end(one)
    assert memory.recall(one, NOW) is None
    assert memory.has_ended(one)
    assert not memory.has_ended(Shown("b", True))


def test_expiry() -> None:
    expiring = Known(KNOWN.principal, NOW)
    assert expiring.is_valid(NOW - dt.timedelta(microseconds=1))
    assert not expiring.is_valid(NOW)
    assert KNOWN.is_valid(NOW)
