"""Areas in the store: each with the path of codes down to it, so that all below an area begin alike."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import pandas as pd
from sqlalchemy import Connection, Select, select, update

from riskmodel.errors import Fault, ValuesInvalid
from riskmodel.panel.panel import AREA_COLUMNS, ancestors, areas_of
from riskmodel.service.store.engine import Store
from riskmodel.service.store.households import MOST_PARAMETERS, chunks
from riskmodel.service.store.keeping import Kept, Loading, sound_codes
from riskmodel.service.store.tables import areas, cases, households, standings

EVERYWHERE = ""
"""Code of the whole store, where an area's is asked for."""
NAME = "name_"
Area = Mapping[str, Any]


def keep_area_rows(loading: Loading, rows: pd.DataFrame) -> Kept:
    """Keep the rows of a table of areas; see :func:`keep_areas`."""
    rows, refused = sound_codes(rows, [name for name in AREA_COLUMNS if name in rows.columns])
    places = areas_of(loading.programme, {"areas": rows})
    return Kept(*keep_areas(loading.store, loading.connection, places), refused)


def keep_areas(store: Store, connection: Connection, told: pd.DataFrame) -> tuple[int, int]:
    """Add areas, and change those that are told otherwise than before.

    Parameters
    ----------
    store, connection
        Where, within the caller's transaction.
    told : DataFrame
        ``area_code, parent, level`` and names, as :class:`~riskmodel.panel.panel.Panel` has them.

    Returns
    -------
    tuple of int
        How many are new or changed, and how many are as they were.

    Raises
    ------
    ValuesInvalid
        If areas lie within one another in a circle, or a code holds a slash.
    """
    stored = {row.area_code: dict(row._mapping) for row in connection.execute(select(areas))}
    merged = {code: {key: value for key, value in row.items() if key != "path"} for code, row in stored.items()}
    merged |= {row["area_code"]: row for row in _area_rows(told)}
    paths = _paths(merged)
    changed = [
        row | {"path": paths[code]} for code, row in merged.items() if stored.get(code) != row | {"path": paths[code]}
    ]
    if changed:
        insert = store.insert(areas)
        newer = {name: insert.excluded[name] for name in ("parent", "level", "path", "names")}
        connection.execute(insert.on_conflict_do_update(index_elements=["area_code"], set_=newer), changed)
        moved = [row["area_code"] for row in changed if row["area_code"] in stored]
        for some in chunks(moved, MOST_PARAMETERS):
            there = select(households.c.household).where(households.c.area_code.in_(some))
            move_lists(connection, there)
    fresh = sum(row["area_code"] in set(told["area_code"]) for row in changed)
    return fresh, len(told) - fresh


def _area_rows(told: pd.DataFrame) -> list[dict[str, Any]]:
    names = [column for column in told.columns if column.startswith(NAME)]
    filled = told.astype(object).where(told.notna(), "")
    return [
        {
            "area_code": row["area_code"],
            "parent": row["parent"],
            "level": row["level"],
            "names": {name.removeprefix(NAME): row[name] for name in names if row[name]},
        }
        for row in filled.to_dict("records")
    ]


def _paths(rows: Mapping[str, Area]) -> dict[str, str]:
    slashed = sum("/" in part for row in rows.values() for part in (row["area_code"], row["parent"]))
    if slashed:
        fault = Fault("areas.area_code", "slash", f"{slashed} codes hold a slash, which parts codes; take it out")
        raise ValuesInvalid("areas", [fault])
    frame = pd.DataFrame({"area_code": list(rows), "parent": [row["parent"] for row in rows.values()]})
    return {code: f"/{'/'.join(reversed(chain))}/" for code, chain in ancestors(frame).items()}


def move_lists(connection: Connection, whose: Sequence[int] | Select[int]) -> None:
    """Let lists follow households whose area, or whose area's path, changed."""
    for table in (standings, cases):
        path = (
            select(areas.c.path)
            .join(households, households.c.area_code == areas.c.area_code)
            .where(households.c.household == table.c.household)
            .scalar_subquery()
        )
        connection.execute(update(table).values(area_path=path).where(table.c.household.in_(whose)))


def stored_areas(connection: Connection, codes: Sequence[str]) -> pd.DataFrame:
    """Return areas and all above them as a panel has them, by code."""
    found: dict[str, Any] = {}
    wanted: Collection[str] = codes
    # first the areas themselves, then those that their paths name
    for _ in range(2):
        for some in chunks(sorted(wanted), MOST_PARAMETERS):
            found |= {
                row.area_code: row for row in connection.execute(select(areas).where(areas.c.area_code.in_(some)))
            }
        wanted = {code for row in found.values() for code in row.path.split("/") if code and code not in found}
    rows = [found[code] for code in sorted(found)]
    languages = dict.fromkeys(language for row in rows for language in row.names)
    table = {name: [getattr(row, name) for row in rows] for name in AREA_COLUMNS}
    table |= {f"{NAME}{language}": [row.names.get(language) for row in rows] for language in languages}
    return pd.DataFrame({name: pd.array(values, dtype="str") for name, values in table.items()})


def codes_of(path: str) -> tuple[str, ...]:
    """Return the areas that a path lies in, from the whole store down.

    >>> codes_of("/c/c1/")
    ('', 'c', 'c1')
    """
    return (EVERYWHERE, *(code for code in path.split("/") if code))
