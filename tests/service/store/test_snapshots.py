"""Features come back to the bit, by date and by what they are."""

from __future__ import annotations

import dataclasses
import datetime as dt

import numpy as np

from conftest import Tiny
from helpers.population import settle
from riskmodel.service.store.engine import Store
from riskmodel.service.store.snapshots import keep, keep_schema, kept, schema_name

NOW = dt.datetime(2021, 6, 1, tzinfo=dt.UTC)
DAY = dt.date(2021, 1, 1)


def test_to_the_bit(store: Store, tiny: Tiny) -> None:
    numbers = settle(store, ["c1a", "c1b", "c2"])
    rows = {number: np.array([0.1 + 0.2, np.nan, -1e-300, np.inf]) for number in numbers[:2]}
    with store.writing() as connection:
        name = keep_schema(store, connection, tiny.programme)
        assert keep_schema(store, connection, tiny.programme) == name
        keep(store, connection, name, DAY, rows, NOW)
    with store.reading() as connection:
        found = kept(connection, name, DAY, numbers)
        assert kept(connection, name, dt.date(2021, 1, 2), numbers) == {}
        assert kept(connection, "other", DAY, numbers) == {}
    assert {number: row.tobytes() for number, row in found.items()} == {
        number: row.tobytes() for number, row in rows.items()
    }


def test_newer_ones_take_the_place(store: Store, tiny: Tiny) -> None:
    (number,) = settle(store, ["c1a"])
    with store.writing() as connection:
        name = keep_schema(store, connection, tiny.programme)
        for value in (1.0, 2.0):
            keep(store, connection, name, DAY, {number: np.array([value])}, NOW)
        keep(store, connection, name, DAY, {}, NOW)
    with store.reading() as connection:
        assert kept(connection, name, DAY, [number])[number].tolist() == [2.0]


def test_another_feature_is_another_schema(tiny: Tiny) -> None:
    fewer = dataclasses.replace(tiny.programme.dictionary, features=tiny.programme.features[1:])
    other = dataclasses.replace(tiny.programme, dictionary=fewer)
    assert schema_name(other) != schema_name(tiny.programme)
    step = tiny.programme.file.model_copy(update={"change_step": 0.5})
    assert schema_name(dataclasses.replace(tiny.programme, file=step)) == schema_name(tiny.programme)
