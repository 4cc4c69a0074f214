"""Parts of the store that features can be made of without the rest: rates of an area look at everyone who lives there.

Each shard is an area at the widest level that any rate looks at, with all below it; so its features come out as if the
whole store had been read.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import Connection, select

from riskmodel.programme.dictionary import How
from riskmodel.programme.programme import Programme
from riskmodel.service.store.households import MOST_PARAMETERS, chunks
from riskmodel.service.store.tables import areas, households

NOWHERE = ""
"""The shard of households whose area lies in none at that level."""


def rate_level(programme: Programme) -> str | None:
    """Return the widest area level that a rate looks at; the narrowest one there is where no feature is a rate."""
    levels = programme.file.areas.levels
    used = {feature.of for feature in programme.features if feature.how is How.AREA_RATE}
    return next((level for level in levels if level in used), levels[-1] if levels else None)


def shards(connection: Connection, programme: Programme) -> dict[str, list[str]]:
    """Return the codes of the areas of each shard, by the code of the area that they lie in."""
    level = rate_level(programme)
    rows = connection.execute(select(areas.c.area_code, areas.c.level, areas.c.path)).all()
    at_level = {row.area_code for row in rows if row.level == level}
    found: dict[str, list[str]] = {}
    for row in sorted(rows, key=lambda row: row.path):
        found.setdefault(_nearest(row.path, at_level), []).append(row.area_code)
    return found


def homes(every: Mapping[str, Sequence[str]], area_paths: Collection[str]) -> dict[str, str]:
    """Return the shard that each of some paths lies in.

    Parameters
    ----------
    every : mapping of str to sequence of str
        All shards; see :func:`shards`.
    area_paths : collection of str
        Paths of areas.
    """
    home = {code: shard for shard, codes in every.items() for code in codes}
    return {path: home[path.split("/")[-2]] for path in area_paths}


def _nearest(path: str, at_level: Collection[str]) -> str:
    return next((code for code in reversed(path.split("/")) if code in at_level), NOWHERE)


def members(connection: Connection, area_codes: Sequence[str]) -> Mapping[str, int]:
    """Return the number of each household that lives in one of some areas, by id."""
    found: dict[str, int] = {}
    for some in chunks(area_codes, MOST_PARAMETERS):
        query = select(households.c.household_id, households.c.household).where(households.c.area_code.in_(some))
        found |= {row.household_id: row.household for row in connection.execute(query)}
    return found
