"""Finds households by id, within the area that whoever asks may see, and the names of areas."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import ColumnElement, Connection, and_, select, true

from riskmodel.programme.programme import AreaRow
from riskmodel.service.store.tables import areas, households

MOST_PARAMETERS = 10_000
"""Values of one statement: SQLite takes 32,766, PostgreSQL 65,535."""
_NEVER_STORED = re.compile("[\0\ud800-\udfff]")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Subject:
    """A household that was found.

    Attributes
    ----------
    household : int
        Its number inside the store.
    household_id : str
        Its id, as callers know it.
    pseudonym : str
        Its name in the audit.
    area_code, area_path : str
        Where it lives, and the codes from the widest area down to there.
    """

    household: int
    household_id: str
    pseudonym: str
    area_code: str
    area_path: str


def within(path: ColumnElement[str], area_path: str) -> ColumnElement[bool]:
    """Return the condition that a path lies in an area; all do where ``area_path`` is empty.

    A range and not a pattern, so that both databases can use an index: ``0`` is the character after ``/``.
    """
    return and_(path >= area_path, path < area_path[:-1] + "0") if area_path else true()


def path_of(connection: Connection, area_code: str) -> str | None:
    """Return an area's path; None for an area that the store does not know."""
    if not _can_be_stored(area_code):
        return None
    return connection.execute(select(areas.c.path).where(areas.c.area_code == area_code)).scalar_one_or_none()


def find(connection: Connection, ids: Sequence[str], area_path: str = "") -> dict[str, Subject]:
    """Return the households of some ids that live in an area; those elsewhere are as if they did not exist."""
    columns = (
        households.c.household,
        households.c.household_id,
        households.c.pseudonym,
        households.c.area_code,
        areas.c.path,
    )
    found: dict[str, Subject] = {}
    for some in chunks([one for one in ids if _can_be_stored(one)], MOST_PARAMETERS):
        query = select(*columns).join(areas).where(households.c.household_id.in_(some), within(areas.c.path, area_path))
        found |= {row.household_id: Subject(*row) for row in connection.execute(query)}
    return found


def subjects_of(connection: Connection, numbers: Sequence[int]) -> dict[int, Subject]:
    """Return households by their numbers inside the store; one that was erased is not there any more."""
    columns = (*households.c["household", "household_id", "pseudonym", "area_code"], areas.c.path)
    found: dict[int, Subject] = {}
    for some in chunks(numbers, MOST_PARAMETERS):
        query = select(*columns).join(areas).where(households.c.household.in_(some))
        found |= {row.household: Subject(*row) for row in connection.execute(query)}
    return found


def _can_be_stored(text: str) -> bool:
    """Tell whether a text may be asked for: PostgreSQL refuses a NUL, and no database takes half of a character."""
    return _NEVER_STORED.search(text) is None


def area_rows(connection: Connection, codes: Iterable[str]) -> Mapping[str, AreaRow]:
    """Return some areas by code, and the one above each."""
    wanted = sorted({code for code in codes if code})
    found: dict[str, AreaRow] = {}
    for _ in range(2):
        missing = [code for code in wanted if code not in found]
        for some in chunks(missing, MOST_PARAMETERS):
            for row in connection.execute(select(areas).where(areas.c.area_code.in_(some))):
                found[row.area_code] = AreaRow(row.area_code, row.parent, row.level, row.names)
        wanted = [area.parent for area in found.values() if area.parent]
    return found


def chunks(values: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Cut a sequence into pieces of at most ``size``."""
    for first in range(0, len(values), size):
        yield values[first : first + size]
