"""Keeps members: what is personal apart, one row a person, so that it can be masked and erased."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
from sqlalchemy import select

from riskmodel.programme.dictionary import Privacy
from riskmodel.service.store.bulk import put_rows
from riskmodel.service.store.households import MOST_PARAMETERS, chunks
from riskmodel.service.store.json_columns import json_objects
from riskmodel.service.store.keeping import Kept, Loading, sound_codes, with_household
from riskmodel.service.store.observation_rows import compared, drop_blocks, put_blocks
from riskmodel.service.store.records import HOUSEHOLD, stored_rows, table_shape
from riskmodel.service.store.tables import persons

KEY = [HOUSEHOLD, "member_id"]
COLUMNS = ("household", "member_id", "content")


def keep_members(loading: Loading, rows: pd.DataFrame) -> Kept:
    """Keep members of households; one that is told otherwise than before is changed, since members have no dates."""
    rows, too_long = sound_codes(rows, ["member_id"])
    rows, strange = with_household(loading.connection, rows)
    shape = table_shape(loading.programme, loading.table)
    personal = table_shape(loading.programme, loading.table, Privacy.PERSONAL)
    texts = np.array(json_objects(rows, personal), dtype=object)
    changed = np.ones(len(rows), bool)
    earlier = stored_rows(loading.connection, loading.table, shape, rows[HOUSEHOLD].unique().tolist())
    if not earlier.empty:
        changed = ~compared(rows, earlier, KEY, shape)[1] | _told_otherwise(loading, rows, texts)
        touched = rows.loc[changed, HOUSEHOLD].unique()
        drop_blocks(loading, touched.tolist(), all_loads=True)
        rows_of_touched = [earlier[earlier[HOUSEHOLD].isin(touched)], rows[rows[HOUSEHOLD].isin(touched)]]
        put_blocks(loading, pd.concat(rows_of_touched).drop_duplicates(KEY, keep="last"), shape)
    else:
        put_blocks(loading, rows, shape)
    who = zip(rows[HOUSEHOLD][changed].tolist(), rows["member_id"][changed].tolist(), texts[changed], strict=True)
    if personal:
        put_rows(loading.connection, persons, COLUMNS[:2], COLUMNS, sorted(who))
    added = int(changed.sum())
    return Kept(added, len(rows) - added, (*too_long, *strange))


def _told_otherwise(loading: Loading, rows: pd.DataFrame, texts: np.ndarray) -> np.ndarray:
    """Tell which members' personal columns differ from what is stored."""
    stored: dict[tuple[int, str], object] = {}
    for some in chunks(rows[HOUSEHOLD].unique().tolist(), MOST_PARAMETERS):
        query = select(persons).where(persons.c.household.in_(some))
        stored |= {(row.household, row.member_id): row.content for row in loading.connection.execute(query)}
    who = zip(rows[HOUSEHOLD].tolist(), rows["member_id"].tolist(), texts, strict=True)
    return np.array([json.loads(text) != stored.get((household, member), {}) for household, member, text in who], bool)
