"""What a data folder holds: areas and households first, each file known by its bytes, surveys through their importer."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from conftest import DATA
from helpers.loading import load_folder, small_tables, whole_panel, write_folder
from helpers.tinyland import households
from riskmodel.errors import TableUnreadable
from riskmodel.panel.panel import read_panel
from riskmodel.programme.loading import load_programme
from riskmodel.service.store.engine import Store
from riskmodel.service.store.sources import rows_a_chunk, sources

CONFIGS = DATA.parents[1] / "configs"
TINY = load_programme(DATA / "tiny" / "tiny.yaml")


def test_tables_that_others_refer_to_come_first(tmp_path: Path) -> None:
    county = load_programme(CONFIGS / "china-county.yaml")
    names = ["areas", "events", "households", "lines", "members", "monthly", "observations"]
    folder = write_folder(tmp_path, {name: pd.DataFrame({"household_id": ["1"]}) for name in names})
    found = [source.table for source in sources(county, folder)]
    assert found[:3] == ["lines", "areas", "households"]
    assert sorted(found) == names


def test_a_file_is_known_by_its_bytes(tmp_path: Path) -> None:
    one, other = (write_folder(tmp_path / name, small_tables()) for name in "ab")
    digests = [[source.sha256 for source in sources(TINY, folder)] for folder in (one, other)]
    assert digests[0] == digests[1] and len(set(digests[0])) == 3
    with (other / "events.csv").open("a") as file:
        file.write("\n")
    changed = [source.sha256 for source in sources(TINY, other)]
    assert changed[:2] == digests[0][:2] and changed[2] != digests[0][2]


def test_a_sheet_s_rows_are_counted(tmp_path: Path) -> None:
    folder = write_folder(tmp_path, {"observations": small_tables()["observations"]})
    households(("1", "n1"), ("2", "n1")).to_excel(folder / "households.xlsx", index=False)
    source = sources(TINY, folder)[0]
    assert (source.table, source.name, source.rows, source.in_memory) == ("households", "households.xlsx", 2, True)


def test_a_missing_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(TableUnreadable, match="lacks the table households"):
        sources(TINY, tmp_path)


def test_chunks_hold_about_as_many_values_however_wide() -> None:
    assert rows_a_chunk(3) == rows_a_chunk(16) == 262_144
    assert rows_a_chunk(64) == 65_536
    assert rows_a_chunk(10**9) == 1


def test_a_survey_is_loaded_through_its_importer(store: Store, tmp_path: Path) -> None:
    programme, folder = load_programme(CONFIGS / "argentina-eph.yaml"), DATA / "eph_sample"
    load_folder(store, programme, folder, cells_a_part=100_000, work=tmp_path)
    ours, theirs = whole_panel(store, programme), read_panel(programme, folder, pd.Timestamp("2021-06-01").date())
    pd.testing.assert_frame_equal(ours.households, theirs.households)
    pd.testing.assert_frame_equal(ours.observations["observations"], theirs.observations["observations"])
