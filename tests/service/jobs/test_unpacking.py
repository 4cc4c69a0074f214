"""Files that are not what they say, or that would unpack to more than is read, are refused before anybody opens them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from riskmodel.errors import TableUnreadable
from riskmodel.service.jobs import unpacking
from riskmodel.service.jobs.unpacking import check_file

FRAME = pd.DataFrame({"household_id": ["a", "b"], "n": [1.5, 2.5]})


def workbook(change: Callable[[dict[str, bytes]], object] = lambda parts: None) -> bytes:
    """Return a workbook whose parts were changed."""
    held = io.BytesIO()
    FRAME.to_excel(held, index=False)
    with zipfile.ZipFile(held) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    change(parts)
    return packed_up(parts)


def packed_up(parts: Mapping[str, bytes]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in parts.items():
            packed.writestr(name, content)
    return held.getvalue()


def parquet(table: pa.Table, **more: object) -> bytes:
    held = io.BytesIO()
    pq.write_table(table, held, **more)  # type: ignore[arg-type]
    return held.getvalue()


def check(tmp_path: Path, body: bytes, ending: str) -> None:
    path = tmp_path / f"input.{ending}"
    path.write_bytes(body)
    check_file(path, ending)


def test_sound_files_pass(tmp_path: Path) -> None:
    check(tmp_path, workbook(), "xlsx")
    check(tmp_path, parquet(pa.Table.from_pandas(FRAME)), "parquet")
    check(tmp_path, "household_id,n\n户,1\n".encode("utf-8-sig"), "csv")


ENTITIES = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>'
WORKBOOKS: Mapping[str, Callable[[dict[str, bytes]], object]] = {
    "a bomb": lambda parts: parts.update({"xl/worksheets/sheet1.xml": b"0" * (65 << 20)}),
    "a name that leads out": lambda parts: parts.update({"../../evil.xml": b"<x/>"}),
    "an absolute name": lambda parts: parts.update({"/etc/evil.xml": b"<x/>"}),
    "a drive": lambda parts: parts.update({"C:\\evil.xml": b"<x/>"}),
    "macros": lambda parts: parts.update({"xl/vbaProject.bin": b"x"}),
    "an attachment": lambda parts: parts.update({"xl/embeddings/oleObject1.bin": b"x"}),
    "entities": lambda parts: parts.update({"xl/worksheets/sheet1.xml": ENTITIES}),
    "entities in UTF-16": lambda parts: parts.update({"xl/sharedStrings.xml": ENTITIES.decode().encode("utf-16")}),
    "a zip in it": lambda parts: parts.update({"xl/media/image1.png": packed_up({"x": b"x"})}),
    "no workbook": lambda parts: parts.pop("[Content_Types].xml"),
    "too many parts": lambda parts: parts.update({f"xl/x{number}.xml": b"<x/>" for number in range(10_001)}),
}


@pytest.mark.parametrize("name", WORKBOOKS)
def test_workbooks_that_are_none(tmp_path: Path, name: str) -> None:
    with pytest.raises(TableUnreadable) as caught:
        check(tmp_path, workbook(WORKBOOKS[name]), "xlsx")
    assert "evil" not in str(caught.value)


@pytest.mark.parametrize("length", [3, 40, 400])
def test_files_that_are_cut_short(tmp_path: Path, length: int) -> None:
    for body, ending in ((workbook(), "xlsx"), (parquet(pa.Table.from_pandas(FRAME)), "parquet")):
        with pytest.raises(TableUnreadable):
            check(tmp_path, body[:length], ending)


def test_parquet_that_stands_for_too_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    same = pa.table({"household_id": pa.array(["a"] * 3_000_000)})
    monkeypatch.setattr(unpacking, "MOST_ROWS", 2_000_000)
    with pytest.raises(TableUnreadable, match="3,000,000 rows"):
        check(tmp_path, parquet(same), "parquet")


def test_parquet_that_unpacks_to_too_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "SMALL_BYTES", 1_000_000)
    same = parquet(pa.table({"household_id": ["a" * 1000] * 10_000}), use_dictionary=False, compression="zstd")
    with pytest.raises(TableUnreadable, match="unpacks to 10 MB"):
        check(tmp_path, same, "parquet")


def test_parquet_that_says_more_of_itself_than_is_read(tmp_path: Path) -> None:
    sound = parquet(pa.Table.from_pandas(FRAME))
    with pytest.raises(TableUnreadable, match="says more of itself"):
        check(tmp_path, sound[:-8] + (2**31).to_bytes(4, "little") + sound[-4:], "parquet")


def test_parquet_with_too_many_columns(tmp_path: Path) -> None:
    wide = pa.table({f"c{number}": [1] for number in range(unpacking.MOST_COLUMNS + 1)})
    with pytest.raises(TableUnreadable, match="columns"):
        check(tmp_path, parquet(wide), "parquet")


@pytest.mark.parametrize("cell", [{"y": 1, "z": 2}, {"y": 1}, [1, 2]])
def test_nested_parquet(tmp_path: Path, cell: object) -> None:
    nested = pa.table({"household_id": ["a"], "x": [cell]})
    with pytest.raises(TableUnreadable, match="nested"):
        check(tmp_path, parquet(nested), "parquet")


@pytest.mark.parametrize("body", [b"", b" \n", b"a\0b", b"PAR1....", b"PK\x03\x04"])
def test_csv_that_is_none(tmp_path: Path, body: bytes) -> None:
    with pytest.raises(TableUnreadable):
        check(tmp_path, body, "csv")
