"""The panel: whose line is in force, who is poor, and which rows were refused and why."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from conftest import DATA, TODAY, Tiny, make_tiny_tables
from helpers.tinyland import Words, altered, events, households, observations, panel_of
from riskmodel.errors import ColumnsMismatch, TableUnreadable, ValuesInvalid
from riskmodel.panel.panel import ancestors, area_at_level, read_panel
from riskmodel.programme.loading import load_programme
from riskmodel.programme.programme import Programme

DAY = "2019-12-31"


@pytest.fixture(scope="module")
def programme() -> Programme:
    return load_programme(DATA / "tiny" / "tiny.yaml")


@pytest.fixture
def with_lines(tmp_path: Path) -> Callable[[str], Programme]:
    def load(lines: str) -> Programme:
        def edit(words: Words) -> None:
            # no outcome by status: lines are then checked against the folds only
            words["outcome"] = {
                "kind": "event_within", "events": ["illness"], "horizons_months": [12], "main_horizon_months": 12
            }  # fmt: skip

        years = "".join(f"north,{year},100\n" for year in range(2014, 2019))
        return load_programme(altered(tmp_path, edit, files={"lines.csv": "area_code,period,line\n" + years + lines}))

    return load


STATUS = [
    # income, persons, line 130 a person -> poor
    (129.99, 1, 1.0),
    (130, 1, 0.0),
    (130.01, 1, 0.0),
    (259.99, 2, 1.0),
    (260, 2, 0.0),
    (0, 5, 1.0),
    (None, 1, None),
    (500, None, None),
]


@pytest.mark.parametrize(("income", "persons", "poor"), STATUS)
def test_poor_is_strictly_below_the_line_and_unknown_without_welfare(
    programme: Programme, income: float | None, persons: int | None, poor: float | None
) -> None:
    panel = panel_of(programme, households(("1", "n1")), observations(("1", DAY, DAY, income, persons, "true")))
    row = panel.observations["observations"].iloc[0]
    np.testing.assert_array_equal(row["poor"], np.nan if poor is None else poor)
    assert pd.isna(row["welfare_to_line"]) == (poor is None)
    assert panel.rejected.empty


def test_the_line_is_the_nearest_area_s_above_and_the_period_s(with_lines: Callable[[str], Programme]) -> None:
    years = [2014, 2015, 2016, 2017, 2018]
    text = "north,2019,200\n" + "".join(f"n1,{year},50\n" for year in years) + "n1,2019,60\n"
    text += "".join(f"south,{year},300\n" for year in [*years, 2019])
    people = households(("1", "n1"), ("2", "n2"), ("3", "s1"))
    rows = [(who, f"{year}-12-31", f"{year}-12-31", 100, 2, "true") for who in "123" for year in (2018, 2019)]
    table = panel_of(with_lines(text), people, observations(*rows)).observations["observations"]
    assert table["line_in_force"].tolist() == [2 * 50, 2 * 60, 2 * 100, 2 * 200, 2 * 300, 2 * 300]


def test_a_line_that_data_use_and_nobody_gave_is_named(with_lines: Callable[[str], Programme]) -> None:
    """A missing line must not turn into an unknown status for a whole year."""
    with pytest.raises(ValuesInvalid, match="area north has no line for 2020") as caught:
        panel_of(with_lines(""), households(("1", "n1")), observations(("1", "2020-12-31", "2020-12-31", 1, 1, None)))
    assert [fault.rule for fault in caught.value.faults] == ["missing_lines"]


def test_an_area_without_any_line_is_named(with_lines: Callable[[str], Programme]) -> None:
    with pytest.raises(ValuesInvalid, match="area s1 and all above it have no line"):
        panel_of(
            with_lines(""),
            households(("1", "n1"), ("2", "s1")),
            observations(("1", "2018-12-31", "2018-12-31", 1, 1, None)),
        )


class TestLinesOfTheDataFolder:
    SEEN = observations(("1", DAY, DAY, 150, 1, "true"))

    def test_stand_over_the_programme_s(self, programme: Programme) -> None:
        lines = pd.DataFrame({"area_code": ["north"], "period": ["2019"], "line": ["151"]})
        panel = panel_of(programme, households(("1", "n1")), self.SEEN, lines=lines)
        assert panel.observations["observations"]["poor"].tolist() == [1.0]

    @pytest.mark.parametrize("line", ["x", "", "0", "-5", "inf", "nan", None])
    def test_must_be_positive_amounts(self, programme: Programme, line: str | None) -> None:
        lines = pd.DataFrame({"area_code": ["north"] * 2, "period": ["2018", "2019"], "line": ["1", line]})
        with pytest.raises(ValuesInvalid, match="lines, row 2") as caught:
            panel_of(programme, households(("1", "n1")), self.SEEN, lines=lines)
        assert len(caught.value.faults) == 1

    def test_must_have_their_columns(self, programme: Programme) -> None:
        with pytest.raises(ColumnsMismatch, match="column period is missing"):
            panel_of(
                programme, households(("1", "n1")), self.SEEN, lines=pd.DataFrame({"area_code": ["n"], "line": ["1"]})
            )


def test_rows_of_unknown_households_are_refused_by_the_file_s_own_row(programme: Programme) -> None:
    """Rows that were refused before must not shift the count."""
    rows = observations(
        ("1", DAY, DAY, 100, 1, None),
        ("1", "nonsense", DAY, 100, 1, None),
        ("99", DAY, DAY, 100, 1, None),
        ("2", DAY, DAY, 100, 1, None),
    )
    happened = events(("1", "flood", DAY, DAY, 1), ("98", "illness", DAY, DAY, 1), ("1", "illness", DAY, DAY, 1))
    panel = panel_of(programme, households(("1", "n1"), ("2", "n1")), rows, happened)
    found = {(line.table, line.row, line.column, line.rule) for line in panel.rejected.itertuples()}
    assert found >= {
        ("observations", 3, "household_id", "unknown_household"),
        ("observations", 2, "period_end", "date"),
        ("events", 2, "household_id", "unknown_household"),
        ("events", 1, "kind", "unknown_kind"),
    }
    assert {(table, row) for table, row, *_ in found} == {
        ("observations", 2),
        ("observations", 3),
        ("events", 1),
        ("events", 2),
    }
    assert panel.observations["observations"]["household_id"].tolist() == ["1", "2"]
    assert len(panel.events) == 1


def test_a_household_that_was_refused_takes_its_rows_with_it(programme: Programme) -> None:
    people = households(("1", "n1"), ("2", "n1"), home=["brick", "castle"])
    panel = panel_of(programme, people, observations(("1", DAY, DAY, 1, 1, None), ("2", DAY, DAY, 1, 1, None)))
    assert panel.rejected[["table", "row", "rule"]].to_numpy().tolist() == [
        ["households", 2, "category"],
        ["observations", 2, "unknown_household"],
    ]


def test_tables_are_sorted_so_that_files_may_be_in_any_order(programme: Programme) -> None:
    rows = observations(
        ("2", "2018-12-31", "2018-12-31", 1, 1, None),
        ("1", "2019-12-31", "2020-05-01", 1, 1, None),
        ("1", "2019-12-31", "2020-01-01", 1, 1, None),
        ("1", "2018-12-31", "2020-06-01", 1, 1, None),
    )
    panel = panel_of(programme, households(("2", "n1"), ("1", "s1")), rows)
    assert panel.households["household_id"].tolist() == ["1", "2"]
    table = panel.observations["observations"]
    keys = list(zip(table["household_id"], table["period_end"], table["recorded_on"], strict=True))
    assert keys == sorted(keys)
    assert panel.events.empty
    assert list(panel.events.columns) == ["household_id", "kind", "occurred_on", "recorded_on", "amount", "cause"]


def areas(*rows: tuple[str, str | None, str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["area_code", "parent", "level"])


class TestAreas:
    TREE = areas(("c", "", "county"), ("t", "c", "town"), ("v", "t", "village"), ("w", None, "village"))

    def test_chains_go_from_the_narrowest_to_the_widest(self) -> None:
        assert ancestors(self.TREE) == {"c": ("c",), "t": ("t", "c"), "v": ("v", "t", "c"), "w": ("w",)}

    def test_an_area_at_a_level_is_found_above(self) -> None:
        assert area_at_level(self.TREE, "town") == {"t": "t", "v": "t"}
        assert area_at_level(self.TREE, "village") == {"v": "v", "w": "w"}
        assert area_at_level(self.TREE, "nation") == {}

    @pytest.mark.parametrize(
        "rows",
        [
            [("a", "a", "x")],
            [("a", "b", "x"), ("b", "a", "x")],
            [("d", "a", "x"), ("a", "b", "x"), ("b", "c", "x"), ("c", "a", "x")],
        ],
    )
    def test_areas_in_a_circle_are_refused_and_do_not_hang(self, rows: list[tuple[str, str, str]]) -> None:
        with pytest.raises(ValuesInvalid, match="circle"):
            ancestors(areas(*rows))

    def test_without_a_table_each_area_stands_alone(self, tmp_path: Path) -> None:
        programme = load_programme(altered(tmp_path, lambda words: words["areas"].pop("file")))
        panel = panel_of(
            programme, households(("1", "north"), ("2", "south")), observations(("1", DAY, DAY, 1, 1, None))
        )
        assert panel.areas.to_dict("list") == {
            "area_code": ["north", "south"],
            "parent": ["", ""],
            "level": ["village"] * 2,
        }


class TestReadPanel:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        for name, table in make_tiny_tables(households=40).items():
            table.to_csv(tmp_path / f"{name}.csv", index=False)
        return tmp_path

    def test_tinyland_has_no_faults(self, tiny: Tiny) -> None:
        assert tiny.panel.rejected.empty
        assert len(tiny.panel.households) == 600

    def test_csv_with_mark_and_parquet_give_the_same_panel(
        self, programme: Programme, folder: Path, tmp_path: Path
    ) -> None:
        first = read_panel(programme, folder, TODAY)
        other = tmp_path / "other"
        other.mkdir()
        for path in folder.glob("*.csv"):
            if path.stem == "observations":
                pd.read_csv(path, dtype={"hhid": "str"}).to_parquet(other / "observations.parquet", index=False)
            else:
                (other / path.name).write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
        second = read_panel(programme, other, TODAY)
        pd.testing.assert_frame_equal(first.households, second.households)
        pd.testing.assert_frame_equal(first.observations["observations"], second.observations["observations"])
        pd.testing.assert_frame_equal(first.events, second.events)

    def test_a_table_that_may_be_missing_is_empty(self, programme: Programme, folder: Path) -> None:
        (folder / "events.csv").unlink()
        assert read_panel(programme, folder, TODAY).events.empty

    def test_a_table_that_must_be_there_is_named(self, programme: Programme, folder: Path) -> None:
        (folder / "observations.csv").unlink()
        with pytest.raises(TableUnreadable, match=r"observations\.parquet or \.csv"):
            read_panel(programme, folder, TODAY)

    def test_a_file_is_no_data_folder(self, programme: Programme, folder: Path) -> None:
        with pytest.raises(TableUnreadable, match="is not a folder"):
            read_panel(programme, folder / "events.csv", TODAY)

    def test_nothing_recorded_after_today_is_read(self, programme: Programme, folder: Path) -> None:
        panel = read_panel(programme, folder, dt.date(2019, 6, 30))
        assert panel.observations["observations"]["recorded_on"].max() <= pd.Timestamp("2019-06-30")
        assert set(panel.rejected["rule"]) == {"future"}

    def test_tables_without_rows_are_read(self, programme: Programme, folder: Path) -> None:
        for name in ("observations", "events", "households"):
            header = (folder / f"{name}.csv").read_text("utf-8").splitlines()[0]
            (folder / f"{name}.csv").write_text(header + "\n", "utf-8")
        panel = read_panel(programme, folder, TODAY)
        assert panel.observations["observations"].empty
        assert panel.rejected.empty
