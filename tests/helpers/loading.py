"""Data folders of small tables, loaded into a store; and everything that a store holds, to compare."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy import Connection, insert, select

from conftest import NOW, make_tiny_tables
from helpers.population import in_area
from helpers.tinyland import altered
from riskmodel.panel.panel import Panel
from riskmodel.programme.loading import load_programme
from riskmodel.programme.programme import Programme
from riskmodel.service.store.engine import Store
from riskmodel.service.store.loading import LoadRequest, LoadResult, load
from riskmodel.service.store.panels import stored_panel
from riskmodel.service.store.tables import METADATA, scores, standings

Tables = Mapping[str, pd.DataFrame]
SMALL = 45


def small_tables() -> dict[str, pd.DataFrame]:
    """Return tinyland with few households."""
    return make_tiny_tables(SMALL)


def write_folder(folder: Path, tables: Tables, encoding: str = "utf-8") -> Path:
    """Write tables as CSV files."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        table.to_csv(folder / f"{name}.csv", index=False, encoding=encoding)
    return folder


def request_of(programme: Programme, folder: Path, **changes: Any) -> LoadRequest:
    """Return a request to load a folder; parts are small, so that there are several."""
    usual: dict[str, Any] = {"work": folder.parent / "work", "actor": "operator:tester", "now": lambda: NOW}
    return LoadRequest(programme, folder, **{**usual, "cells_a_part": 250, **changes})


def load_folder(store: Store, programme: Programme, folder: Path, **changes: Any) -> LoadResult:
    """Load a folder in small parts."""
    return load(store, request_of(programme, folder, **changes))


def whole_panel(store: Store, programme: Programme) -> Panel:
    """Return the panel of all households."""
    with store.reading() as connection:
        return stored_panel(connection, programme, in_area(connection))


def contents(store: Store, *leave_out: str) -> dict[str, list[dict[str, Any]]]:
    """Return all that was told to a store: households by id in place of number, without loads, keys and instants."""
    with store.reading() as connection:
        tables = {
            name: [dict(row._mapping) for row in connection.execute(select(table))]
            for name, table in METADATA.tables.items()
            if name in ("areas", "households", "household_audit", "persons", "records", "events")
        }
    ids = {row["household"]: row["household_id"] for row in tables["households"]}
    return {name: sorted(_told(row, ids, leave_out) for row in rows) for name, rows in tables.items()}  # type: ignore[misc]


def _told(row: Mapping[str, Any], ids: Mapping[int, str], leave_out: tuple[str, ...]) -> str:
    told = {name: value for name, value in row.items() if name not in ("load", "event", "pseudonym", *leave_out)}
    if "household" in told:
        told["household"] = ids[told["household"]]
    return json.dumps(told, sort_keys=True, default=str, ensure_ascii=False)


def with_private_columns(folder: Path) -> Programme:
    """Return tinyland with a personal column of households and a table of members."""

    def edit(words: dict[str, Any]) -> None:
        words["tables"]["members"] = {"kind": "members", "optional": True}

    add = [
        {"name": "head_name", "table": "households", "type": "text", "privacy": "personal"},
        {"name": "name", "table": "members", "type": "text", "privacy": "personal"},
        {"name": "born", "table": "members", "type": "date", "privacy": "personal"},
        {"name": "woman", "table": "members", "type": "boolean", "privacy": "protected"},
    ]
    return load_programme(altered(folder, edit, add=add))


def stand(connection: Connection, number: int, area_path: str) -> None:
    """Give a household a score and a place in the list of its area."""
    day, figures = dt.date(2021, 1, 1), dict.fromkeys(("log_odds", "low", "high", "rank_share"), 0.1)
    said = {"household": number, "score": number, "as_of": day, "version": "v", "band": "high", "probability": 0.1}
    more = {"digest": "d", "snapshot_digest": "s", "reasons": [], "moved": False, "scored_at": NOW}
    connection.execute(insert(scores).values(**said, **figures, **more))
    place = {"negative_log_odds": 1.0, "household_id": f"h{number}", "area_path": area_path}
    place |= {"band_since": NOW, "leading_group": ""}
    connection.execute(insert(standings).values(**said, **place))
