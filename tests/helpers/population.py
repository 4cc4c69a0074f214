"""A few households in a store, put there by hand."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, insert, select

from riskmodel.service.store.engine import Store
from riskmodel.service.store.households import within
from riskmodel.service.store.tables import areas, households

AREAS = {
    "c": "/c/",
    "c1": "/c/c1/",
    "c1a": "/c/c1/c1a/",
    "c1b": "/c/c1/c1b/",
    "c10": "/c/c10/",
    "c2": "/c/c2/",
}


def settle(store: Store, where: Sequence[str]) -> list[int]:
    """Put one household into each area named, ids ``h0``, ``h1`` and on; return their numbers."""
    with store.writing() as connection:
        rows = [
            {
                "area_code": code,
                "parent": path.split("/")[-3] if path.count("/") > 2 else "",
                "level": {2: "county", 3: "town", 4: "village"}[path.count("/")],
                "path": path,
                "names": {"en": f"Area {code}", "zh": f"地{code}"},
            }
            for code, path in AREAS.items()
        ]
        connection.execute(insert(areas), rows)
        numbers = []
        for place, code in enumerate(where):
            row = {"household_id": f"h{place}", "pseudonym": f"p{place}", "area_code": code, "facts": {}}
            numbers.append(connection.execute(insert(households).values(row)).inserted_primary_key[0])
    return numbers


def in_area(connection: Connection, area_path: str = "") -> list[int]:
    """Return the numbers of the households of an area, by id; of all areas where it is empty."""
    query = select(households.c.household).join(areas).where(within(areas.c.path, area_path))
    return list(connection.execute(query.order_by(households.c.household_id)).scalars())
