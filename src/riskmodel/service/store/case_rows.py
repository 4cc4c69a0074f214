"""Where households' cases stand with people: who has them, what waits, what was decided last. Lists read nothing else."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import BindParameter, Connection, Row, ScalarSelect, bindparam, func, select

from riskmodel.service.store.engine import Store
from riskmodel.service.store.households import MOST_PARAMETERS, chunks
from riskmodel.service.store.tables import areas, cases, households


def note_signs(store: Store, connection: Connection, signs: Iterable[tuple[int, str, dt.datetime]]) -> None:
    """Note that something was noticed of households, and by whom; where something waits already, that one counts.

    Parameters
    ----------
    store, connection
        Where, within the caller's transaction.
    signs : iterable of (int, str, datetime)
        Households, origins, and when it was noticed.
    """
    # the first one of a household counts, and no household twice in one statement
    in_order = sorted(signs, key=lambda sign: sign[2])
    first = {household: {"origin": origin, "waiting_since": at} for household, origin, at in reversed(in_order)}
    if not first:
        return
    insert = store.insert(cases).values(area_path=_home_of(bindparam("whose")))
    kept = {
        "waiting_since": func.coalesce(cases.c.waiting_since, insert.excluded.waiting_since),
        "origin": func.coalesce(cases.c.origin, insert.excluded.origin),
    }
    rows = [{"household": one, "whose": one, **sign} for one, sign in sorted(first.items())]
    connection.execute(insert.on_conflict_do_update(index_elements=["household"], set_=kept), rows)


def note(store: Store, connection: Connection, household: int, **values: Any) -> None:
    """Note where a household's case stands; what is not given stays as it is."""
    insert = store.insert(cases).values(household=household, area_path=_home_of(household), **values)
    connection.execute(insert.on_conflict_do_update(index_elements=["household"], set_=values))


def hold_case(store: Store, connection: Connection, household: int) -> None:
    """Let nobody else note anything of a household's case until the transaction ends."""
    first = store.insert(cases).values(household=household, area_path=_home_of(household))
    connection.execute(first.on_conflict_do_nothing())
    connection.execute(select(cases.c.household).where(cases.c.household == household).with_for_update())


def _home_of(household: int | BindParameter[int]) -> ScalarSelect[str]:
    """Return where a household lives, as its case repeats it."""
    query = select(areas.c.path).join(households, households.c.area_code == areas.c.area_code)
    return query.where(households.c.household == household).scalar_subquery()


def cases_of(connection: Connection, numbers: Sequence[int]) -> dict[int, Row[Any]]:
    """Return where the cases of some households stand; those of whom nothing was ever noted are left out."""
    found: dict[int, Row[Any]] = {}
    for some in chunks(sorted(numbers), MOST_PARAMETERS):
        found |= {row.household: row for row in connection.execute(select(cases).where(cases.c.household.in_(some)))}
    return found
