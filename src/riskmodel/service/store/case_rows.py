"""Where households' cases stand with people: who has them, what waits, what was decided last. Lists read nothing else."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Row, func, select

from riskmodel.service.store.engine import Store
from riskmodel.service.store.households import MOST_PARAMETERS, chunks
from riskmodel.service.store.tables import cases


def note_signs(store: Store, connection: Connection, signs: Iterable[tuple[int, str]], at: dt.datetime) -> None:
    """Note that something was noticed of households, each with who noticed; where something waits already, that one counts.

    Parameters
    ----------
    store, connection
        Where, within the caller's transaction.
    signs : iterable of (int, str)
        Households and origins.
    at : datetime
        When.
    """
    # the first one of a household counts, and no household twice in one statement
    first = dict(reversed([*signs]))
    if not first:
        return
    insert = store.insert(cases)
    kept = {
        "waiting_since": func.coalesce(cases.c.waiting_since, insert.excluded.waiting_since),
        "origin": func.coalesce(cases.c.origin, insert.excluded.origin),
    }
    rows = [{"household": one, "waiting_since": at, "origin": origin} for one, origin in sorted(first.items())]
    connection.execute(insert.on_conflict_do_update(index_elements=["household"], set_=kept), rows)


def note(store: Store, connection: Connection, household: int, **values: Any) -> None:
    """Note where a household's case stands; what is not given stays as it is."""
    insert = store.insert(cases).values(household=household, **values)
    connection.execute(insert.on_conflict_do_update(index_elements=["household"], set_=values))


def cases_of(connection: Connection, numbers: Sequence[int]) -> dict[int, Row[Any]]:
    """Return where the cases of some households stand; those of whom nothing was ever noted are left out."""
    found: dict[int, Row[Any]] = {}
    for some in chunks(sorted(numbers), MOST_PARAMETERS):
        found |= {row.household: row for row in connection.execute(select(cases).where(cases.c.household.in_(some)))}
    return found
