"""Features come back to the bit, by date and by what they are."""

from __future__ import annotations

import dataclasses
import datetime as dt

import numpy as np
from sqlalchemy import func, select

from conftest import Tiny
from helpers.population import settle
from riskmodel.service.store.engine import Store
from riskmodel.service.store.snapshots import Features, keep, keep_schema, kept, note_whole, schema_name, whole_shards
from riskmodel.service.store.tables import snapshots

NOW = dt.datetime(2021, 6, 1, tzinfo=dt.UTC)
DAY = dt.date(2021, 1, 1)


def test_to_the_bit(store: Store, tiny: Tiny) -> None:
    numbers = settle(store, ["c1a", "c1b", "c2"])
    values = np.array([0.1 + 0.2, np.nan, -1e-300, np.inf])
    rows = {number: Features("a", values) for number in numbers[:2]}
    with store.writing() as connection:
        name = keep_schema(store, connection, tiny.programme)
        assert keep_schema(store, connection, tiny.programme) == name
        keep(store, connection, name, DAY, rows, NOW)
    with store.reading() as connection:
        found = kept(connection, name, DAY, numbers)
        assert kept(connection, name, dt.date(2021, 1, 2), numbers) == {}
        assert kept(connection, "other", DAY, numbers) == {}
    assert {number: row.tobytes() for number, row in found.items()} == {
        number: row.values.tobytes() for number, row in rows.items()
    }


def test_the_latest_count_and_the_others_stay(store: Store, tiny: Tiny) -> None:
    (number,) = settle(store, ["c1a"])
    with store.writing() as connection:
        name = keep_schema(store, connection, tiny.programme)
        for hour, (digest, value) in enumerate([("a", 1.0), ("b", 2.0), ("a", 1.0), ("b", 2.0), ("a", 1.0)]):
            made_at = NOW + dt.timedelta(hours=hour)
            keep(store, connection, name, DAY, {number: Features(digest, np.array([value]))}, made_at)
        keep(store, connection, name, DAY, {}, NOW)
    with store.reading() as connection:
        assert kept(connection, name, DAY, [number])[number].tolist() == [1.0]
        assert connection.execute(select(func.count()).select_from(snapshots)).scalar_one() == 2


def test_whole_shards_are_by_date_and_schema(store: Store, tiny: Tiny) -> None:
    with store.writing() as connection:
        name = keep_schema(store, connection, tiny.programme)
        for shard in ("c1", "c2", "c1"):
            note_whole(store, connection, name, DAY, shard, NOW)
    with store.reading() as connection:
        assert whole_shards(connection, name, DAY) == {"c1", "c2"}
        assert whole_shards(connection, name, dt.date(2021, 1, 2)) == whole_shards(connection, "x", DAY) == frozenset()


def test_another_feature_is_another_schema(tiny: Tiny) -> None:
    fewer = dataclasses.replace(tiny.programme.dictionary, features=tiny.programme.features[1:])
    other = dataclasses.replace(tiny.programme, dictionary=fewer)
    assert schema_name(other) != schema_name(tiny.programme)
    step = tiny.programme.file.model_copy(update={"change_step": 0.5})
    assert schema_name(dataclasses.replace(tiny.programme, file=step)) == schema_name(tiny.programme)
