"""INDEC's files become household-quarters: ids as text, lines per adult equivalent, invalid incomes excluded.

The sample in ``tests/data/eph_sample`` is invented, in INDEC's layout. The real panel's tests run where
``RISKMODEL_EPH`` names a folder with it.
"""

from __future__ import annotations

import datetime as dt
import os
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from conftest import DATA, TODAY
from riskmodel.errors import ColumnsMismatch, TableUnreadable, ValuesInvalid
from riskmodel.features.cohort import cohort
from riskmodel.features.making import Knowledge
from riskmodel.features.timeline import Timeline, timeline
from riskmodel.labels.labels import label
from riskmodel.panel.panel import Panel, read_panel
from riskmodel.programme.loading import load_programme
from riskmodel.programme.programme import Programme
from riskmodel.settings import CHECKOUT

SAMPLE = DATA / "eph_sample"
REAL = os.environ.get("RISKMODEL_EPH")
needs_real_panel = pytest.mark.skipif(
    not REAL, reason="RISKMODEL_EPH names no folder with INDEC's microdata: only the invented sample was tested"
)
# INDEC, Incidencia de la pobreza y la indigencia, share of persons below the line by half-year, percent
PUBLISHED = {(2016, 2): 30.3, (2017, 1): 28.6, (2017, 2): 25.7, (2018, 1): 27.3, (2018, 2): 32.0, (2019, 1): 35.4}


@pytest.fixture(scope="module")
def programme() -> Programme:
    return load_programme(CHECKOUT / "configs" / "argentina-eph.yaml")


@pytest.fixture(scope="module")
def sample(programme: Programme) -> Panel:
    return read_panel(programme, SAMPLE, TODAY)


def rows_of(panel: Panel, household: str) -> pd.DataFrame:
    table = panel.observations["observations"]
    return table[table["household_id"] == household].reset_index(drop=True)


def test_households_are_seen_in_their_quarters_with_ids_as_text(sample: Panel) -> None:
    assert len(sample.rejected) == 0
    assert sample.households["household_id"].tolist() == [
        "007RMNOQ0000000000000000000D-1",
        "TQRMNOQ00000000000000000000A-1",
        "TQRMNOQ00000000000000000000B-1",
        "TQRMNOQ00000000000000000000C-2",
    ]
    seen = rows_of(sample, "TQRMNOQ00000000000000000000A-1")
    assert [day.date().isoformat() for day in seen["period_end"]] == [
        "2016-06-30",
        "2016-09-30",
        "2017-06-30",
        "2017-09-30",
    ]
    assert (seen["recorded_on"] == seen["period_end"]).all()


def test_the_line_is_the_regions_basket_times_adult_equivalents(sample: Panel, programme: Programme) -> None:
    seen = rows_of(sample, "TQRMNOQ00000000000000000000A-1")
    # a man and a woman of 30 to 60 count 1.00 and 0.77, a boy of 4 counts 0.55
    assert seen["adult_equivalents"][0] == pytest.approx(1.00 + 0.77 + 0.55)
    line = programme.lines.values[("R43", "2016Q2")] * seen["adult_equivalents"][0]
    assert seen["welfare_to_line"][0] == pytest.approx(30000 / line)
    assert seen["poor"].tolist() == [0, 0, 1, 1]


def test_an_income_that_was_not_told_leaves_the_status_unknown(sample: Panel) -> None:
    seen = rows_of(sample, "TQRMNOQ00000000000000000000B-1")
    assert seen["family_income_ars"].isna().tolist() == [True, False, False, False]
    assert seen["poor"].isna().tolist() == [True, False, False, False]
    assert seen["income_told"].tolist() == [0, 1, 1, 1]
    # "no answer" is no amount: -9 never counts as income
    assert seen["labour_income_ars"].tolist() == [0, 15000, 15000, 15000]


