"""Blocks of rows: what one file told of one household in one table, as a JSON text ``{column: [a value a row]}``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection, Text, cast, select

from riskmodel.panel.checking import DATES, DERIVED
from riskmodel.programme.dictionary import HOUSEHOLDS, Kind, Privacy
from riskmodel.programme.loading import RESERVED
from riskmodel.programme.programme import Programme
from riskmodel.service.store.households import MOST_PARAMETERS, chunks
from riskmodel.service.store.json_columns import Shape, joined_objects, json_texts, read_lists, typed_array
from riskmodel.service.store.tables import records

HOUSEHOLD, LOAD = "#household", "#load"
"""Columns beside those of a table: the household's number in the store and the load's; no dictionary has such names."""
Block = tuple[int, int, str]
"""Household, load, and the text of the values of each column."""


def table_shape(programme: Programme, table: str, *privacy: Privacy) -> dict[str, Kind]:
    """Return the columns of a table whose values are stored together.

    Parameters
    ----------
    programme : Programme
        Its dictionary describes them.
    table : str
        The table's name in the programme.
    privacy : Privacy
        Only the dictionary's columns of these classes; without any, all columns but personal ones, and before them the
        ones that a table has by its kind (its household's id is known by the block itself).
    """
    columns = [column for column in programme.dictionary.table(table) if column.name not in DERIVED]
    if privacy:
        return {column.name: column.kind for column in columns if column.privacy in privacy}
    kind = programme.file.tables[table].kind
    own = [] if kind == HOUSEHOLDS else [name for name in RESERVED[kind] if name != "household_id"]
    shape = {name: Kind.DATE if name in DATES else Kind.TEXT for name in own}
    return shape | {column.name: column.kind for column in columns if column.privacy is not Privacy.PERSONAL}


def encode(frame: pd.DataFrame, shape: Shape) -> tuple[list[int], list[str]]:
    """Write the block of each household.

    Parameters
    ----------
    frame : DataFrame
        Checked rows with a column :data:`HOUSEHOLD`, those of one household one after another.
    shape : mapping of str to Kind
        The columns to write.

    Returns
    -------
    tuple of list
        Households and the text of each.
    """
    household = frame[HOUSEHOLD].to_numpy()
    firsts = np.flatnonzero(np.diff(household, prepend=-1))
    bounds = pa.array([*firsts, len(frame)], pa.int32())
    columns = {
        name: _bracketed(pc.binary_join(pa.ListArray.from_arrays(bounds, json_texts(frame[name], kind)), ","))
        for name, kind in shape.items()
    }
    return household[firsts].tolist(), joined_objects(columns)


def _bracketed(texts: Any) -> Any:
    return pc.binary_join_element_wise("[", texts, "]", "")


def stored_rows(connection: Connection, table: str, shape: Shape, households: Sequence[int]) -> pd.DataFrame:
    """Return the rows of some households, with household and load, in no particular order."""
    blocks: list[Block] = []
    for some in chunks(households, MOST_PARAMETERS):
        # as text, for Arrow to read all at once
        query = select(records.c.household, records.c.load, cast(records.c.content, Text)).where(
            records.c.household.in_(some), records.c.table_name == table
        )
        blocks += connection.execute(query).all()
    return decode(blocks, shape)


def decode(blocks: Sequence[Block], shape: Shape) -> pd.DataFrame:
    """Put blocks together.

    Parameters
    ----------
    blocks : sequence of (int, int, str)
        Household, load and text of each.
    shape : mapping of str to Kind
        The columns wanted; missing where a block was written before the dictionary had them.

    Returns
    -------
    DataFrame
        Household, load and the columns, in the blocks' order.
    """
    households, loads, texts = zip(*blocks, strict=True) if blocks else ((), (), ())
    columns = read_lists(texts, shape)
    lengths = pc.list_value_length(columns[next(iter(shape))])
    frame: dict[str, Any] = {
        HOUSEHOLD: np.repeat(np.array(households, dtype="int64"), lengths),
        LOAD: np.repeat(np.array(loads, dtype="int64"), lengths),
    }
    for name, kind in shape.items():
        lists = columns[name]
        if lists.null_count:
            filled = [
                [None] * length if values is None else values
                for values, length in zip(lists.to_pylist(), lengths.to_pylist(), strict=True)
            ]
            lists = pa.array(filled, lists.type)
        frame[name] = typed_array(lists.flatten(), kind)
    return pd.DataFrame(frame)
