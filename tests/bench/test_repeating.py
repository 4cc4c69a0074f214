"""A repeated folder holds each household as often as asked for, under ids of its own, and areas once."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from riskmodel.bench.repeating import repeat_folder


def test_copies(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    people = pd.DataFrame({"age": [1.0, 2.0], "household_id": ["x", "y"]})
    people.to_parquet(tmp_path / "a" / "households.parquet", index=False)
    areas = pd.DataFrame({"area_code": ["1"]})
    areas.to_parquet(tmp_path / "a" / "areas.parquet", index=False)
    repeat_folder(tmp_path / "a", tmp_path / "b", 3)
    found = pd.read_parquet(tmp_path / "b" / "households.parquet")
    assert found["household_id"].tolist() == ["0-x", "0-y", "1-x", "1-y", "2-x", "2-y"]
    assert found["age"].tolist() == [1.0, 2.0] * 3
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "b" / "areas.parquet"), areas)
