"""Rows in parts: nothing lost, a household in one part, the file's order and row numbers, and parts of a known size."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskmodel.errors import TableUnreadable
from riskmodel.panel.partitioning import DiskPartition, Partition, checksums, count_rows

IDS = st.lists(st.one_of(st.none(), st.text("ab甲", max_size=3)), max_size=40)


def chunked(frame: pd.DataFrame, size: int) -> list[pd.DataFrame]:
    return [frame.iloc[first : first + size].reset_index(drop=True) for first in range(0, max(1, len(frame)), size)]


def filled(partition: Partition, chunks: list[pd.DataFrame]) -> Partition:
    assert list(partition.add(chunks)) == np.cumsum([len(chunk) for chunk in chunks]).tolist()
    return partition


@given(ids=IDS, parts=st.integers(1, 5), size=st.integers(1, 50))
def test_every_row_once_its_household_in_one_part_in_the_file_s_order(
    ids: list[str | None], parts: int, size: int
) -> None:
    frame = pd.DataFrame({"id": pd.array(ids, dtype="str"), "value": np.arange(len(ids))})
    partition = filled(Partition("id", parts), chunked(frame, size))
    found = [partition.part(number) for number in range(parts)]
    for part in found:
        assert part.positions.tolist() == sorted(part.positions.tolist())
        assert part.rows["value"].tolist() == part.positions.tolist()
    assert sorted(np.concatenate([part.positions for part in found]).tolist()) == list(range(len(ids)))
    homes = pd.concat([part.rows.assign(part=number) for number, part in enumerate(found)])
    assert homes.groupby("id")["part"].nunique().max() in (1, np.nan) or not len(homes.dropna())


def test_parts_on_disk_are_those_in_memory(tmp_path: Path) -> None:
    """Whatever the types: a column without a value in one chunk, categories that differ, days, whole numbers."""
    frame = pd.DataFrame(
        {
            "id": pd.array([f"h{number % 7}" for number in range(40)], dtype="str"),
            "late": [None] * 20 + ["x"] * 20,
            "whole": range(40),
            "day": pd.date_range("2020-01-01", periods=40),
            "yes": [True, False] * 20,
            "gap": [np.nan, 1.5] * 20,
        }
    )
    chunks = [chunk.assign(kind=pd.Categorical(chunk["id"])) for chunk in chunked(frame, 10)]
    memory, disk = filled(Partition("id", 3), chunks), filled(DiskPartition("id", 3, tmp_path), chunks)
    for number in range(3):
        one, other = memory.part(number), disk.part(number)
        pd.testing.assert_frame_equal(one.rows.astype(str), other.rows.astype(str))
        assert one.positions.tolist() == other.positions.tolist()


def test_a_part_without_rows_has_the_columns(tmp_path: Path) -> None:
    frame = pd.DataFrame({"id": pd.array(["a"], dtype="str"), "value": [1]})
    partition = filled(DiskPartition("id", 50, tmp_path), [frame])
    parts = [partition.part(number) for number in range(50)]
    assert sum(len(part.rows) for part in parts) == 1
    assert {tuple(part.rows.columns) for part in parts} == {("id", "value")}


def test_a_part_holds_about_its_share_however_the_file_is_sorted(tmp_path: Path) -> None:
    """Memory is a part's size: no order of the file and no numbering of ids may fill one part with the whole."""
    ids = pd.array([f"H{number:07d}" for number in range(20_000)], dtype="str")
    frame = pd.DataFrame({"id": ids.repeat(3)})
    for number, rows in enumerate((frame, frame.sample(frac=1, random_state=1))):
        folder = tmp_path / str(number)
        folder.mkdir()
        partition = filled(DiskPartition("id", 20, folder), chunked(rows, 7_000))
        sizes = [len(partition.part(part).rows) for part in range(20)]
        assert sum(sizes) == 60_000
        assert max(sizes) < 1.2 * 3_000


def test_checksums_never_change() -> None:
    """An interrupted load goes on with the parts of an earlier version."""
    ids = pd.Series(["123456789", None, "甲", "123456789"], dtype="str")
    assert checksums(ids).tolist() == [0xCBF43926, 0, 1672381065, 0xCBF43926]
    assert checksums(pd.Series([7, 8])).tolist() == checksums(pd.Series(["7", "8"])).tolist()


class TestCountRows:
    def test_never_fewer_than_there_are(self, tmp_path: Path) -> None:
        (tmp_path / "a.csv").write_text("id\n1\n2\n3")
        (tmp_path / "mac.csv").write_bytes(b"id\r1\r2")
        pd.DataFrame({"id": [1, 2, 3]}).to_parquet(tmp_path / "a.parquet")
        assert count_rows(tmp_path / "a.csv") >= 3
        assert count_rows(tmp_path / "mac.csv") >= 2
        assert count_rows(tmp_path / "a.parquet") == 3

    def test_a_damaged_file_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "a.parquet").write_bytes(b"PAR1")
        with pytest.raises(TableUnreadable, match=r"a\.parquet is not a whole Parquet file"):
            count_rows(tmp_path / "a.parquet")
