"""What keeping a part of a table needs to know, and what comes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from sqlalchemy import Connection, select

from riskmodel.programme.lines import Lines
from riskmodel.programme.programme import Programme
from riskmodel.service.store.engine import Store
from riskmodel.service.store.households import MOST_PARAMETERS, chunks
from riskmodel.service.store.records import HOUSEHOLD
from riskmodel.service.store.tables import LONGEST_CODE, households

AREA = "#area_code"


@dataclass(frozen=True, slots=True)
class Loading:
    """Where a part of a table goes.

    Attributes
    ----------
    store, connection
        The store, and the transaction that keeps the part.
    programme : Programme
        What the table holds.
    lines : Lines
        Lines in force, those of data folders included.
    key : bytes
        Key of the pseudonyms.
    table : str
        The table's name in the programme.
    load : int
        Number of the load.
    source : str
        Name of the file.
    """

    store: Store
    connection: Connection
    programme: Programme
    lines: Lines
    key: bytes
    table: str
    load: int
    source: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """Rows that break a rule which only the store can tell.

    Attributes
    ----------
    rows : ndarray of int
        Their index.
    column, rule : str
        As in :class:`~riskmodel.panel.checking.Checked`.
    """

    rows: npt.NDArray[np.int64]
    column: str
    rule: str


@dataclass(frozen=True, slots=True)
class Kept:
    """What came of a part.

    Attributes
    ----------
    added, known : int
        Rows that are new or changed something, and rows that the store had.
    refused : tuple of Refusal
        All others.
    """

    added: int
    known: int
    refused: tuple[Refusal, ...] = ()


def refusal(rows: pd.DataFrame, wrong: npt.NDArray[np.bool_], column: str, rule: str) -> tuple[Refusal, ...]:
    """Return the refusal of the rows that a mask marks; none where it marks none."""
    return (Refusal(rows.index.to_numpy()[wrong], column, rule),) if wrong.any() else ()


def sound_codes(rows: pd.DataFrame, columns: Sequence[str]) -> tuple[pd.DataFrame, tuple[Refusal, ...]]:
    """Part rows from those whose codes no database holds: too long, or with a character that ends a text."""
    refused: list[Refusal] = []
    sound = np.ones(len(rows), bool)
    for name in columns:
        long = (rows[name].str.len() > LONGEST_CODE).to_numpy(dtype=bool, na_value=False)
        ended = rows[name].str.contains("\0", regex=False).to_numpy(dtype=bool, na_value=False)
        refused += [*refusal(rows, long, name, "too_long"), *refusal(rows, ended & ~long, name, "text")]
        sound &= ~(long | ended)
    return rows[sound], tuple(refused)


def with_household(connection: Connection, rows: pd.DataFrame) -> tuple[pd.DataFrame, tuple[Refusal, ...]]:
    """Add the household's number and area, and part the rows from those whose household the store does not know."""
    rows, unsound = sound_codes(rows, ["household_id"])
    known = known_households(connection, rows["household_id"].unique().tolist())
    found = rows.merge(known, on="household_id", how="left").set_axis(rows.index)
    strange = found[HOUSEHOLD].isna().to_numpy()
    refused = refusal(rows, strange, "household_id", "unknown_household")
    return found[~strange].astype({HOUSEHOLD: "int64"}), (*unsound, *refused)


def known_households(connection: Connection, ids: Sequence[str]) -> pd.DataFrame:
    """Return id, number and area of those ids that the store knows."""
    columns = households.c.household_id, households.c.household, households.c.area_code
    rows: list[tuple[str, int, str]] = []
    for some in chunks(ids, MOST_PARAMETERS):
        rows += [tuple(row) for row in connection.execute(select(*columns).where(households.c.household_id.in_(some)))]
    household_ids, numbers, codes = zip(*rows, strict=True) if rows else ((), (), ())
    return pd.DataFrame(
        {
            "household_id": pd.array(household_ids, dtype="str"),
            HOUSEHOLD: np.array(numbers, dtype="int64"),
            AREA: pd.array(codes, dtype="str"),
        }
    )
