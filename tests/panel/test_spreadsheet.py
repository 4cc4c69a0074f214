"""Workbooks are bounded before they are opened, keep ids whole, and never carry a formula out."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from riskmodel.errors import TableUnreadable, UsageError
from riskmodel.panel import spreadsheet
from riskmodel.panel.spreadsheet import neutral, read_sheet, write_sheet

LONG_ID = "110101199003070019"
RISKY = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "=1", "＝1", " =1", "'=1", "''-2"]


def book(path: Path, rows: list[list[Any]]) -> Path:
    made = Workbook()
    for row in rows:
        made.active.append(row)
    made.save(path)
    return path


def read(path: Path) -> pd.DataFrame:
    return pd.concat(list(read_sheet(path, 3)), ignore_index=True)


def test_cells_come_as_they_were_typed(tmp_path: Path) -> None:
    day = pd.Timestamp("2024-03-01").to_pydatetime()
    frame = read(
        book(tmp_path / "t.xlsx", [["id", "n", "day", "yes"], [LONG_ID, 3.5, day, True], ["007", None, day, False]])
    )
    assert frame.to_dict("list") == {
        "id": [LONG_ID, "007"],
        "n": [3.5, None],
        "day": ["2024-03-01", "2024-03-01"],
        "yes": ["true", "false"],
    }


def test_an_id_typed_as_a_number_stays_a_number_so_that_it_can_be_refused(tmp_path: Path) -> None:
    assert isinstance(read(book(tmp_path / "t.xlsx", [["id"], [110101199003070019]]))["id"][0], int | float)


def test_empty_rows_at_the_end_are_no_households(tmp_path: Path) -> None:
    assert len(read(book(tmp_path / "t.xlsx", [["id"], ["1"], ["2"], [None], ["  "]]))) == 2


@pytest.mark.parametrize("text", RISKY)
def test_no_cell_goes_out_as_a_formula(tmp_path: Path, text: str) -> None:
    path = tmp_path / "t.xlsx"
    write_sheet(path, ["a", "=b"], [[text, -1.5]], "s")
    sheet = load_workbook(path).active
    assert sheet["A2"].data_type == "s"
    assert str(sheet["A2"].value).startswith("'")
    assert sheet["B1"].value == "'=b"
    assert (sheet["B2"].data_type, sheet["B2"].value) == ("n", -1.5)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.text(alphabet=st.sampled_from("=+-@'ab张 1"), min_size=1, max_size=6), min_size=1, max_size=5))
def test_reading_our_own_export_gives_what_was_written(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str]
) -> None:
    path = tmp_path_factory.mktemp("sheet") / "t.xlsx"
    write_sheet(path, ["a", "last"], [[text, "end"] for text in texts], "s")
    assert read(path)["a"].tolist() == [text if text.strip() else None for text in texts]


def test_ordinary_cells_are_left_alone() -> None:
    for cell in ("abc", "张三", "1-2", 5, -5.0, None, "2024-01-01"):
        assert neutral(cell) == cell


@pytest.mark.parametrize("odd", ["\x00", "\x07", "\x1f", "\ud800", "\ufffe"])
def test_what_xml_has_no_place_for_is_left_out(tmp_path: Path, odd: str) -> None:
    path = tmp_path / "t.xlsx"
    write_sheet(path, ["a", f"b{odd}"], [[f"{odd}=1", f"x{odd}y"]], "s")
    assert read(path).to_dict("records") == [{"a": "=1", "b": "xy"}]
    assert neutral(f"{odd}=1") == "'=1", "nor does it hide a formula"


def test_ids_are_marked_as_text_and_further_sheets_come_after(tmp_path: Path) -> None:
    path, told = tmp_path / "t.xlsx", list[str]()

    def rows() -> Iterator[list[Any]]:
        told.append("007")
        yield ["007", 7, "a7"]

    write_sheet(path, ["id", "n", "x"], rows(), "first", ("about", ([one, "=1"] for one in told)))
    book = load_workbook(path)
    assert book.sheetnames == ["first", "about"]
    assert [cell.number_format for cell in book["first"][2]] == ["@", "General", "General"]
    assert [cell.value for cell in book["about"][1]] == ["007", "'=1"]
    assert sorted(one.name for one in tmp_path.iterdir()) == ["t.xlsx"]


def test_the_same_rows_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a.xlsx", "b.xlsx"):
        write_sheet(tmp_path / name, ["x"], [["1"]], "s")
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.xlsx") as packed:
        assert {one.date_time[0] for one in packed.infolist()} == {2000}


def test_a_bomb_is_refused_before_it_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = book(tmp_path / "t.xlsx", [["id"], ["1"]])
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/more.xml", b"0" * 50_000_000)
    monkeypatch.setattr("openpyxl.load_workbook", lambda *_, **__: pytest.fail("was opened"))
    with pytest.raises(TableUnreadable, match="times its size"):
        read(path)


def test_a_bomb_that_lies_about_its_size_is_refused(tmp_path: Path) -> None:
    path = book(tmp_path / "t.xlsx", [["id"], *[[str(place)] for place in range(2000)]])
    raw = bytearray(path.read_bytes())
    # the central directory tells less than there is
    with zipfile.ZipFile(path) as packed:
        told = next(one for one in packed.infolist() if one.filename.startswith("xl/worksheets")).file_size
    place = raw.rfind(told.to_bytes(4, "little"))
    raw[place : place + 4] = (100).to_bytes(4, "little")
    path.write_bytes(raw)
    with pytest.raises(TableUnreadable):
        read(path)


@pytest.mark.parametrize(
    ("rows", "what"),
    [
        ([["a", None, "b"], [1, 2, 3]], "name in every column"),
        ([["b", "a", "a"], [1, 2, 3]], "name of column 3 more than once"),
        ([["a"], [1, 2]], "beyond"),
    ],
)
def test_a_sheet_without_one_clear_header_is_refused(tmp_path: Path, rows: list[list[Any]], what: str) -> None:
    with pytest.raises(TableUnreadable, match=what):
        read(book(tmp_path / "t.xlsx", rows))


def test_damage_is_refused_by_name(tmp_path: Path) -> None:
    path = book(tmp_path / "t.xlsx", [["id"], ["1"]])
    whole = path.read_bytes()
    for cut in (0, 10, len(whole) // 2, len(whole) - 5):
        path.write_bytes(whole[:cut])
        with pytest.raises(TableUnreadable, match=r"t\.xlsx"):
            read(path)


def test_more_rows_than_a_sheet_holds_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheet, "MOST_ROWS", 3)
    with pytest.raises(UsageError, match="Parquet or CSV"):
        write_sheet(tmp_path / "t.xlsx", ["a"], [["1"], ["2"], ["3"]], "s")
