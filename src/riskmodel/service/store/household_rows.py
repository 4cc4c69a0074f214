"""Keeps households: ordinary columns as facts, protected ones apart for audits, personal ones apart to be erased."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from sqlalchemy import Connection

from riskmodel.panel.panel import line_areas
from riskmodel.panel.partitioning import checksums
from riskmodel.programme.dictionary import HOUSEHOLDS, Kind, Privacy
from riskmodel.programme.programme import Programme
from riskmodel.service.store.area_rows import keep_areas, move_lists, stored_areas
from riskmodel.service.store.bulk import put_rows
from riskmodel.service.store.households import MOST_PARAMETERS, chunks
from riskmodel.service.store.json_columns import json_objects
from riskmodel.service.store.keeping import Kept, Loading, known_households, refusal, sound_codes
from riskmodel.service.store.keys import pseudonym
from riskmodel.service.store.panels import OF_THE_HOUSEHOLD, household_rows
from riskmodel.service.store.records import HOUSEHOLD
from riskmodel.service.store.tables import household_audit, households, persons

AREA_CODE, FACTS, AUDIT, PERSONAL = "area_code", "facts", "audit", "personal"
CLASSES = {FACTS: (Privacy.NONE,), AUDIT: (Privacy.PROTECTED,), PERSONAL: (Privacy.PERSONAL,)}
EMPTY = "{}"


def keep_households(loading: Loading, rows: pd.DataFrame) -> Kept:
    """Keep households of a part; one that is told otherwise than before is changed, since households have no dates.

    Raises
    ------
    ValuesInvalid
        If neither an area nor any above it has a line.
    """
    rows, refused = sound_codes(rows, ["household_id", AREA_CODE])
    if not loading.programme.area_rows and not _has_areas_table(loading.programme):
        _keep_named_areas(loading, rows)
    places = stored_areas(loading.connection, rows[AREA_CODE].unique().tolist())
    strange = ~rows[AREA_CODE].isin(places["area_code"]).to_numpy()
    refused += refusal(rows, strange, AREA_CODE, "unknown_area")
    # in the order of checksums, in which the parts of other tables come, so that what is read together lies together
    told = _told(loading.programme, rows[~strange]).iloc[np.argsort(checksums(rows["household_id"][~strange]))]
    line_areas(loading.lines, told, places)
    changed = told[_changed(loading.connection, told)]
    _put(loading, changed)
    return Kept(len(changed), len(told) - len(changed), refused)


def _has_areas_table(programme: Programme) -> bool:
    return any(table.kind == "areas" for table in programme.file.tables.values())


def _keep_named_areas(loading: Loading, rows: pd.DataFrame) -> None:
    """Let the areas that households name be all there are, where nothing else tells of areas."""
    told = pd.DataFrame({"area_code": rows[AREA_CODE].unique(), "parent": ""})
    keep_areas(loading.store, loading.connection, told.assign(level=loading.programme.file.areas.levels[-1]))


def _told(programme: Programme, rows: pd.DataFrame) -> pd.DataFrame:
    """Write the columns of each privacy class as one JSON text."""
    texts = {name: json_objects(rows, _shape(programme, name)) for name in CLASSES}
    return rows[["household_id", AREA_CODE]].assign(**{name: np.array(text, object) for name, text in texts.items()})


def _shape(programme: Programme, name: str) -> Mapping[str, Kind]:
    columns = (column for column in programme.dictionary.table(HOUSEHOLDS) if column.privacy in CLASSES[name])
    return {column.name: column.kind for column in columns}


def _changed(connection: Connection, told: pd.DataFrame) -> np.ndarray:
    """Tell which households are new, or told otherwise than before."""
    known = known_households(connection, told["household_id"].tolist())
    stored = {row.household_id: row for row in household_rows(connection, known[HOUSEHOLD].tolist(), personal=True)}
    found = []
    for row in told.itertuples(index=False):
        old = stored.get(row.household_id)
        found.append(
            old is None
            or old.area_code != row.area_code
            or any(json.loads(getattr(row, name)) != (getattr(old, name) or {}) for name in CLASSES)
        )
    return np.array(found, dtype=bool)


def _put(loading: Loading, changed: pd.DataFrame) -> None:
    connection, ids = loading.connection, changed["household_id"].tolist()
    names = [pseudonym(loading.key, household_id) for household_id in ids]
    columns = ("household_id", "pseudonym", AREA_CODE, FACTS)
    rows = zip(ids, names, changed[AREA_CODE].tolist(), changed[FACTS].tolist(), strict=True)
    put_rows(connection, households, ["household_id"], columns, rows)
    known = known_households(connection, ids)
    numbers = known.set_index("household_id")[HOUSEHOLD].reindex(ids).tolist()
    audit = _filled(numbers, changed[AUDIT])
    put_rows(connection, household_audit, ["household"], ("household", FACTS), audit)
    told = [(number, OF_THE_HOUSEHOLD, text) for number, text in _filled(numbers, changed[PERSONAL])]
    put_rows(connection, persons, ["household", "member_id"], ("household", "member_id", "content"), told)
    for some in chunks(numbers, MOST_PARAMETERS):
        move_lists(connection, some)


def _filled(numbers: Sequence[int], texts: pd.Series) -> list[tuple[int, str]]:
    return [(number, text) for number, text in zip(numbers, texts.tolist(), strict=True) if text != EMPTY]
