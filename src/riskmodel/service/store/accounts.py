"""Accounts in the store: people and programs that may ask.

Each function works in the caller's transaction, so that what it does and the audit entry about it are kept together.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, RowMapping, delete, exists, insert, literal, or_, select, update
from sqlalchemy.exc import IntegrityError

from riskmodel.errors import NotFound, UsageError
from riskmodel.service.access import (
    ROLE_PERMISSIONS,
    SCOPE_PERMISSIONS,
    Feed,
    Origin,
    Permission,
    Principal,
    Role,
    Scope,
)
from riskmodel.service.store.tables import areas, clients, sessions, users

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}", re.ASCII)
"""What accounts may be called."""


@dataclass(frozen=True, slots=True)
class User:
    """A person's account.

    Attributes
    ----------
    name : str
        What it is called.
    password_hash : str
        What is kept of the password.
    role : Role
        What the person is here for.
    area_code : str
        The area that the person is limited to; empty for everything.
    created_at : datetime
        Since when there is the account.
    disabled_at : datetime or None
        Since when it may not be used.
    """

    name: str
    password_hash: str
    role: Role
    area_code: str
    created_at: dt.datetime
    disabled_at: dt.datetime | None

    @property
    def principal(self) -> Principal:
        """Who asks where this account is used."""
        return Principal("user", self.name, self.role, ROLE_PERMISSIONS[self.role], self.area_code)


@dataclass(frozen=True, slots=True)
class Client:
    """A program's account.

    Attributes
    ----------
    name : str
        What it is called.
    key_hash : str
        What is kept of the key.
    scopes : tuple of Scope
        What the program is here for.
    area_code : str
        The area that it is limited to; empty for everything.
    created_at : datetime
        Since when there is the account.
    expires_at : datetime or None
        From when on the key is refused.
    revoked_at : datetime or None
        When the key was taken back.
    event_kinds : tuple of str
        Kinds of events that it may send.
    origin : Origin or None
        What kind of source of events it is; none where it sends none.
    """

    name: str
    key_hash: str
    scopes: tuple[Scope, ...]
    area_code: str
    created_at: dt.datetime
    expires_at: dt.datetime | None = None
    revoked_at: dt.datetime | None = None
    event_kinds: tuple[str, ...] = ()
    origin: Origin | None = None

    @property
    def principal(self) -> Principal:
        """Who asks where this account is used."""
        none: frozenset[Permission] = frozenset()
        permissions = none.union(*(SCOPE_PERMISSIONS[scope] for scope in self.scopes))
        feed = Feed(frozenset(self.event_kinds), self.origin) if self.origin else None
        return Principal("client", self.name, None, permissions, self.area_code, feed)


def is_account_name(name: str) -> bool:
    """Tell whether an account may be called so."""
    return NAME.fullmatch(name) is not None


def check_new_account(connection: Connection, name: str, area_code: str) -> None:
    """Check what a new account is to be called and limited to.

    Raises
    ------
    UsageError
        If the name is no name, or the store has areas and this is none of them.
    """
    if not is_account_name(name):
        raise UsageError(
            "the name is not one for an account; expected 1 to 64 of a-z, 0-9, '.', '_' and '-', a letter or digit first"
        )
    if not area_code:
        return
    is_area = exists().where(areas.c.area_code == area_code)
    known, any_known = connection.execute(select(is_area, exists(select(areas.c.area_code)))).one()
    if any_known and not known:
        raise UsageError("the area's code is none that the store knows; give one of the loaded areas")


def add_user(connection: Connection, user: User) -> None:
    """Add a person's account.

    Raises
    ------
    UsageError
        If the name or the area is not as expected, or the name is taken.
    """
    check_new_account(connection, user.name, user.area_code)
    values = {**asdict(user), "role": user.role.value}
    try:
        connection.execute(insert(users).values(values))
    except IntegrityError:
        raise UsageError("there is a user of this name already; choose another name") from None


def add_client(connection: Connection, client: Client) -> None:
    """Add a program's account.

    Raises
    ------
    UsageError
        If the name or the area is not as expected, or the name is taken.
    """
    check_new_account(connection, client.name, client.area_code)
    values = {**asdict(client), "scopes": [scope.value for scope in client.scopes]}
    try:
        connection.execute(insert(clients).values(values))
    except IntegrityError:
        raise UsageError("there is a client of this name already; choose another name") from None


def find_user(connection: Connection, name: str) -> User | None:
    """Return the user of a name, disabled or not."""
    row = connection.execute(select(users).where(users.c.name == name)).mappings().first()
    return None if row is None else user_of(row)


def find_client(connection: Connection, key_hash: str) -> Client | None:
    """Return the client of a key, expired and revoked ones included."""
    row = connection.execute(select(clients).where(clients.c.key_hash == key_hash)).mappings().first()
    return None if row is None else _client_of(row)


def principal_of_actor(connection: Connection, actor: str, now: dt.datetime) -> Principal | None:
    """Return what an account may do that is named as the audit names it; None where it may no longer be used."""
    kind, _, name = actor.partition(":")
    if kind == "user":
        user = find_user(connection, name)
        return None if user is None or user.disabled_at else user.principal
    row = connection.execute(select(clients).where(clients.c.name == name)).mappings().first()
    client = None if row is None else _client_of(row)
    if client is None or client.revoked_at or (client.expires_at is not None and client.expires_at <= now):
        return None
    return client.principal


def list_users(connection: Connection) -> list[User]:
    """Return every user, by name."""
    return [user_of(row) for row in connection.execute(select(users).order_by(users.c.name)).mappings()]


def list_clients(connection: Connection) -> list[Client]:
    """Return every client, by name."""
    return [_client_of(row) for row in connection.execute(select(clients).order_by(clients.c.name)).mappings()]


def disable_user(connection: Connection, name: str, now: dt.datetime) -> None:
    """Let an account be used no longer; its sessions end.

    Raises
    ------
    NotFound
        If no user of this name may be used.
    """
    change = update(users).where(users.c.name == name, users.c.disabled_at.is_(None)).values(disabled_at=now)
    if connection.execute(change).rowcount == 0:
        raise NotFound("there is no user of this name, or it is disabled already; see `riskmodel user list`")
    connection.execute(delete(sessions).where(sessions.c.user == name))


def change_password(connection: Connection, name: str, password_hash: str) -> None:
    """Give a user another password; sessions that began with the old one end.

    Raises
    ------
    NotFound
        If there is no user of this name.
    """
    change = update(users).where(users.c.name == name).values(password_hash=password_hash)
    if connection.execute(change).rowcount == 0:
        raise NotFound("there is no user of this name; see `riskmodel user list`")
    connection.execute(delete(sessions).where(sessions.c.user == name))


def revoke_client(connection: Connection, name: str, now: dt.datetime) -> None:
    """Take a client's key back.

    Raises
    ------
    NotFound
        If no client of this name has a key.
    """
    change = update(clients).where(clients.c.name == name, clients.c.revoked_at.is_(None)).values(revoked_at=now)
    if connection.execute(change).rowcount == 0:
        raise NotFound("there is no client of this name, or it is revoked already; see `riskmodel client list`")


def has_accounts(connection: Connection) -> bool:
    """Tell whether there is any user or client."""
    anyone = or_(exists(select(literal(1)).select_from(users)), exists(select(literal(1)).select_from(clients)))
    return bool(connection.execute(select(anyone)).scalar_one())


def user_of(row: RowMapping) -> User:
    """Return the user of a row that holds the columns of ``users``."""
    values = {column.name: row[column.name] for column in users.c}
    return User(**{**values, "role": Role(row["role"])})


def _client_of(row: RowMapping) -> Client:
    typed = {
        "scopes": tuple(Scope(scope) for scope in row["scopes"]),
        "event_kinds": tuple(row["event_kinds"]),
        "origin": Origin(row["origin"]) if row["origin"] else None,
    }
    return Client(**{**row, **typed})
