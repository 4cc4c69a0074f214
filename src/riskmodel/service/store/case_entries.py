"""Entries of households' cases: only ever added."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Connection, func, insert, select

from riskmodel.service.cases.entries import Entry, NewEntry, Rule, StepRefused
from riskmodel.service.store.tables import case_entries, households

MOST_ENTRIES = 2_000
"""Of one household, after which nothing new begins: far more than people write down in years, and no page reads without
end. What is open can still go on, which adds a few for each, so all are read and nothing open is ever left out."""


def hold(connection: Connection, household: int) -> None:
    """Let nobody else add to a household's case until the transaction ends: what is checked stays so."""
    held = select(households.c.household).where(households.c.household == household)
    # scores and events may go on naming the household meanwhile
    connection.execute(held.with_for_update(key_share=True)).one()


def add_entry(connection: Connection, household: int, new: NewEntry, *, by: str, role: str, at: dt.datetime) -> Entry:
    """Add an entry to a household's case.

    Raises
    ------
    StepRefused
        If it goes on with what is no earlier entry of the same household, or the case is full.
    """
    if new.about is not None:
        _check_earlier(connection, household, new.about)
    else:
        _check_room(connection, household)
    values = {"household": household, "at": at, "by": by, "role": role}
    values |= {"kind": new.kind.value, "about": new.about, "content": dict(new.content)}
    found = connection.execute(insert(case_entries).values(values))
    assert found.inserted_primary_key is not None
    return Entry(found.inserted_primary_key[0], at, by, role, new.kind.value, new.about, dict(new.content))


def _check_earlier(connection: Connection, household: int, entry: int) -> None:
    query = select(case_entries.c.entry).where(case_entries.c.entry == entry, case_entries.c.household == household)
    if connection.execute(query).first() is None:
        raise StepRefused(Rule.NO_SUCH_ENTRY)


def _check_room(connection: Connection, household: int) -> None:
    query = select(func.count()).select_from(case_entries).where(case_entries.c.household == household)
    if connection.execute(query).scalar_one() >= MOST_ENTRIES:
        raise StepRefused(Rule.FULL)


def entries_of(connection: Connection, household: int) -> list[Entry]:
    """Return all entries of a household's case, in order."""
    columns = case_entries.c["entry", "at", "by", "role", "kind", "about", "content"]
    query = select(*columns).where(case_entries.c.household == household).order_by(case_entries.c.entry)
    return [Entry(*row) for row in connection.execute(query)]
