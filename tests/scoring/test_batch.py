"""A file is scored whole or not at all, and says the same as the scorer."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from conftest import TODAY
from riskmodel.errors import TableUnreadable, UsageError, ValuesInvalid
from riskmodel.scoring.batch import score_file
from riskmodel.scoring.scorer import Scorer


@pytest.mark.parametrize("ending", ["parquet", "csv"])
def test_a_file_gives_the_scorers_own_bits(
    scorer: Scorer, tiny_snapshot: pd.DataFrame, tmp_path: Path, ending: str
) -> None:
    source, target = tmp_path / f"in.{ending}", tmp_path / "out.parquet"
    if ending == "csv":
        tiny_snapshot.to_csv(source, index=False)
    else:
        tiny_snapshot.to_parquet(source, index=False)
    result = score_file(scorer, source, target, today=TODAY, reasons=5, skip_bad_rows=False)
    expected, _ = scorer.score(tiny_snapshot, TODAY)
    assert pq.read_table(target).to_pylist() == expected.to_pylist()
    assert (result.scored, result.refused, result.rejected) == (len(tiny_snapshot), 0, None)
    first = target.read_bytes()
    score_file(scorer, source, target, today=TODAY, reasons=5, skip_bad_rows=False)
    assert target.read_bytes() == first


def test_a_bad_row_stops_the_file_unless_it_may_be_skipped(
    scorer: Scorer, tiny_snapshot: pd.DataFrame, tmp_path: Path
) -> None:
    source, target = tmp_path / "in.csv", tmp_path / "out.parquet"
    frame = tiny_snapshot.head(10).astype({"income_to_line": object}).copy()
    frame.loc[4, "income_to_line"] = "SECRET"
    frame.to_csv(source, index=False)
    with pytest.raises(ValuesInvalid, match="row 5, column income_to_line") as caught:
        score_file(scorer, source, target, today=TODAY, reasons=5, skip_bad_rows=False)
    assert "SECRET" not in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]
    result = score_file(scorer, source, target, today=TODAY, reasons=5, skip_bad_rows=True)
    assert (result.scored, result.refused) == (9, 1)
    assert result.rejected is not None
    assert result.rejected.read_text() == "row,column,rule\n5,income_to_line,number\n"
    # once mended, the old list of refusals is gone
    tiny_snapshot.head(10).to_csv(source, index=False)
    score_file(scorer, source, target, today=TODAY, reasons=5, skip_bad_rows=True)
    assert not result.rejected.exists()


def test_unreadable_input_and_impossible_output_write_nothing(
    scorer: Scorer, tiny_snapshot: pd.DataFrame, tmp_path: Path
) -> None:
    source = tmp_path / "in.parquet"
    tiny_snapshot.to_parquet(source)
    source.write_bytes(source.read_bytes()[:-100])
    with pytest.raises(TableUnreadable, match=r"in\.parquet"):
        score_file(scorer, source, tmp_path / "out.parquet", today=TODAY, reasons=5, skip_bad_rows=False)
    with pytest.raises(UsageError, match="folder that exists"):
        score_file(scorer, source, tmp_path / "no" / "out.parquet", today=TODAY, reasons=5, skip_bad_rows=False)
    with pytest.raises(UsageError, match=r"\.parquet"):
        score_file(scorer, source, tmp_path / "out.csv", today=TODAY, reasons=5, skip_bad_rows=False)
    assert [path.name for path in tmp_path.iterdir()] == ["in.parquet"]
