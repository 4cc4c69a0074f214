"""Accounts are kept as they were made, names and areas are checked, and what was taken back stays taken back."""

from __future__ import annotations

import datetime as dt
import threading

import pytest
from sqlalchemy import insert

from helpers.accounts import NOW, client, key_of, user
from riskmodel.errors import NotFound, RiskError, UsageError
from riskmodel.service.access import Permission, Role, Scope
from riskmodel.service.store import accounts
from riskmodel.service.store.engine import Store
from riskmodel.service.store.sessions import add_session, find_session
from riskmodel.service.store.tables import areas
from riskmodel.service.tokens import hash_of_secret

LATER = NOW + dt.timedelta(hours=1)


def test_users_and_clients_come_back_as_they_went_in(store: Store) -> None:
    people = [user("li", Role.REVIEWER), user("wang.2", Role.ADMIN)]
    programs = [client("all", list(Scope)), client("short", expires_at=LATER)]
    with store.writing() as connection:
        assert not accounts.has_accounts(connection)
        for one in people:
            accounts.add_user(connection, one)
        for other in programs:
            accounts.add_client(connection, other)
    with store.reading() as connection:
        assert accounts.list_users(connection) == people
        assert accounts.list_clients(connection) == programs
        assert accounts.find_user(connection, "li") == people[0]
        assert accounts.find_client(connection, hash_of_secret(key_of("short"))) == programs[1]
        assert accounts.find_user(connection, "LI") is None
        assert accounts.find_client(connection, key_of("short")) is None
        assert accounts.has_accounts(connection)


def test_what_accounts_may_do() -> None:
    principal = client("two", [Scope.EVENTS, Scope.SCORES_FEATURES]).principal
    assert (principal.actor, principal.role) == ("client:two", None)
    assert principal.permissions == {Permission.SEND_EVENTS, Permission.SCORE}
    assert client("none", []).principal.permissions == set()
    limited = user("li", Role.VIEWER, "9901").principal
    assert (limited.actor, limited.role, limited.area_code) == ("user:li", Role.VIEWER, "9901")
    assert limited.permissions == {Permission.READ_HOUSEHOLDS, Permission.READ_MODELS}


@pytest.mark.parametrize("either", ["user", "client"])
def test_one_account_of_a_kind_is_enough(store: Store, either: str) -> None:
    with store.writing() as connection:
        if either == "user":
            accounts.add_user(connection, user("li"))
        else:
            accounts.add_client(connection, client("mon"))
        assert accounts.has_accounts(connection)


@pytest.mark.parametrize("name", ["", "Li", ".li", "-li", "li wang", "li/..", "李", "l" * 65, "li\n", "li\0", "a:b"])
def test_names_that_are_none(store: Store, name: str) -> None:
    for add, account in ((accounts.add_user, user(name)), (accounts.add_client, client(name))):
        with pytest.raises(UsageError, match="expected 1 to 64"), store.writing() as connection:
            add(connection, account)  # type: ignore[operator]


def test_a_name_is_given_once(store: Store) -> None:
    with store.writing() as connection:
        accounts.add_user(connection, user("li"))
        accounts.add_client(connection, client("li"))
    for add, account in ((accounts.add_user, user("li", Role.ADMIN)), (accounts.add_client, client("li"))):
        with pytest.raises(UsageError, match="of this name already") as raised, store.writing() as connection:
            add(connection, account)  # type: ignore[operator]
        assert raised.value.__cause__ is None and "hash" not in str(raised.value)
    with store.reading() as connection:
        assert accounts.list_users(connection) == [user("li")]


def test_a_name_that_two_give_at_once_is_given_once(store: Store) -> None:
    start, errors = threading.Barrier(4), []

    def add() -> None:
        start.wait()
        try:
            with store.writing() as connection:
                accounts.add_user(connection, user("li"))
        except UsageError as error:
            errors.append(error)

    threads = [threading.Thread(target=add) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(errors) == 3


def test_an_area_is_one_that_the_store_knows_if_it_knows_any(store: Store) -> None:
    with store.writing() as connection:
        accounts.add_user(connection, user("early", area_code="9901"))
        row = {"area_code": "9901", "parent": "", "level": "county", "path": "/9901/", "names": {}}
        connection.execute(insert(areas).values(row))
        accounts.add_user(connection, user("li", area_code="9901"))
        accounts.add_user(connection, user("wang"))
    with pytest.raises(UsageError, match="none that the store knows") as raised, store.writing() as connection:
        accounts.add_user(connection, user("zhao", area_code="110101"))
    assert "110101" not in str(raised.value)


def test_disabling_and_a_new_password_end_sessions(store: Store) -> None:
    with store.writing() as connection:
        for name in ("li", "wang", "zhao"):
            accounts.add_user(connection, user(name))
            add_session(connection, hash_of_secret(name), name, NOW)
        accounts.disable_user(connection, "li", LATER)
        accounts.change_password(connection, "wang", "another")
    with store.reading() as connection:
        alive = [name for name in ("li", "wang", "zhao") if find_session(connection, hash_of_secret(name))]
        found = {one.name: (one.disabled_at, one.password_hash == "another") for one in accounts.list_users(connection)}
    assert alive == ["zhao"]
    assert found == {"li": (LATER, False), "wang": (None, True), "zhao": (None, False)}


def test_a_disabled_user_has_no_session_even_where_one_was_begun_meanwhile(store: Store) -> None:
    with store.writing() as connection:
        accounts.add_user(connection, user("li"))
        accounts.disable_user(connection, "li", NOW)
        add_session(connection, "token", "li", NOW)
        assert find_session(connection, "token") is None


def test_a_key_is_taken_back_once(store: Store) -> None:
    with store.writing() as connection:
        accounts.add_client(connection, client("mon"))
        accounts.revoke_client(connection, "mon", LATER)
    with store.reading() as connection:
        found = accounts.find_client(connection, hash_of_secret(key_of("mon")))
    assert found is not None and found.revoked_at == LATER
    for act in (accounts.revoke_client, accounts.disable_user):
        for name in ("mon", "nobody"):
            with pytest.raises(NotFound), store.writing() as connection:
                act(connection, name, LATER)
    with pytest.raises(RiskError, match="no user of this name"), store.writing() as connection:
        accounts.change_password(connection, "nobody", "another")


def test_who_is_named_by_the_audit_is_looked_up_as_it_is_now(store: Store) -> None:
    with store.writing() as connection:
        accounts.add_user(connection, user("li"))
        for one in (client("mon"), client("short", expires_at=LATER), client("gone")):
            accounts.add_client(connection, one)
        accounts.revoke_client(connection, "gone", NOW)

        def may(actor: str, now: dt.datetime = NOW) -> bool:
            found = accounts.principal_of_actor(connection, actor, now)
            assert found is None or found.actor == actor
            return found is not None

        assert may("user:li") and may("client:mon") and may("client:short")
        assert not may("client:short", LATER)
        assert not any(may(actor) for actor in ("client:gone", "client:li", "user:mon", "user:nobody", "", "li"))
        accounts.disable_user(connection, "li", NOW)
        assert not may("user:li")
