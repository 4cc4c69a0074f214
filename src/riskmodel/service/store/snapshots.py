"""Features as known on a date, kept as they were made: what was asked then can be asked again."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, select

from riskmodel.programme.freezing import freeze
from riskmodel.programme.programme import Programme
from riskmodel.service.store.engine import Store
from riskmodel.service.store.households import MOST_PARAMETERS, chunks
from riskmodel.service.store.tables import cohort_parts, snapshot_schemas, snapshots

Matrix = npt.NDArray[np.float64]
STORED = np.dtype("<f8")
DECIDING = ("tables", "areas", "welfare", "cohort")
"""Parts of a programme's file that, with its dictionary, decide what a snapshot holds."""


def schema_name(programme: Programme) -> str:
    """Return the name of what a programme's snapshots hold: programmes that make the same features share it."""
    return hashlib.sha256(_content(programme)).hexdigest()


def _content(programme: Programme) -> bytes:
    frozen = freeze(programme)
    parts = {"dictionary": frozen["dictionary"]} | {part: frozen["file"][part] for part in DECIDING}
    return json.dumps(parts, sort_keys=True, ensure_ascii=False).encode()


def keep_schema(store: Store, connection: Connection, programme: Programme) -> str:
    """Write down what a programme's snapshots hold, if it is not there yet, and return its name."""
    name = schema_name(programme)
    content = {"features": [feature.name for feature in programme.features]}
    row = store.insert(snapshot_schemas).values(schema=name, content=content)
    connection.execute(row.on_conflict_do_nothing())
    return name


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """What is kept of a household.

    Attributes
    ----------
    digest : str
        Names the features and their date.
    values : ndarray, shape (n_features,)
        Encoded features.
    """

    digest: str
    values: Matrix


def keep(
    store: Store,
    connection: Connection,
    schema: str,
    as_of: dt.date,
    features: Mapping[int, Features],
    made_at: dt.datetime,
) -> None:
    """Keep the features of some households; those kept before for the same date stay, and count no more.

    Parameters
    ----------
    store, connection
        Where, within the caller's transaction.
    schema : str
        What the features are; see :func:`keep_schema`.
    as_of : date
        The date that they stand for.
    features : mapping of int to Features
        By household.
    made_at : datetime
        When they were made.
    """
    if not features:
        return
    rows = [
        {
            "household": household,
            "as_of": as_of,
            "schema": schema,
            "digest": one.digest,
            "features": one.values.astype(STORED).tobytes(),
            "made_at": made_at,
        }
        for household, one in features.items()
    ]
    insert = store.insert(snapshots)
    key = ["household", "as_of", "schema", "digest"]
    again = insert.on_conflict_do_update(index_elements=key, set_={"made_at": insert.excluded.made_at})
    connection.execute(again, rows)


def kept(connection: Connection, schema: str, as_of: dt.date, households: Sequence[int]) -> dict[int, Matrix]:
    """Return the features of those households that have some for the date, the latest ones."""
    found: dict[int, Matrix] = {}
    for some in chunks(households, MOST_PARAMETERS):
        query = (
            select(snapshots.c.household, snapshots.c.features)
            .where(snapshots.c.household.in_(some), snapshots.c.as_of == as_of, snapshots.c.schema == schema)
            .order_by(snapshots.c.made_at)
        )
        found |= {household: np.frombuffer(features, STORED) for household, features in connection.execute(query)}
    return found


def last_kept(connection: Connection, schema: str, households: Sequence[int]) -> dict[int, Matrix]:
    """Return what was last known of each household: its features of the latest date, and of that the latest made."""
    found: dict[int, Matrix] = {}
    for some in chunks(households, MOST_PARAMETERS):
        query = (
            select(snapshots.c.household, snapshots.c.features)
            .where(snapshots.c.household.in_(some), snapshots.c.schema == schema)
            .order_by(snapshots.c.as_of, snapshots.c.made_at)
        )
        found |= {household: np.frombuffer(features, STORED) for household, features in connection.execute(query)}
    return found


def note_whole(
    store: Store, connection: Connection, schema: str, as_of: dt.date, shard: str, made_at: dt.datetime
) -> None:
    """Note that everyone of a shard was looked at: whoever has no features for the date was not at risk."""
    insert = store.insert(cohort_parts).values(schema=schema, as_of=as_of, shard=shard, made_at=made_at)
    key = ["schema", "as_of", "shard"]
    connection.execute(insert.on_conflict_do_update(index_elements=key, set_={"made_at": made_at}))


def whole_shards(connection: Connection, schema: str, as_of: dt.date) -> frozenset[str]:
    """Return the shards of which everyone was looked at for a date."""
    query = select(cohort_parts.c.shard).where(cohort_parts.c.schema == schema, cohort_parts.c.as_of == as_of)
    return frozenset(connection.execute(query).scalars())
