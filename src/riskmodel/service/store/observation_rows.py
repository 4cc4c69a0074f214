"""Keeps dated rows: nothing is ever overwritten, a correction is a row of its own with a later day of record."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from sqlalchemy import delete

from riskmodel.panel.panel import with_line
from riskmodel.service.store.area_rows import stored_areas
from riskmodel.service.store.bulk import add_rows
from riskmodel.service.store.households import MOST_PARAMETERS, chunks
from riskmodel.service.store.json_columns import Shape
from riskmodel.service.store.keeping import AREA, Kept, Loading, refusal, with_household
from riskmodel.service.store.records import HOUSEHOLD, LOAD, encode, stored_rows, table_shape
from riskmodel.service.store.tables import records

KEY = [HOUSEHOLD, "period_end", "recorded_on"]
COLUMNS = ("household", "table_name", "load", "content")


def keep_observations(loading: Loading, rows: pd.DataFrame) -> Kept:
    """Keep rows of observations; those with the key of a stored row have to say the same.

    Raises
    ------
    ValuesInvalid
        If a row's area has no line for its period.
    """
    rows, refused = with_household(loading.connection, rows)
    _check_lines(loading, rows)
    shape = table_shape(loading.programme, loading.table)
    earlier = stored_rows(loading.connection, loading.table, shape, rows[HOUSEHOLD].unique().tolist())
    if earlier.empty:
        put_blocks(loading, rows, shape)
        return Kept(len(rows), 0, refused)
    there, same = compared(rows, earlier, KEY, shape)
    refused += refusal(rows, there & ~same, "household_id+period_end+recorded_on", "conflicting_row")
    new = rows[~there]
    # a load that goes on after rows were refused adds to what it had kept
    own = earlier[(earlier[LOAD] == loading.load) & earlier[HOUSEHOLD].isin(new[HOUSEHOLD])]
    drop_blocks(loading, own[HOUSEHOLD].unique().tolist())
    put_blocks(loading, pd.concat([own, new]) if len(own) else new, shape)
    return Kept(len(new), int(same.sum()), refused)


def _check_lines(loading: Loading, rows: pd.DataFrame) -> None:
    welfare = loading.programme.file.welfare
    if loading.table == welfare.table and len(rows):
        own = rows[["household_id", AREA]].drop_duplicates().rename(columns={AREA: "area_code"})
        areas = stored_areas(loading.connection, own["area_code"].unique().tolist())
        needed = {"household_id", "period_end", welfare.column.partition(".")[2], welfare.units} - {""}
        with_line(loading.programme, loading.lines, rows[sorted(needed)], own, areas)


def compared(
    rows: pd.DataFrame, earlier: pd.DataFrame, key: Sequence[str], shape: Shape
) -> tuple[np.ndarray, np.ndarray]:
    """Tell which rows are stored under their key, and which of those say the same."""
    places = earlier[[*key]].assign(**{"#place": np.arange(len(earlier))})
    place = rows[[*key]].merge(places, on=[*key], how="left")["#place"]
    there = place.notna().to_numpy()
    ours, theirs = rows[there], earlier.iloc[place[there].astype("int64")]
    equal = np.ones(len(ours), bool)
    for name in shape:
        one, other = ours[name].reset_index(drop=True), theirs[name].reset_index(drop=True)
        equal &= ((one == other) | (one.isna() & other.isna())).to_numpy(dtype=bool, na_value=False)
    same = np.zeros(len(rows), bool)
    same[there] = equal
    return there, same


def put_blocks(loading: Loading, rows: pd.DataFrame, shape: Shape) -> None:
    """Write rows as one block a household, those of each by period and day of record."""
    order = [name for name in (*KEY, "member_id") if name in rows.columns]
    households, texts = encode(rows.sort_values(order, kind="stable"), shape)
    blocks = ((number, loading.table, loading.load, text) for number, text in zip(households, texts, strict=True))
    add_rows(loading.connection, records, COLUMNS, blocks)


def drop_blocks(loading: Loading, households: Sequence[int], *, all_loads: bool = False) -> None:
    """Take this load's blocks of some households away, or those of all loads, to be written anew."""
    for some in chunks(households, MOST_PARAMETERS):
        gone = delete(records).where(records.c.household.in_(some), records.c.table_name == loading.table)
        loading.connection.execute(gone if all_loads else gone.where(records.c.load == loading.load))