def test_members_are_rolled_up(sample: Panel) -> None:
    first, later = (rows_of(sample, "TQRMNOQ00000000000000000000A-1").iloc[place] for place in (0, 2))
    assert (first["size"], first["children_0_5"], first["workers"], first["formal_employees"]) == (3, 1, 2, 2)
    assert (later["workers"], later["formal_employees"], later["informal_employees"], later["unemployed"]) == (
        1,
        0,
        1,
        1,
    )
    assert first["top_earner_share"] == pytest.approx(2 / 3)
    assert first["dependency"] == pytest.approx(1 / 3)
    assert (first["head_education"], first["head_job"], first["tenure"]) == ("4", "3", "1")
    assert (first["construction_workers"], first["head_informal"], later["head_informal"]) == (2, 0, 1)


def test_another_head_a_year_later_is_unknown_not_followed(sample: Panel, programme: Programme) -> None:
    line = timeline(sample, programme)
    as_of = dt.date(2016, 7, 1)
    outcome = label(programme, line, np.arange(line.size), as_of, 12, line.end)
    by_id = dict(zip(line.household_ids, outcome, strict=True))
    assert by_id["TQRMNOQ00000000000000000000A-1"] == 1
    assert np.isnan(by_id["TQRMNOQ00000000000000000000C-2"])
    assert np.isnan(by_id["007RMNOQ0000000000000000000D-1"])


def test_parquet_gives_what_the_text_files_give(sample: Panel, programme: Programme, tmp_path: Path) -> None:
    for path in SAMPLE.glob("*.txt"):
        frame = pd.read_csv(path, sep=";", decimal=",", dtype={"CODUSU": "str"})
        frame.to_parquet(tmp_path / f"{path.stem}.parquet", index=False)
    again = read_panel(programme, tmp_path, TODAY)
    pd.testing.assert_frame_equal(again.observations["observations"], sample.observations["observations"])


def test_baskets_beside_the_microdata_bring_later_lines(sample: Panel, programme: Programme, tmp_path: Path) -> None:
    for path in SAMPLE.glob("*.txt"):
        shutil.copy(path, tmp_path)
    (tmp_path / "baskets.csv").write_text("region,periodo,CBA,CBT,codigo\nPampeana,2016.2,1,2000.0,43.0\n")
    seen = rows_of(read_panel(programme, tmp_path, TODAY), "TQRMNOQ00000000000000000000A-1")
    assert seen["line_in_force"][0] == pytest.approx(2000 * 2.32)
    assert seen["line_in_force"][1] == pytest.approx(programme.lines.values[("R43", "2016Q3")] * 2.32)


def test_a_quarter_without_a_line_says_which(programme: Programme, tmp_path: Path) -> None:
    for path in SAMPLE.glob("*T216.txt"):
        later = path.read_text().replace(";2016;2;", ";2031;2;")
        (tmp_path / path.name).write_text(later)
    with pytest.raises(ValuesInvalid, match="no line for 2031Q2"):
        read_panel(programme, tmp_path, dt.date(2032, 1, 1))


def test_missing_files_columns_and_persons_without_a_household_are_named(programme: Programme, tmp_path: Path) -> None:
    with pytest.raises(TableUnreadable, match="hogar"):
        read_panel(programme, tmp_path, TODAY)
    for path in SAMPLE.glob("*T216.txt"):
        shutil.copy(path, tmp_path)
    broken = tmp_path / "usu_hogar_T216.txt"
    text = broken.read_text()
    broken.write_text(text.replace("PONDIH", "PONDI"))
    with pytest.raises(ColumnsMismatch, match="PONDIH"):
        read_panel(programme, tmp_path, TODAY)
    broken.write_text("\n".join(text.splitlines()[:2]) + "\n")
    with pytest.raises(TableUnreadable, match="persons belong to no household"):
        read_panel(programme, tmp_path, TODAY)
    broken.write_text(text)
    shutil.copy(broken, tmp_path / "usu_hogar_again.txt")
    with pytest.raises(TableUnreadable, match="in another file too"):
        read_panel(programme, tmp_path, TODAY)


