"""Signing in takes turns, is counted, and is noted in the audit; passwords and tokens show nowhere."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from helpers.accounts import NOW, PASSWORD, REQUEST_ID, Clock, store_with, user
from riskmodel.service import signing_in
from riskmodel.service.access import Role
from riskmodel.service.refusals import TooManyRequests
from riskmodel.service.signing_in import Attempt, Session, SignIns
from riskmodel.service.store.accounts import change_password, disable_user
from riskmodel.service.store.engine import Store
from riskmodel.service.store.tables import audit_entries, sessions
from riskmodel.service.tokens import hash_of_secret

WRONG = "wrong horse battery staple"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = store_with(tmp_path, [user("li"), user("wang", Role.VIEWER, "9901"), user("gone")])
    with store.writing() as connection:
        disable_user(connection, "gone", NOW)
    yield store
    store.close()


@pytest.fixture
def sign_ins(store: Store) -> SignIns:
    return SignIns(store, Clock())


def attempt(name: str, password: str = PASSWORD, address: str = "192.0.2.1") -> Attempt:
    return Attempt(name, password, address, REQUEST_ID)


def audited(store: Store) -> list[dict[str, Any]]:
    with store.reading() as connection:
        query = select(audit_entries.c.content).order_by(audit_entries.c.sequence)
        return [json.loads(content) for content in connection.execute(query).scalars()]


def test_a_session_begins_and_ends(sign_ins: SignIns, store: Store) -> None:
    session = asyncio.run(sign_ins.sign_in(attempt("wang")))
    assert session is not None
    assert (session.principal.actor, session.principal.area_code) == ("user:wang", "9901")
    with store.reading() as connection:
        row = connection.execute(select(sessions).where(sessions.c.token_hash == hash_of_secret(session.token))).one()
    assert (row.user, row.ended_at, (row.expires_at - NOW).total_seconds()) == ("wang", None, 12 * 3600)
    sign_ins.sign_out(session.principal, hash_of_secret(session.token), REQUEST_ID)
    with store.reading() as connection:
        row = connection.execute(select(sessions).where(sessions.c.token_hash == hash_of_secret(session.token))).one()
    assert row.ended_at == NOW
    told = [(entry["action"], entry["actor"], entry["role"], entry["subject"]) for entry in audited(store)]
    assert told == [("signed_in", "user:wang", "viewer", "wang"), ("signed_out", "user:wang", "viewer", "wang")]


@pytest.mark.parametrize(
    ("name", "password", "subject"),
    [
        ("li", WRONG, "li"),
        ("li", "", "li"),
        ("gone", PASSWORD, "gone"),
        ("nobody", PASSWORD, ""),
        (PASSWORD, "li", ""),
        ("LI", PASSWORD, ""),
        ("li" * 1000, PASSWORD, ""),
        ("", "", ""),
        ("li\0", PASSWORD, ""),
        ("' or 1=1 --", PASSWORD, ""),
    ],
)
def test_whatever_is_wrong_is_answered_alike_and_noted(
    sign_ins: SignIns, store: Store, name: str, password: str, subject: str
) -> None:
    assert asyncio.run(sign_ins.sign_in(attempt(name, password))) is None
    (entry,) = audited(store)
    assert (entry["action"], entry["actor"], entry["subject"]) == ("sign_in_failed", "anonymous", subject)
    assert PASSWORD not in json.dumps(entry)


def test_ten_bad_attempts_at_once_get_five_guesses(
    sign_ins: SignIns, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked = []
    monkeypatch.setattr(signing_in, "is_password", lambda password, _: bool(checked.append(password)))

    async def scenario() -> list[Session | BaseException | None]:
        tries = [sign_ins.sign_in(attempt("li", WRONG, f"192.0.2.{number}")) for number in range(10)]
        return await asyncio.gather(*tries, return_exceptions=True)

    found = asyncio.run(scenario())
    assert [type(one) for one in found].count(TooManyRequests) == 5
    assert (found.count(None), len(checked)) == (5, 5)
    with pytest.raises(TooManyRequests):
        asyncio.run(sign_ins.sign_in(attempt("li", PASSWORD, "198.51.100.1")))
    assert len(audited(store)) == 5


def test_who_succeeds_is_not_counted(sign_ins: SignIns, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signing_in, "is_password", lambda *_: True)
    for _ in range(30):
        assert asyncio.run(sign_ins.sign_in(attempt("li"))) is not None


def test_a_password_that_was_changed_meanwhile_begins_no_session(
    sign_ins: SignIns, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow_check(*_: object) -> bool:
        with store.writing() as connection:
            change_password(connection, "li", "another hash")
        return True

    monkeypatch.setattr(signing_in, "is_password", slow_check)
    assert asyncio.run(sign_ins.sign_in(attempt("li"))) is None


def test_nothing_secret_shows_where_values_are_printed(sign_ins: SignIns) -> None:
    session = asyncio.run(sign_ins.sign_in(attempt("li")))
    assert session is not None
    assert session.token not in repr(session)
    assert PASSWORD not in repr(attempt("li"))
