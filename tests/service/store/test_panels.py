"""A panel out of the store is that of the files: all of it, a village of it, a county's, and after the dictionary grew."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from conftest import AS_OF, DATA, NOW
from helpers.loading import load_folder, small_tables, whole_panel, write_folder
from helpers.population import in_area
from helpers.tinyland import altered, same_bits
from riskmodel.features.snapshot import build_snapshot
from riskmodel.features.timeline import timeline
from riskmodel.panel.panel import Panel, read_panel
from riskmodel.panel.simulated.county import simulate, write_county
from riskmodel.programme.loading import load_programme
from riskmodel.programme.programme import Programme
from riskmodel.service.store.engine import Store
from riskmodel.service.store.panels import stored_panel


@pytest.fixture(scope="module")
def programme() -> Programme:
    return load_programme(DATA / "tiny" / "tiny.yaml")


def everyone_on(programme: Programme, panel: Panel, ids: list[str]) -> pd.DataFrame:
    """Return the features of some households, at risk or not."""
    line = timeline(panel, programme)
    places = np.flatnonzero(np.isin(line.household_ids, ids))
    return build_snapshot(programme, line, AS_OF, places)


def test_a_village_alone_has_the_features_that_it_has_in_the_whole(
    store: Store, programme: Programme, tmp_path: Path
) -> None:
    folder = write_folder(tmp_path / "data", small_tables())
    load_folder(store, programme, folder)
    with store.reading() as connection:
        village = stored_panel(connection, programme, in_area(connection, "/north/n2/"))
    ids = village.households["household_id"].tolist()
    assert set(village.households["area_code"]) == {"n2"}
    assert village.areas["area_code"].tolist() == ["n2", "north"]
    whole = read_panel(programme, folder, NOW.date())
    assert ids == whole.households.query("area_code == 'n2'")["household_id"].tolist() and len(ids) > 2
    same_bits(everyone_on(programme, village, ids), everyone_on(programme, whole, ids))


def test_households_that_the_store_lacks_are_left_out(store: Store, programme: Programme, tmp_path: Path) -> None:
    load_folder(store, programme, write_folder(tmp_path / "data", small_tables()))
    with store.reading() as connection:
        known = in_area(connection)[:2]
        panel = stored_panel(connection, programme, [*known, 10**9])
        nobody = stored_panel(connection, programme, [])
    assert len(panel.households) == 2
    assert [len(table) for table in (nobody.households, nobody.events, *nobody.observations.values())] == [0, 0, 0]
    assert {"line_in_force", "welfare_to_line", "poor"} <= set(nobody.observations["observations"].columns)


def test_a_column_that_the_dictionary_has_gained_is_missing_in_what_was_stored_before(
    store: Store, programme: Programme, tmp_path: Path
) -> None:
    load_folder(store, programme, write_folder(tmp_path / "data", small_tables()))
    row = {"table": "observations", "type": "category", "categories": "home", "group": "household"}
    grown = load_programme(altered(tmp_path / "grown", add=[{"name": "work", **row}]))
    panel = whole_panel(store, grown)
    assert panel.observations["observations"]["work"].isna().all()
    assert panel.observations["observations"]["income_tin"].notna().all()


def test_personal_columns_of_dated_rows_are_not_kept(store: Store, tmp_path: Path) -> None:
    note = {"name": "note", "table": "observations", "type": "text", "privacy": "personal"}
    programme = load_programme(altered(tmp_path / "programme", add=[note]))
    tables = small_tables()
    tables["observations"]["note"] = "somebody said"
    load_folder(store, programme, write_folder(tmp_path / "data", tables))
    table = whole_panel(store, programme).observations["observations"]
    assert table["note"].isna().all()
    assert len(table) == len(tables["observations"])


@pytest.mark.slow
def test_the_simulated_county_s_features_are_those_of_its_folder_to_the_bit(store: Store, tmp_path: Path) -> None:
    programme = load_programme(DATA.parents[1] / "configs" / "china-county.yaml")
    write_county(simulate(1500, 11), tmp_path / "county")
    load_folder(store, programme, tmp_path / "county", cells_a_part=400_000, now=lambda: NOW.replace(year=2026))
    ours, theirs = whole_panel(store, programme), read_panel(programme, tmp_path / "county", dt.date(2026, 6, 1))
    for name, table in theirs.observations.items():
        pd.testing.assert_frame_equal(ours.observations[name], table, check_exact=True)
    pd.testing.assert_frame_equal(ours.households, theirs.households, check_exact=True)
    pd.testing.assert_frame_equal(ours.events, theirs.events, check_exact=True)
    for day in (dt.date(2021, 7, 1), dt.date(2025, 1, 1)):
        snapshots = [build_snapshot(programme, timeline(panel, programme), day) for panel in (ours, theirs)]
        assert len(snapshots[0]) > 500
        same_bits(*snapshots)
