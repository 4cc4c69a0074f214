"""Commands about accounts: ``riskmodel user`` for people, ``riskmodel client`` for programs."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from riskmodel.commands.operating import opened_store, operator_act
from riskmodel.commands.options import date_of
from riskmodel.errors import UsageError
from riskmodel.service.access import (
    LIMITED_BY_AREA,
    ROLE_PERMISSIONS,
    SCOPE_PERMISSIONS,
    Origin,
    Permission,
    Role,
    Scope,
)

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from riskmodel.service.audit import Action

user = typer.Typer(no_args_is_help=True, help="People who may sign in.")
client = typer.Typer(no_args_is_help=True, help="Programs that may ask.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="a-z, 0-9, '.', '_' and '-'; 64 characters at most.")]
AsRole = Annotated[Role, typer.Option("--role", help="What the person is here for.")]
Scopes = Annotated[list[Scope], typer.Option("--scope", help="What the program is here for; may be given again.")]
Area = Annotated[str, typer.Option("--area", metavar="CODE", help="Limited to this area; left out, to nothing.")]
FromStdin = Annotated[bool, typer.Option("--password-stdin", help="Read the password from the first line of stdin.")]
Expires = Annotated[
    str | None, typer.Option("--expires", metavar="DATE", help="First day (UTC) on which the key is refused.")
]

Kinds = Annotated[
    list[str] | None,
    typer.Option("--event", metavar="KIND", help="A kind of event that it may send; may be given again."),
]
OfOrigin = Annotated[Origin | None, typer.Option("--origin", help="What kind of source its events come from.")]


@user.command("add")
def add_user(name: Name, role: AsRole, area: Area = "", password_stdin: FromStdin = False) -> None:
    """Add a person; a password is drawn and shown this once, unless one is given."""
    from riskmodel.console import now
    from riskmodel.service.audit import Action
    from riskmodel.service.passwords import hash_password
    from riskmodel.service.store import accounts

    _check_area(area, ROLE_PERMISSIONS[role], f"the role {role.value} shows")
    password, told = _password(password_stdin)
    account = accounts.User(name, hash_password(name, password), role, area, now(), None)
    with _act(Action.USER_ADDED, name, role=role.value, area=area) as connection:
        accounts.add_user(connection, account)
    print(f"{name}: {role.value}, {_area(area)}{told}")


@user.command("list")
def list_users() -> None:
    """List people, what they are here for, and where."""
    from riskmodel.service.store import accounts

    with opened_store() as store, store.reading() as connection:
        for one in accounts.list_users(connection):
            state = f", disabled since {one.disabled_at:%Y-%m-%d}" if one.disabled_at else ""
            print(f"{one.name}: {one.role.value}, {_area(one.area_code)}{state}")


@user.command("disable")
def disable_user(name: Name) -> None:
    """Let a person sign in no longer, and end what sessions there are."""
    from riskmodel.console import now
    from riskmodel.service.audit import Action
    from riskmodel.service.store import accounts

    with _act(Action.USER_DISABLED, name) as connection:
        accounts.disable_user(connection, name, now())
    print(f"{name}: disabled")


@user.command("password")
def change_password(name: Name, password_stdin: FromStdin = False) -> None:
    """Give a person another password, and end the sessions that began with the old one."""
    from riskmodel.service.audit import Action
    from riskmodel.service.passwords import hash_password
    from riskmodel.service.store import accounts

    password, told = _password(password_stdin)
    password_hash = hash_password(name, password)
    with _act(Action.PASSWORD_CHANGED, name) as connection:
        accounts.change_password(connection, name, password_hash)
    print(f"{name}: has another password{told}")


@client.command("add")
def add_client(
    name: Name,
    scope: Scopes,
    area: Area = "",
    expires: Expires = None,
    event: Kinds = None,
    origin: OfOrigin = None,
) -> None:
    """Add a program; its key is shown this once."""
    from riskmodel.console import now
    from riskmodel.service.audit import Action
    from riskmodel.service.store import accounts
    from riskmodel.service.tokens import hash_of_secret, new_key

    key, at, scopes = new_key(), now(), tuple(dict.fromkeys(scope))
    _check_area(
        area, frozenset().union(*(SCOPE_PERMISSIONS[one] for one in scopes)), f"the scopes {' '.join(scopes)} show"
    )
    expires_at, kinds = _expiry(expires, at), _event_kinds(event or [], origin, scopes)
    account = accounts.Client(name, hash_of_secret(key), scopes, area, at, expires_at, event_kinds=kinds, origin=origin)
    detail = {
        "scopes": [one.value for one in scopes],
        "area": area,
        "expires": expires or "",
        "events": list(kinds),
        "origin": origin.value if origin else "",
    }
    with _act(Action.CLIENT_ADDED, name, **detail) as connection:
        accounts.add_client(connection, account)
    print(f"{name}: {' '.join(scopes)}, {_area(area)}\nkey: {key}")


@client.command("list")
def list_clients() -> None:
    """List programs, what they are here for, and where."""
    from riskmodel.service.store import accounts

    with opened_store() as store, store.reading() as connection:
        for one in accounts.list_clients(connection):
            until = f", refused from {one.expires_at:%Y-%m-%d}" if one.expires_at else ""
            state = f", revoked on {one.revoked_at:%Y-%m-%d}" if one.revoked_at else until
            print(f"{one.name}: {' '.join(one.scopes)}, {_area(one.area_code)}{state}")


@client.command("revoke")
def revoke_client(name: Name) -> None:
    """Take a program's key back; it is refused after a second at most."""
    from riskmodel.console import now
    from riskmodel.service.audit import Action
    from riskmodel.service.store import accounts

    with _act(Action.CLIENT_REVOKED, name) as connection:
        accounts.revoke_client(connection, name, now())
    print(f"{name}: revoked")


