"""Handing households to people: who has one, and the audit's entry, are kept together or not at all."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from riskmodel.errors import NotFound
from riskmodel.service.access import Permission, Principal
from riskmodel.service.audit import Act, Action
from riskmodel.service.cases.entries import EntryKind, NewEntry
from riskmodel.service.refusals import Forbidden
from riskmodel.service.store import audit_log
from riskmodel.service.store.accounts import User, list_users
from riskmodel.service.store.case_entries import add_entry
from riskmodel.service.store.case_rows import cases_of, note
from riskmodel.service.store.engine import Store
from riskmodel.service.store.households import Subject, find, path_of

MOST_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Assigning:
    """Who hands which households to whom.

    Attributes
    ----------
    principal : Principal
        Who hands them over.
    ids : tuple of str
        Households.
    to : str
        A user; empty to give them back.
    at : datetime
        Now.
    request_id : str
        Under which the log knows the request.
    """

    principal: Principal
    ids: tuple[str, ...]
    to: str
    at: dt.datetime
    request_id: str


def colleagues(connection: Connection, area_path: str) -> list[User]:
    """Return the people who may decide about households of an area, by name."""
    return [
        user
        for user in list_users(connection)
        if user.disabled_at is None
        and Permission.DECIDE in user.principal.permissions
        and area_path.startswith(_own_path(connection, user))
    ]


def assign(store: Store, asked: Assigning, area_path: str) -> int:
    """Hand households to somebody, and return how many changed hands.

    A supervisor hands them to whom they like; others take for themselves what nobody has, and give back what they have.

    Parameters
    ----------
    store : Store
        Where it is kept.
    asked : Assigning
        Who hands what to whom.
    area_path : str
        The area that may be seen.

    Raises
    ------
    NotFound
        If a household is not in that area, or the person is none who may decide about it.
    Forbidden
        If it is not for whoever asks to hand them over.
    """
    with store.writing() as connection:
        subjects = find(connection, asked.ids, area_path)
        if len(subjects) != len(set(asked.ids)):
            raise NotFound("no such household")
        standing = cases_of(connection, [one.household for one in subjects.values()])
        held = {number: row.assignee for number, row in standing.items()}
        _check(connection, asked, list(subjects.values()), [one for one in held.values() if one])
        changed = [one for one in subjects.values() if (held.get(one.household) or "") != asked.to]
        for one in changed:
            _hand_over(store, connection, asked, one)
        if changed:
            audit_log.append(store, connection, [_act(asked, changed)])
    return len(changed)


def _check(connection: Connection, asked: Assigning, subjects: Sequence[Subject], holders: Sequence[str]) -> None:
    own = asked.principal.name
    if Permission.ASSIGN not in asked.principal.permissions and (
        asked.to not in ("", own) or any(holder != own for holder in holders)
    ):
        raise Forbidden("only a supervisor hands households to others, or takes them from others")
    if asked.to:
        for path in {one.area_path for one in subjects}:
            if asked.to not in {user.name for user in colleagues(connection, path)}:
                raise NotFound("no such person decides about this household")


def _hand_over(store: Store, connection: Connection, asked: Assigning, subject: Subject) -> None:
    role = asked.principal.role.value if asked.principal.role else ""
    new = NewEntry(EntryKind.ASSIGNED, {"to": asked.to})
    add_entry(connection, subject.household, new, by=asked.principal.name, role=role, at=asked.at)
    note(store, connection, subject.household, assignee=asked.to or None)


def _act(asked: Assigning, subjects: Sequence[Subject]) -> Act:
    role = asked.principal.role.value if asked.principal.role else ""
    detail = {"to": asked.to, "subjects": [one.pseudonym for one in subjects]}
    return Act(asked.at, Action.ASSIGNED, asked.principal.actor, role, "", detail, asked.request_id)


def _own_path(connection: Connection, user: User) -> str:
    """Return the path of the area that somebody is limited to; of an area that is not known, one that nothing lies in."""
    return (path_of(connection, user.area_code) or "\0") if user.area_code else ""
