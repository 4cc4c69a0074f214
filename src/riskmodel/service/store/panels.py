"""A panel of some households out of the store: what :func:`riskmodel.panel.panel.read_panel` would give of their files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Connection, Row, Text, and_, cast, select

from riskmodel.panel.checking import REJECTED_COLUMNS
from riskmodel.panel.panel import Panel, sorted_events, with_line
from riskmodel.programme.dictionary import HOUSEHOLDS, Privacy
from riskmodel.programme.programme import Programme
from riskmodel.service.store.area_rows import stored_areas
from riskmodel.service.store.facts import stored_lines
from riskmodel.service.store.households import MOST_PARAMETERS, chunks
from riskmodel.service.store.json_columns import iso_dates, typed_values
from riskmodel.service.store.records import HOUSEHOLD, LOAD, stored_rows, table_shape
from riskmodel.service.store.tables import events, household_audit, households, persons

OF_THE_HOUSEHOLD = ""
"""Member id of what is told of a household as a whole."""


def stored_panel(connection: Connection, programme: Programme, numbers: Sequence[int]) -> Panel:
    """Return the panel of some households.

    Parameters
    ----------
    connection : Connection
        Of ``store.reading()``, so that all tables are of one state.
    programme : Programme
        What the tables hold. Lines of the data folders that were loaded go over its own.
    numbers : sequence of int
        Numbers of the households inside the store; those that it does not know are left out.

    Returns
    -------
    Panel
        As the data folders' files would give it for these households, with the areas that they lie in and all above
        them. Personal columns are missing. Rows that were refused at the load are not named again.

    Raises
    ------
    ValuesInvalid
        If there is no line for an area and period that the rows need.

    Notes
    -----
    Rates of an area come out as in the whole only if all of the area's households are asked for.
    """
    people = _households(connection, programme, numbers)
    areas = stored_areas(connection, people["area_code"].unique().tolist())
    observations = {
        name: _observations(connection, programme, name, people)
        for name, table in programme.file.tables.items()
        if table.kind == "observations"
    }
    own = people.drop(columns=HOUSEHOLD)
    welfare = programme.file.welfare.table
    observations[welfare] = with_line(programme, stored_lines(connection, programme), observations[welfare], own, areas)
    return Panel(own, observations, _events(connection, people), areas, pd.DataFrame(columns=REJECTED_COLUMNS))


def _households(connection: Connection, programme: Programme, numbers: Sequence[int]) -> pd.DataFrame:
    """Return the households table, by id, and their numbers beside it."""
    rows = sorted(household_rows(connection, numbers), key=lambda row: row.household_id)
    table: dict[str, Any] = {
        HOUSEHOLD: np.array([row.household for row in rows], dtype="int64"),
        "household_id": pd.array([row.household_id for row in rows], dtype="str"),
        "area_code": pd.array([row.area_code for row in rows], dtype="str"),
    }
    # of people nothing is read: no feature may be made of them
    facts = [{**row.facts, **(row.audit or {})} for row in rows]
    for name, kind in table_shape(programme, HOUSEHOLDS, *Privacy).items():
        values = [fact.get(name) for fact in facts]
        table[name] = typed_values(values, kind)
    return pd.DataFrame(table)


def household_rows(connection: Connection, numbers: Sequence[int], *, personal: bool = False) -> list[Any]:
    """Return what is stored of some households: ``household, household_id, area_code, facts, audit``, and ``personal``."""
    query = select(
        households.c.household,
        households.c.household_id,
        households.c.area_code,
        households.c.facts,
        household_audit.c.facts.label("audit"),
        *((persons.c.content.label("personal"),) if personal else ()),
    ).outerjoin(household_audit, household_audit.c.household == households.c.household)
    if personal:
        whole = and_(persons.c.household == households.c.household, persons.c.member_id == OF_THE_HOUSEHOLD)
        query = query.outerjoin(persons, whole)
    rows: list[Any] = []
    for some in chunks(numbers, MOST_PARAMETERS):
        rows += connection.execute(query.where(households.c.household.in_(some))).all()
    return rows


def _observations(connection: Connection, programme: Programme, name: str, people: pd.DataFrame) -> pd.DataFrame:
    shape = table_shape(programme, name)
    rows = stored_rows(connection, name, shape, people[HOUSEHOLD].tolist())
    position = _positions(rows[HOUSEHOLD], people)
    order = np.lexsort((rows["recorded_on"].to_numpy(), rows["period_end"].to_numpy(), position))
    rows = rows.drop(columns=[HOUSEHOLD, LOAD]).take(order).reset_index(drop=True)
    rows.insert(0, "household_id", people["household_id"].array.take(position[order]))
    # personal columns are there, but nothing is in them
    every = ["household_id", *table_shape(programme, name, *Privacy)]
    return rows.reindex(columns=[*rows.columns, *(column for column in every if column not in rows.columns)])


def _events(connection: Connection, people: pd.DataFrame) -> pd.DataFrame:
    days = [cast(events.c[name], Text) for name in ("occurred_on", "recorded_on")]
    query = select(events.c.household, events.c.kind, *days, events.c.amount, events.c.cause)
    rows: list[Row[Any]] = []
    for some in chunks(people[HOUSEHOLD].tolist(), MOST_PARAMETERS):
        rows += connection.execute(query.where(events.c.household.in_(some))).all()
    if not rows:
        return sorted_events(None)
    household, kind, occurred_on, recorded_on, amount, cause = zip(*rows, strict=True)
    table = {
        "household_id": people["household_id"].array.take(_positions(pd.Series(household), people)),
        "kind": pd.array(kind, dtype="str"),
        "occurred_on": iso_dates(occurred_on),
        "recorded_on": iso_dates(recorded_on),
        "amount": np.array(amount, dtype="float64"),
        "cause": pd.array(cause, dtype="str"),
    }
    return sorted_events(pd.DataFrame(table))


def _positions(household: pd.Series, people: pd.DataFrame) -> np.ndarray:
    """Return the place of each household number in the table of households."""
    return pd.Series(np.arange(len(people)), index=people[HOUSEHOLD]).reindex(household).to_numpy()
