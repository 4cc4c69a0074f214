"""Areas in the store: paths down to each, changes that reach all below and every list, and codes that can't be."""

from __future__ import annotations

import pandas as pd
import pytest
from sqlalchemy import select

from helpers.loading import stand
from helpers.population import settle
from riskmodel.errors import ValuesInvalid
from riskmodel.service.store.area_rows import keep_areas, stored_areas
from riskmodel.service.store.engine import Store
from riskmodel.service.store.tables import areas, standings


def told(*rows: tuple[str, str, str, str | None]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["area_code", "parent", "level", "name_zh"], dtype="str")


FIRST = told(("v", "t", "village", "村"), ("t", "c", "town", None), ("c", "", "county", "县"), ("u", "c", "town", "镇"))


def test_paths_and_names(store: Store) -> None:
    with store.writing() as connection:
        assert keep_areas(store, connection, FIRST) == (4, 0)
        assert keep_areas(store, connection, FIRST) == (0, 4)
        rows = {row.area_code: row for row in connection.execute(select(areas))}
        found = stored_areas(connection, ["v"])
    assert {code: row.path for code, row in rows.items()} == {"v": "/c/t/v/", "t": "/c/t/", "c": "/c/", "u": "/c/u/"}
    assert rows["v"].names == {"zh": "村"} and rows["t"].names == {}
    assert found["area_code"].tolist() == ["c", "t", "v"]
    assert found["parent"].tolist() == ["", "c", "t"]
    assert found["name_zh"].tolist()[::2] == ["县", "村"] and pd.isna(found["name_zh"][1])


def test_a_parent_that_changed_moves_all_below(store: Store) -> None:
    with store.writing() as connection:
        keep_areas(store, connection, FIRST)
        assert keep_areas(store, connection, told(("t", "u", "town", None))) == (1, 0)
        paths = dict(connection.execute(select(areas.c.area_code, areas.c.path)).all())
    assert paths == {"v": "/c/u/t/v/", "t": "/c/u/t/", "c": "/c/", "u": "/c/u/"}


def test_lists_follow_areas_that_moved(store: Store) -> None:
    numbers = settle(store, ["c1a", "c2"])
    with store.writing() as connection:
        for number, path in zip(numbers, ("/c/c1/c1a/", "/c/c2/"), strict=True):
            stand(connection, number, path)
        keep_areas(store, connection, told(("c1", "c2", "town", None)))
        found = dict(connection.execute(select(standings.c.household, standings.c.area_path)).all())
    assert found == {numbers[0]: "/c/c2/c1/c1a/", numbers[1]: "/c/c2/"}


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([("a", "b", "x", None), ("b", "a", "x", None)], "an area lies within itself"),
        ([("a/b", "", "x", None)], "1 codes hold a slash"),
    ],
)
def test_what_has_no_path_is_refused(store: Store, rows: list[tuple[str, str, str, str | None]], words: str) -> None:
    with pytest.raises(ValuesInvalid, match=words), store.writing() as connection:
        keep_areas(store, connection, told(*rows))
