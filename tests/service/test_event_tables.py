"""Tables of events are read chunk by chunk, whatever wrote them; what is no such table is refused, and repeated nowhere."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from conftest import DATA
from riskmodel.errors import ColumnsMismatch, Fault, TableUnreadable
from riskmodel.programme.loading import load_programme
from riskmodel.service.access import Feed, Origin
from riskmodel.service.event_tables import table_reports
from riskmodel.service.reports import FIELDS, Reading, Report

READING = Reading(
    load_programme(DATA / "tiny" / "tiny.yaml"),
    Feed(frozenset({"illness"}), Origin.SELF_REPORT),
    dt.date(2021, 6, 1),
)
MARK = "q7zx9mark"


def rows(count: int) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "event_id": [f"{number:03d}" for number in range(count)],
            "household_id": "007",
            "kind": "illness",
            "occurred_on": "2021-05-03",
            "amount": [None if number % 2 else f"{number}.5" for number in range(count)],
            "cause": None,
        }
    )


def found_in(path: Path, size: int = 2000) -> list[tuple[int, Report | Fault]]:
    return [one for chunk in table_reports(path, READING, "clinic", size) for one in chunk]


def written(path: Path, table: pd.DataFrame, **options: Any) -> Path:
    table.to_csv(path, index=False, **options)
    return path


def test_a_csv_is_read_as_text(tmp_path: Path) -> None:
    [first, second] = found_in(written(tmp_path / "a.csv", rows(2)))
    assert first == (0, Report("000", "clinic", "007", "illness", dt.date(2021, 5, 3), 0.5, None))
    assert second == (1, Report("001", "clinic", "007", "illness", dt.date(2021, 5, 3), None, None))


@pytest.mark.parametrize("count", [0, 1, 6, 7, 20, 21])
def test_places_go_on_from_chunk_to_chunk(tmp_path: Path, count: int) -> None:
    path = written(tmp_path / "a.csv", rows(count))
    chunks = list(table_reports(path, READING, "clinic", 7))
    assert [len(chunk) for chunk in chunks[:-1]] == [7] * (len(chunks) - 1)
    assert [place for chunk in chunks for place, _ in chunk] == list(range(count))
    assert [one for chunk in chunks for one in chunk] == found_in(path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_chinese_in_every_encoding_that_offices_use(tmp_path: Path, encoding: str) -> None:
    table = rows(3).assign(event_id=["大病一", "大病二", "大病三"], household_id="农户七号")
    found = found_in(written(tmp_path / "a.csv", table, encoding=encoding))
    assert [(one.event_id, one.household_id) for _, one in found if isinstance(one, Report)] == [
        (name, "农户七号") for name in table["event_id"]
    ]


def test_the_same_from_parquet_and_from_a_workbook(tmp_path: Path) -> None:
    table = rows(4).assign(occurred_on=pd.Timestamp("2021-05-03"), amount=[1.5, None, 3.0, 4.0])
    table.to_parquet(tmp_path / "a.parquet")
    table.to_excel(tmp_path / "a.xlsx", index=False)
    expected = found_in(written(tmp_path / "a.csv", table))
    assert all(isinstance(one, Report) for _, one in expected)
    assert found_in(tmp_path / "a.parquet") == found_in(tmp_path / "a.xlsx") == expected


def test_amount_and_cause_may_be_left_out_and_columns_stand_in_any_order(tmp_path: Path) -> None:
    table = rows(2)[["occurred_on", "kind", "household_id", "event_id"]]
    assert [one.amount for _, one in found_in(written(tmp_path / "a.csv", table)) if isinstance(one, Report)] == [
        None,
        None,
    ]


def test_faulty_rows_are_told_by_their_place_and_the_others_are_read(tmp_path: Path) -> None:
    table = rows(4).assign(kind=["illness", MARK, "illness", "listed"], household_id=["1", "2", None, "4"])
    found = found_in(written(tmp_path / "a.csv", table), 2)
    assert [(place, getattr(one, "rule", "sound")) for place, one in found] == [
        (0, "sound"), (1, "unknown_kind"), (2, "required"), (3, "not_allowed"),
    ]  # fmt: skip
    assert MARK not in str(found)


@pytest.mark.parametrize("missing", [name for name in FIELDS if name not in ("amount", "cause")])
def test_a_missing_column(tmp_path: Path, missing: str) -> None:
    with pytest.raises(ColumnsMismatch) as refused:
        found_in(written(tmp_path / "a.csv", rows(1).drop(columns=[missing])))
    assert [(fault.where, fault.rule) for fault in refused.value.faults] == [(missing, "missing_column")]


def test_unknown_columns_are_refused_and_not_repeated(tmp_path: Path) -> None:
    with pytest.raises(ColumnsMismatch) as refused:
        found_in(written(tmp_path / "a.csv", rows(1).assign(**{MARK: 1, "recorded_on": "2020-01-01"})))
    assert [(fault.where, fault.rule) for fault in refused.value.faults] == [("header", "unknown_column")]
    assert MARK not in str(refused.value)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\n\n",
        b"\0\0",
        b"event_id,household_id\n\xff\xfe\xfd\n",
        f"{MARK},{MARK}\n1,2\n".encode(),
        f"event_id,household_id,kind,occurred_on\n1,2\n{MARK}\n".encode(),
        f'event_id,household_id,kind,occurred_on\n"{MARK}'.encode(),
        b"PK\x03\x04" + MARK.encode(),
    ],
)
def test_no_table_at_all(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "a.csv").write_bytes(raw)
    with pytest.raises((TableUnreadable, ColumnsMismatch)) as refused:
        found_in(tmp_path / "a.csv")
    assert MARK not in str(refused.value)


def test_damage_far_below_shows_after_the_chunks_before_it(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", rows(60_000))
    with path.open("a", encoding="utf-8") as file:
        file.write(f"{MARK},{MARK},\n")
    chunks = table_reports(path, READING, "clinic")
    assert len(next(chunks)) == 2000
    with pytest.raises(TableUnreadable) as refused:
        list(chunks)
    assert MARK not in str(refused.value)
