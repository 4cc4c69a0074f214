"""Sessions end when they are ended, when their time is over, and with the account."""

from __future__ import annotations

import datetime as dt

from helpers.accounts import NOW, user
from riskmodel.service.store import accounts
from riskmodel.service.store.engine import Store
from riskmodel.service.store.sessions import LIFETIME, add_session, end_session, find_session

LATER = NOW + dt.timedelta(hours=1)


def test_a_session_until_it_ends(store: Store) -> None:
    with store.writing() as connection:
        accounts.add_user(connection, user("li"))
        add_session(connection, "a", "li", NOW)
        add_session(connection, "b", "li", NOW)
        assert find_session(connection, "a") == (user("li"), NOW + LIFETIME)
        end_session(connection, "a", LATER)
        assert find_session(connection, "a") is None
        assert find_session(connection, "b") is not None
        assert find_session(connection, "c") is None


def test_sessions_that_are_over_are_forgotten_at_the_next_one(store: Store) -> None:
    with store.writing() as connection:
        accounts.add_user(connection, user("li"))
        add_session(connection, "a", "li", NOW)
        add_session(connection, "b", "li", NOW + LIFETIME - dt.timedelta(seconds=1))
        assert find_session(connection, "a") is not None
        add_session(connection, "c", "li", NOW + LIFETIME)
        assert [find_session(connection, name) is not None for name in "abc"] == [False, True, True]
