"""The county's tables: reproducible, dated honestly, in the programme's words."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from riskmodel.panel.panel import read_panel
from riskmodel.panel.simulated import County, simulate, write_county
from riskmodel.panel.simulated.constants import CAUSES
from riskmodel.programme.loading import load_programme
from riskmodel.programme.programme import Programme

CONFIGS = Path(__file__).parents[3] / "configs"


@pytest.fixture(scope="module")
def programme() -> Programme:
    return load_programme(CONFIGS / "china-county.yaml")


def test_the_same_seed_gives_the_same_county(small: County) -> None:
    again = simulate(households=600, seed=3)
    for name, table in small.tables.items():
        pd.testing.assert_frame_equal(table, again.tables[name], check_exact=True)
    pd.testing.assert_frame_equal(small.truth, again.truth, check_exact=True)


def test_the_same_seed_gives_the_same_bytes(small: County, tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_county(simulate(households=600, seed=3) if name == "b" else small, tmp_path / name)
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes(), path.name


def test_another_seed_gives_another_county(small: County) -> None:
    other = simulate(households=600, seed=4)
    assert not small.tables["events"].equals(other.tables["events"])
    assert not small.tables["households"].equals(other.tables["households"])


def test_the_programme_accepts_every_row(small: County, programme: Programme, tmp_path: Path) -> None:
    write_county(small, tmp_path)
    panel = read_panel(programme, tmp_path, dt.date(2026, 9, 1))
    assert panel.rejected.empty
    assert set(panel.observations) == {"observations", "monthly"}
    assert len(panel.households) == 600


def test_the_folder_says_that_it_is_simulated(small: County, tmp_path: Path) -> None:
    write_county(small, tmp_path)
    text = (tmp_path / "README.txt").read_text(encoding="utf-8")
    assert text.startswith("SIMULATED")
    assert "600 households and seed 3" in text
    assert {path.stem for path in tmp_path.glob("*.parquet")} == {*small.tables, "truth"}


def test_the_truth_is_in_no_table(small: County) -> None:
    hidden = {"hardship_probability", "identified_probability", "identified_within_12_months", "at_risk"}
    assert hidden < set(small.truth.columns)
    for name, table in small.tables.items():
        assert not hidden & set(table.columns), name


def test_only_an_identification_has_a_recorded_cause(small: County) -> None:
    """An office writes it down because it decided; it can be a label, and is never a feature."""
    events = small.tables["events"]
    with_cause = events.loc[events["cause"].notna()]
    assert set(with_cause["kind"]) == {"identified"}
    assert events.loc[events["kind"] == "identified", "cause"].isin(CAUSES).all()


@pytest.mark.parametrize("table", ["households", "members", "observations", "monthly", "events"])
def test_ids_are_text_and_no_identity_numbers(small: County, table: str) -> None:
    ids = small.tables[table]["household_id"]
    assert isinstance(ids.dtype, pd.StringDtype)
    assert ids.str.fullmatch(r"H\d{7}").all()


def test_keys_are_unique(small: County) -> None:
    tables = small.tables
    assert tables["households"]["household_id"].is_unique
    assert tables["members"]["member_id"].is_unique
    assert tables["areas"]["area_code"].is_unique
    for name in ("observations", "monthly"):
        assert not tables[name].duplicated(["household_id", "period_end", "recorded_on"]).any()


def test_members_add_up_to_household_sizes(small: County) -> None:
    counted = small.tables["members"].groupby("household_id").size()
    told = small.tables["observations"].groupby("household_id")["household_size"].first()
    assert (counted.reindex(told.index) == told).all()


def test_every_village_lies_in_a_town_of_the_county(small: County) -> None:
    areas = small.tables["areas"].set_index("area_code")
    assert set(small.tables["households"]["area_code"]) <= set(areas.index[areas["level"] == "village"])
    for level, above in (("village", "town"), ("town", "county")):
        parents = areas.loc[areas["level"] == level, "parent"]
        assert (areas.loc[parents, "level"] == above).all()
    assert areas["name_zh"].str.len().min() >= 2


def test_village_names_do_not_repeat_within_a_town(county: County) -> None:
    villages = county.tables["areas"].query("level == 'village'")
    assert not villages.duplicated(["parent", "name_en"]).any()
    assert not villages.duplicated(["parent", "name_zh"]).any()


def test_nothing_is_recorded_before_it_happened(small: County) -> None:
    events = small.tables["events"]
    assert (events["recorded_on"] >= events["occurred_on"]).all()
    for name in ("observations", "monthly"):
        assert (small.tables[name]["recorded_on"] > small.tables[name]["period_end"]).all()


def test_delays_are_those_of_the_departments(county: County) -> None:
    events = county.tables["events"]
    days = (events["recorded_on"] - events["occurred_on"]).dt.days.groupby(events["kind"]).agg(["median", "max"])
    assert 12 <= days.loc["inpatient", "median"] <= 25
    assert 20 <= days.loc["dibao_stopped", "median"] <= 30
    # the programme settles outcomes after 60 days, so identification must be recorded by then
    assert days.loc["identified", "max"] <= 60
    assert days.loc["left", "max"] <= 60
    monthly = county.tables["monthly"]
    assert (monthly["recorded_on"] - monthly["period_end"]).dt.days.between(5, 20).all()


def test_some_yearly_rows_are_corrected_later(county: County) -> None:
    rows = county.tables["observations"]
    versions = rows.groupby(["household_id", "period_end"]).size()
    assert versions.max() == 2
    assert 0.03 < (versions == 2).mean() < 0.07
    corrected = rows[rows.duplicated(["household_id", "period_end"], keep=False)]
    wages = corrected.groupby(["household_id", "period_end"])["wage_cny"].nunique()
    assert (wages == 2).mean() > 0.8


def test_incomes_add_up(county: County) -> None:
    rows = county.tables["observations"]
    sources = rows["wage_cny"] + rows["business_gross_cny"] + rows["property_cny"] + rows["transfer_cny"]
    assert (sources == rows["gross_income_cny"]).all()
    assert (sources - rows["business_cost_cny"] == rows["net_income_cny"]).all()
    per_head = rows["net_income_cny"] / rows["household_size"]
    assert (np.abs(per_head - rows["net_income_pc_cny"]) <= 1.5).all()


def test_months_are_missing_and_self_pay_is_filled_with_zero(county: County) -> None:
    monthly = county.tables["monthly"]
    # the truth has a row for every household and month
    assert 0.83 < len(monthly) / len(county.truth) < 0.95
    assert 0.08 < (monthly["medical_self_pay_cny"] == 0).mean() < 0.13


def test_nobody_is_recorded_after_moving_away(county: County) -> None:
    events = county.tables["events"]
    left = events[events["kind"] == "left"].set_index("household_id")["occurred_on"]
    assert left.index.is_unique
    rows = county.tables["observations"]
    gone = rows["household_id"].map(left)
    assert not (rows["period_end"] > gone).any()


def test_spells_start_and_end_in_turn(county: County) -> None:
    events = county.tables["events"]
    turns = events[events["kind"].isin(["identified", "eliminated"])].sort_values(["household_id", "occurred_on"])
    is_start = (turns["kind"] == "identified").astype(int)
    first = ~turns["household_id"].duplicated()
    assert (is_start[first] == 1).all()
    same = turns["household_id"].eq(turns["household_id"].shift())
    assert (is_start[same] != is_start.shift()[same]).all()


def test_categories_follow_the_stratum(county: County) -> None:
    households = county.tables["households"]
    assert households.loc[households["monitoring_category"] == "unstable", "ex_poor"].all()
    assert not households.loc[households["monitoring_category"] == "marginal", "ex_poor"].any()