@contextmanager
def _act(action: Action, name: str, **detail: object) -> Iterator[Connection]:
    """Give a connection for one act on an account; the act and the audit's entry about it are kept together."""
    from riskmodel.console import now
    from riskmodel.service.store import audit_log

    with opened_store() as store, store.writing() as connection:
        yield connection
        audit_log.append(store, connection, [operator_act(now(), action, name, detail)])


def _password(from_stdin: bool) -> tuple[str, str]:
    """Return a password, and how it is told: one that was drawn is shown, one that was given is not."""
    from riskmodel.service.passwords import new_password

    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n"), ""
    password = new_password()
    return password, f"\npassword: {password}"


def _check_area(area: str, permissions: frozenset[Permission], whose: str) -> None:
    """Refuse an area that would seem to limit an account, and would not."""
    if area and not permissions & LIMITED_BY_AREA:
        raise UsageError(f"--area: it limits which households are seen, and {whose} none; leave it out")


def _event_kinds(kinds: list[str], origin: Origin | None, scopes: tuple[Scope, ...]) -> tuple[str, ...]:
    """Check what events a program may send: whoever has the scope needs kinds and an origin, and nobody else has any."""
    from riskmodel.commands.options import programme_of, settings
    from riskmodel.programme.dictionary import EVENTS

    if Scope.EVENTS not in scopes:
        if kinds or origin:
            raise UsageError("--event and --origin: they belong to the scope events; add `--scope events`")
        return ()
    if not kinds or origin is None or origin is Origin.MODEL:
        known = ", ".join(one for one in Origin if one is not Origin.MODEL)
        raise UsageError(f"the scope events needs at least one `--event KIND` and `--origin` as one of {known}")
    named = {column.name for column in programme_of(settings().programme).dictionary.table(EVENTS)}
    unknown = sorted(set(kinds) - named)
    if unknown:
        raise UsageError(f"--event {unknown[0]}: expected one of {', '.join(sorted(named))}")
    return tuple(dict.fromkeys(kinds))


def _expiry(text: str | None, now: dt.datetime) -> dt.datetime | None:
    day = date_of(text, "--expires")
    if day is None:
        return None
    expires_at = dt.datetime.combine(day, dt.time(), dt.UTC)
    if expires_at <= now:
        raise UsageError("--expires: expected a date in the future")
    return expires_at


def _area(area_code: str) -> str:
    return f"area {area_code}" if area_code else "all areas"
