"""Sessions in the store: people who signed in, until they sign out or half a day has passed."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Connection, delete, insert, select, update

from riskmodel.service.store.accounts import User, user_of
from riskmodel.service.store.tables import sessions, users

LIFETIME = dt.timedelta(hours=12)


def add_session(connection: Connection, token_hash: str, user_name: str, now: dt.datetime) -> None:
    """Begin a session; those that are over are forgotten."""
    connection.execute(delete(sessions).where(sessions.c.expires_at <= now))
    values = {"token_hash": token_hash, "user": user_name, "created_at": now, "expires_at": now + LIFETIME}
    connection.execute(insert(sessions).values(values))


def find_session(connection: Connection, token_hash: str) -> tuple[User, dt.datetime] | None:
    """Return whose session it is and when it expires; None where it has ended or the user is disabled."""
    query = (
        select(users, sessions.c.expires_at)
        .join(sessions, sessions.c.user == users.c.name)
        .where(sessions.c.token_hash == token_hash, sessions.c.ended_at.is_(None), users.c.disabled_at.is_(None))
    )
    row = connection.execute(query).mappings().first()
    return None if row is None else (user_of(row), row["expires_at"])


def end_session(connection: Connection, token_hash: str, now: dt.datetime) -> None:
    """End a session."""
    change = update(sessions).where(sessions.c.token_hash == token_hash, sessions.c.ended_at.is_(None))
    connection.execute(change.values(ended_at=now))
