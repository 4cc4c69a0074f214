"""Handing households to people: who has one, and the audit's entry, are kept together or not at all."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from riskmodel.errors import NotFound
from riskmodel.service.access import Permission, Principal
from riskmodel.service.audit import Act, Action
from riskmodel.service.cases.entries import EntryKind, NewEntry
from riskmodel.service.errors import Conflict
from riskmodel.service.refusals import Forbidden
from riskmodel.service.store import audit_log
from riskmodel.service.store.accounts import User, list_users
from riskmodel.service.store.case_entries import add_entry, hold
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


class NotTheirArea(Conflict):
    """Whom households are handed to does not decide about all of them."""

    code = "not_their_area"

    def __init__(self) -> None:
        super().__init__("this person does not decide about all of these households; choose somebody of their area")


def colleagues(connection: Connection, area_paths: Collection[str]) -> list[str]:
    """Return the names of the people who may decide about households of one of some areas, in order."""
    own = _deciding(connection)
    return [name for name, path in own.items() if any(one.startswith(path) for one in area_paths)]


def _deciding(connection: Connection) -> dict[str, str]:
    """Return the people who may decide, each with the path of the area that they are limited to."""
    people = [one for one in list_users(connection) if not one.disabled_at and _decides(one)]
    codes = {one.area_code for one in people if one.area_code}
    paths = {code: path_of(connection, code) for code in codes}
    # in an area that is not known nothing lies
    return {one.name: (paths[one.area_code] or "\0") if one.area_code else "" for one in people}


def _decides(user: User) -> bool:
    return Permission.DECIDE in user.principal.permissions


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
        If a household is not in that area.
    NotTheirArea
        If the person is none who may decide about it.
    Forbidden
        If it is not for whoever asks to hand them over.
    """
    with store.writing() as connection:
        subjects = _held(connection, asked, area_path)
        standing = cases_of(connection, [one.household for one in subjects])
        held = {number: row.assignee for number, row in standing.items()}
        _check(connection, asked, subjects, [one for one in held.values() if one])
        changed = [one for one in subjects if (held.get(one.household) or "") != asked.to]
        for one in changed:
            _hand_over(store, connection, asked, one)
        if changed:
            audit_log.append(store, connection, [_act(asked, changed)])
    return len(changed)


def _held(connection: Connection, asked: Assigning, area_path: str) -> list[Subject]:
    """Return the households, in an order that is everybody's, so that two who take the same ones never wait in a circle."""
    found = find(connection, asked.ids, area_path)
    if len(found) != len(set(asked.ids)):
        raise NotFound("no such household")
    subjects = sorted(found.values(), key=lambda one: one.household)
    for one in subjects:
        hold(connection, one.household)
    return subjects


def _check(connection: Connection, asked: Assigning, subjects: Sequence[Subject], holders: Sequence[str]) -> None:
    own = asked.principal.name
    if Permission.ASSIGN not in asked.principal.permissions and (
        asked.to not in ("", own) or any(holder != own for holder in holders)
    ):
        raise Forbidden("only a supervisor hands households to others, or takes them from others")
    if asked.to:
        path = _deciding(connection).get(asked.to)
        if path is None or not all(one.area_path.startswith(path) for one in subjects):
            raise NotTheirArea


def _hand_over(store: Store, connection: Connection, asked: Assigning, subject: Subject) -> None:
    role = asked.principal.role.value if asked.principal.role else ""
    new = NewEntry(EntryKind.ASSIGNED, {"to": asked.to})
    add_entry(connection, subject.household, new, by=asked.principal.name, role=role, at=asked.at)
    note(store, connection, subject.household, assignee=asked.to or None)


def _act(asked: Assigning, subjects: Sequence[Subject]) -> Act:
    role = asked.principal.role.value if asked.principal.role else ""
    detail = {"to": asked.to, "subjects": [one.pseudonym for one in subjects]}
    return Act(asked.at, Action.ASSIGNED, asked.principal.actor, role, "", detail, asked.request_id)
