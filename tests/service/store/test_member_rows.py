"""Members: one row a person for what is personal, told anew by each file, nobody lost who is not in it."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from sqlalchemy import select

from helpers.loading import load_folder, with_private_columns, write_folder
from helpers.tinyland import households, observations
from riskmodel.service.store.engine import Store
from riskmodel.service.store.loads import Counts
from riskmodel.service.store.tables import persons, records

DAY = "2019-12-31"
NAMES = ["household_id", "member_id", "name", "born", "woman"]


def members(*rows: tuple[str | None, ...]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=NAMES, dtype="str")


def test_members_are_kept_changed_and_never_dropped(store: Store, tmp_path: Path) -> None:
    programme = with_private_columns(tmp_path / "programme")
    tables = {
        "households": households(("1", "n1"), ("2", "n1"), head_name=["x", None]),
        "observations": observations(("1", DAY, DAY, 1, 1, None)),
    }
    first = members(("2", "c", "Wu", None, "0"), ("1", "b", "Li", None, None), ("1", "a", "Wang", "1961-07-19", "1"))
    later = members(
        ("1", "a", "Wang", "1961-07-19", "0"), ("1", "d", None, None, "1"), ("2", "c", "Wu", None, "0"),
        ("9", "e", "No", None, "0"), ("2", "e" * 65, "No", None, "0"),
    )  # fmt: skip
    found = []
    for number, table in enumerate((first, later, later)):
        folder = write_folder(tmp_path / str(number), {**tables, "members": table})
        result = load_folder(store, programme, folder)
        found.append(next(one.counts for one in result.tables if one.table == "members"))
    assert found == [Counts(3, 0, 0), Counts(2, 1, 2), Counts(0, 3, 2)]
    with store.reading() as connection:
        told = {row.member_id: row.content for row in connection.execute(select(persons)) if row.member_id}
        blocks = connection.execute(select(records.c.content).where(records.c.table_name == "members")).scalars().all()
    assert told == {
        "a": {"name": "Wang", "born": "1961-07-19"},
        "b": {"name": "Li", "born": None},
        "c": {"name": "Wu", "born": None},
        "d": {"name": None, "born": None},
    }
    assert sorted(blocks, key=lambda block: -len(block["woman"])) == [
        {"member_id": ["a", "b", "d"], "woman": [0, None, 1]},
        {"member_id": ["c"], "woman": [0]},
    ]
    refused = {(row.row, row.rule) for row in result.refused.named().itertuples()}
    assert refused == {(4, "unknown_household"), (5, "too_long")}
