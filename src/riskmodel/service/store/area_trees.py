"""An area with those above it and right below it, within what somebody may see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, select

from riskmodel.service.store.area_rows import EVERYWHERE
from riskmodel.service.store.households import MOST_PARAMETERS, chunks, within
from riskmodel.service.store.tables import areas

Names = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Named:
    """An area.

    Attributes
    ----------
    code : str
        Its code; empty for the whole store.
    path : str
        The codes down to it; empty for the whole store.
    names : mapping of language code to str
        What it is called.
    """

    code: str
    path: str
    names: Names


MOST_DEEPER = 100
"""Areas two levels below that people compare; of more, they look at one in between first."""
WHOLE = Named(EVERYWHERE, "", {})


@dataclass(frozen=True, slots=True)
class AreaTree:
    """An area, and those around it.

    Attributes
    ----------
    own : Named
        The area.
    above : tuple of Named
        Those that it lies in and that may be looked at, the widest first.
    below : tuple of Named
        Those right below it, by code.
    deeper : tuple of Named
        Those right below those; none where there are more than :data:`MOST_DEEPER`.
    """

    own: Named
    above: tuple[Named, ...]
    below: tuple[Named, ...]
    deeper: tuple[Named, ...] = ()


def area_tree(connection: Connection, code: str | None, own_path: str) -> AreaTree | None:
    """Return an area; None where there is none of that code that may be looked at.

    Parameters
    ----------
    connection : Connection
        Of the store.
    code : str or None
        Which one; None for the widest.
    own_path : str
        What may be looked at; empty for everything.
    """
    found = _widest(connection, own_path) if code is None else _one(connection, code, own_path)
    if found is None:
        return None
    above = [one for one in found.path.split("/") if one and one != found.code]
    named = {one.code: one for one in _named(connection, above) if one.path.startswith(own_path)}
    wider = tuple(named[one] for one in above if one in named)
    return AreaTree(found, wider, _below(connection, found.code), _deeper(connection, found.code))


def _widest(connection: Connection, own_path: str) -> Named | None:
    if own_path:
        return _one(connection, own_path.rstrip("/").rpartition("/")[2], own_path)
    roots = _below(connection, EVERYWHERE)
    return roots[0] if len(roots) == 1 else WHOLE


def _one(connection: Connection, code: str, own_path: str) -> Named | None:
    query = select(*areas.c["area_code", "path", "names"])
    row = connection.execute(query.where(areas.c.area_code == code, within(areas.c.path, own_path))).first()
    return None if row is None else Named(*row)


def _named(connection: Connection, codes: list[str]) -> list[Named]:
    query = select(*areas.c["area_code", "path", "names"])
    rows = [
        row
        for some in chunks(codes, MOST_PARAMETERS)
        for row in connection.execute(query.where(areas.c.area_code.in_(some)))
    ]
    return [Named(*row) for row in rows]


def _below(connection: Connection, code: str) -> tuple[Named, ...]:
    query = select(*areas.c["area_code", "path", "names"]).where(areas.c.parent == code)
    return tuple(sorted((Named(*row) for row in connection.execute(query)), key=lambda one: one.code))


def _deeper(connection: Connection, code: str) -> tuple[Named, ...]:
    between = select(areas.c.area_code).where(areas.c.parent == code)
    query = select(*areas.c["area_code", "path", "names"]).where(areas.c.parent.in_(between)).limit(MOST_DEEPER + 1)
    found = sorted((Named(*row) for row in connection.execute(query)), key=lambda one: one.code)
    return tuple(found) if len(found) <= MOST_DEEPER else ()