def test_text_in_place_of_numbers_is_refused_without_repeating_it(programme: Programme, tmp_path: Path) -> None:
    for path in SAMPLE.glob("*T216.txt"):
        shutil.copy(path, tmp_path)
    path = tmp_path / "usu_hogar_T216.txt"
    path.write_text(path.read_text().replace(";30000;", ";SECRET;"))
    with pytest.raises(TableUnreadable, match="ITF") as caught:
        read_panel(programme, tmp_path, TODAY)
    assert "SECRET" not in str(caught.value)


@pytest.fixture(scope="module")
def real(programme: Programme) -> Panel:
    return read_panel(programme, Path(str(REAL)), TODAY)


@pytest.fixture(scope="module")
def real_line(real: Panel, programme: Programme) -> Timeline:
    return timeline(real, programme)


@needs_real_panel
@pytest.mark.slow
def test_the_published_share_of_persons_in_poverty_comes_out_within_0_3_points(real: Panel) -> None:
    table = real.observations["observations"]
    valid = table[table["poor"].notna()]
    half = list(zip(valid["period_end"].dt.year, 1 + (valid["period_end"].dt.month > 6), strict=True))
    persons = valid["income_weight"] * valid["size"]
    for period, published in PUBLISHED.items():
        of_half = np.array([one == period for one in half])
        share = 100 * np.average(valid["poor"][of_half], weights=persons[of_half])
        assert share == pytest.approx(published, abs=0.3), period


@needs_real_panel
@pytest.mark.slow
def test_the_year_ahead_counts_come_out(real_line: Timeline, programme: Programme) -> None:
    """33,889 households not poor now are seen a year later with the same head and valid incomes; 11.3 % are poor."""
    rows = fell = escaped = returned = 0.0
    for quarter in range(9):
        as_of = dt.date(2016 + (quarter + 2) // 4, (quarter + 2) % 4 * 3 + 1, 1)
        knowledge = Knowledge(real_line, programme.dictionary, as_of)
        at_risk = cohort(programme, knowledge)
        outcome = label(programme, real_line, at_risk, as_of, 12, real_line.end)
        known = ~np.isnan(outcome)
        rows, fell = rows + known.sum(), fell + np.nansum(outcome)
        poor_before = poor_a_quarter_ago(real_line, as_of)[at_risk]
        escaped, returned = escaped + (known & poor_before).sum(), returned + np.nansum(outcome[poor_before])
    assert rows == 33_889
    assert fell / rows == pytest.approx(0.113, abs=0.001)
    assert escaped == 1_006
    assert returned / escaped == pytest.approx(0.411, abs=0.001)


def poor_a_quarter_ago(line: Timeline, as_of: dt.date) -> np.ndarray:
    rows = line.observations["observations"]
    end = np.datetime64(as_of, "D") - np.timedelta64(1, "D")
    before = (end.astype("datetime64[M]") - 2).astype("datetime64[D]") - np.timedelta64(1, "D")
    poor = np.zeros(line.size, bool)
    poor[rows.household[(rows.day == before) & (rows.columns["poor"] == 1)]] = True
    return poor


def test_job_quality_and_the_second_earner(sample: Panel) -> None:
    """The last digit of the occupation's code tells the skill; a worker without a told one counts nowhere."""
    first, later = (rows_of(sample, "TQRMNOQ00000000000000000000A-1").iloc[place] for place in (0, 2))
    assert (first["head_qualification"], later["head_qualification"]) == (2, 4)
    assert (first["qualified_workers"], first["unskilled_workers"], first["employees_with_holidays"]) == (2, 0, 2)
    assert (later["qualified_workers"], later["unskilled_workers"], later["employees_with_holidays"]) == (0, 1, 0)
    assert first["second_earner_share"] == pytest.approx(1 / 3)
    assert later["second_earner_share"] == 0
