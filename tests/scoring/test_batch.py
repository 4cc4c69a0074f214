"""A file is scored whole or not at all, in chunks that nobody can tell, and says the same as the scorer."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from openpyxl import load_workbook

from conftest import TODAY
from riskmodel.errors import ColumnsMismatch, TableUnreadable, UsageError, ValuesInvalid
from riskmodel.language import language
from riskmodel.panel.reading import read_table
from riskmodel.programme.dictionary import How
from riskmodel.scoring import batch
from riskmodel.scoring.batch import BatchRequest, BatchResult, score_file
from riskmodel.scoring.headers import labels_of
from riskmodel.scoring.scorer import Scorer


class Interrupted(Exception):
    """Stands for a lost machine."""


@pytest.fixture
def run(scorer: Scorer, tmp_path: Path) -> Callable[..., BatchResult]:
    def score(source: Path, target: str = "out.parquet", **options: Any) -> BatchResult:
        return score_file(scorer, BatchRequest(source, tmp_path / target, TODAY, **options))

    return score


def written(frame: pd.DataFrame, path: Path) -> Path:
    {".csv": frame.to_csv, ".parquet": frame.to_parquet, ".xlsx": frame.to_excel}[path.suffix](path, index=False)
    return path


@pytest.mark.parametrize("ending", ["parquet", "csv", "xlsx"])
def test_a_file_gives_the_scorers_own_bits(
    run: Callable[..., BatchResult], scorer: Scorer, tiny_snapshot: pd.DataFrame, tmp_path: Path, ending: str
) -> None:
    source = written(tiny_snapshot, tmp_path / f"in.{ending}")
    result = run(source)
    # a workbook holds 16 digits of a number
    expected, _ = scorer.score(read_table(source) if ending == "xlsx" else tiny_snapshot, TODAY)
    assert pq.read_table(tmp_path / "out.parquet").to_pylist() == expected.to_pylist()
    assert (result.scored, result.refused, result.rejected) == (len(tiny_snapshot), 0, None)
    first = (tmp_path / "out.parquet").read_bytes()
    run(source)
    assert (tmp_path / "out.parquet").read_bytes() == first


def test_chunks_change_no_score(
    run: Callable[..., BatchResult], scorer: Scorer, tiny_snapshot: pd.DataFrame, tmp_path: Path
) -> None:
    run(written(tiny_snapshot, tmp_path / "in.parquet"), chunk_rows=37)
    expected, _ = scorer.score(tiny_snapshot, TODAY)
    assert pq.read_table(tmp_path / "out.parquet").equals(expected)


@pytest.mark.parametrize("after", [0, 1, 3])
def test_an_interrupted_run_goes_on_where_it_stopped_and_ends_in_the_same_bytes(
    run: Callable[..., BatchResult],
    scorer: Scorer,
    tiny_snapshot: pd.DataFrame,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    after: int,
) -> None:
    source = written(tiny_snapshot.head(200), tmp_path / "in.parquet")
    run(source, "whole.parquet", chunk_rows=40)
    scored: list[int] = []
    own = batch.score_chunk

    def counting(*given: Any) -> Any:
        if len(scored) == after:
            raise Interrupted
        scored.append(len(given[2]))
        return own(*given)

    monkeypatch.setattr(batch, "score_chunk", counting)
    with pytest.raises(Interrupted):
        run(source, chunk_rows=40)
    assert not (tmp_path / "out.parquet").exists()
    scored.clear()
    monkeypatch.setattr(batch, "score_chunk", lambda *given: (scored.append(len(given[2])), own(*given))[1])
    result = run(source, chunk_rows=40)
    assert result.resumed == after * 40
    assert sum(scored) == 200 - after * 40
    assert (tmp_path / "out.parquet").read_bytes() == (tmp_path / "whole.parquet").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.parquet", "out.parquet", "whole.parquet"]


def test_finished_chunks_of_another_file_model_or_option_are_never_used(
    run: Callable[..., BatchResult], tiny_snapshot: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = written(tiny_snapshot.head(100), tmp_path / "in.parquet")

    def stop(*_: Any, **__: Any) -> None:
        raise Interrupted

    with monkeypatch.context() as patch:
        patch.setattr(batch, "_write_target", stop)
        with pytest.raises(Interrupted):
            run(source, chunk_rows=40)
    assert run(source, chunk_rows=40, reasons=2).resumed == 0
    with monkeypatch.context() as patch:
        patch.setattr(batch, "_write_target", stop)
        with pytest.raises(Interrupted):
            run(source, chunk_rows=40)
    written(tiny_snapshot.tail(100), source)
    assert run(source, chunk_rows=40).resumed == 0


def test_a_household_that_stands_twice_is_found_across_chunks(
    run: Callable[..., BatchResult], tiny_snapshot: pd.DataFrame, tmp_path: Path
) -> None:
    frame = pd.concat([tiny_snapshot.head(50), tiny_snapshot.iloc[[3]], tiny_snapshot.iloc[[60]]], ignore_index=True)
    source = written(frame, tmp_path / "in.csv")
    with pytest.raises(ValuesInvalid, match="row 51, column household_id"):
        run(source, chunk_rows=10)
    result = run(source, chunk_rows=10, skip_bad_rows=True)
    assert (result.scored, result.refused) == (51, 1)
    assert result.rejected is not None
    assert result.rejected.read_text() == "row,column,rule\n51,household_id,duplicate_key\n"


def test_a_bad_row_stops_the_file_unless_it_may_be_skipped(
    run: Callable[..., BatchResult], tiny_snapshot: pd.DataFrame, tmp_path: Path
) -> None:
    frame = tiny_snapshot.head(10).astype({"income_to_line": object}).copy()
    frame.loc[4, "income_to_line"] = "SECRET"
    source = written(frame, tmp_path / "in.csv")
    with pytest.raises(ValuesInvalid, match="row 5, column income_to_line") as caught:
        run(source, chunk_rows=2)
    assert "SECRET" not in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]
    result = run(source, skip_bad_rows=True, chunk_rows=2)
    assert (result.scored, result.refused) == (9, 1)
    assert result.rejected is not None
    assert result.rejected.read_text() == "row,column,rule\n5,income_to_line,number\n"
    # once mended, the old list of refusals is gone
    written(tiny_snapshot.head(10), source)
    run(source, skip_bad_rows=True)
    assert not result.rejected.exists()


def test_an_id_that_a_spreadsheet_made_a_number_is_refused(
    run: Callable[..., BatchResult], tiny_snapshot: pd.DataFrame, tmp_path: Path
) -> None:
    frame = tiny_snapshot.head(3).astype({"household_id": object}).copy()
    frame.loc[1, "household_id"] = 110101199003070019
    with pytest.raises(ValuesInvalid, match="row 2, column household_id"):
        run(written(frame, tmp_path / "in.xlsx"))


@pytest.mark.parametrize("encoding", ["gbk", "gb18030"])
@pytest.mark.parametrize("code", ["en", "zh"])
def test_an_offices_own_headers_and_encoding_give_the_same_scores(
    run: Callable[..., BatchResult],
    scorer: Scorer,
    tiny_snapshot: pd.DataFrame,
    tmp_path: Path,
    encoding: str,
    code: str,
) -> None:
    reference = tiny_snapshot.head(20).assign(household_id=[f"张村{place}" for place in range(20)])
    run(written(reference, tmp_path / "reference.csv"), "reference.parquet")
    office = reference.rename(columns=labels_of(scorer.programme, language(code)))
    office.to_csv(tmp_path / "in.csv", index=False, encoding=encoding)
    run(tmp_path / "in.csv")
    assert pq.read_table(tmp_path / "out.parquet").equals(pq.read_table(tmp_path / "reference.parquet"))


@pytest.mark.parametrize("ending", ["xlsx", "csv"])
def test_people_get_one_line_a_household_in_their_words(
    run: Callable[..., BatchResult], scorer: Scorer, tiny_snapshot: pd.DataFrame, tmp_path: Path, ending: str
) -> None:
    frame = tiny_snapshot.head(5).assign(household_id=["=1+1", "-2", "007", "110101199003070019", "户"])
    run(written(frame, tmp_path / "in.csv"), f"out.{ending}", language=language("zh"), reasons=2)
    target = tmp_path / f"out.{ending}"
    if ending == "xlsx":
        lines: list[list[Any]] = [list(row) for row in load_workbook(target).active.iter_rows(values_only=True)]
    else:
        assert target.read_bytes().startswith(b"\xef\xbb\xbf")
        lines = list(csv.reader(target.read_text("utf-8-sig").splitlines()))
    assert lines[0][0] == "户编号"
    assert [line[0] for line in lines[1:]] == ["'=1+1", "'-2", "007", "110101199003070019", "户"]
    expected = scorer.score(frame, TODAY, 2)[0].to_pylist()
    assert [float(line[3]) for line in lines[1:]] == pytest.approx([row["probability"] for row in expected], rel=1e-15)
    assert all("风险" in str(line[8]) for line in lines[1:])
    since = [one.name for one in scorer.programme.features if one.how is How.MONTHS_SINCE]
    labels = {labels_of(scorer.programme, language("zh"))[name] for name in since}
    assert since
    assert not labels & {label for line in lines[1:] for label in (line[-2] or "").split("; ")}


def test_more_rows_than_a_sheet_holds_are_refused_before_any_is_scored(
    run: Callable[..., BatchResult], tiny_snapshot: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = written(tiny_snapshot.head(10), tmp_path / "in.csv")
    monkeypatch.setattr(batch, "MOST_ROWS", 10)
    monkeypatch.setattr(batch, "score_chunk", lambda *_: pytest.fail("was scored"))
    with pytest.raises(UsageError, match="a sheet holds 9"):
        run(source, "out.xlsx")
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


def test_a_wrong_option_does_not_throw_away_what_an_interrupted_run_had_finished(
    scorer: Scorer, tiny_snapshot: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = BatchRequest(
        written(tiny_snapshot.head(90), tmp_path / "in.csv"), tmp_path / "out.parquet", TODAY, chunk_rows=30
    )

    def interrupted(*_: Any) -> None:
        raise Interrupted

    def refused(*_: Any) -> None:
        raise UsageError("not for this kind of file")

    with monkeypatch.context() as patch:
        patch.setattr(batch, "_write_target", interrupted)
        with pytest.raises(Interrupted):
            score_file(scorer, request)
    with pytest.raises(UsageError):
        score_file(scorer, request, engine=refused)
    assert score_file(scorer, request).resumed == 90


def test_progress_counts_every_row_once(scorer: Scorer, tiny_snapshot: pd.DataFrame, tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    request = BatchRequest(
        written(tiny_snapshot.head(95), tmp_path / "in.csv"), tmp_path / "out.parquet", TODAY, chunk_rows=30
    )
    score_file(scorer, request, lambda *args: told.append(args))
    assert [done for what, done, _ in told if what == "scoring"] == [30, 60, 90, 95]
    assert {total for what, _, total in told if what != "reading"} == {95}


def test_a_file_without_rows_gives_a_file_without_scores(
    run: Callable[..., BatchResult], tiny_snapshot: pd.DataFrame, tmp_path: Path
) -> None:
    assert run(written(tiny_snapshot.head(0), tmp_path / "in.csv")).scored == 0
    assert pq.read_table(tmp_path / "out.parquet").num_rows == 0


def test_unreadable_input_and_impossible_output_write_nothing(
    run: Callable[..., BatchResult], tiny_snapshot: pd.DataFrame, tmp_path: Path
) -> None:
    source = written(tiny_snapshot, tmp_path / "in.parquet")
    with pytest.raises(UsageError, match="folder that exists"):
        run(source, "no/out.parquet")
    with pytest.raises(UsageError, match=r"\.parquet"):
        run(source, "out.json")
    written(tiny_snapshot.drop(columns=["income_to_line"]), tmp_path / "short.csv")
    with pytest.raises(ColumnsMismatch, match="income_to_line"):
        run(tmp_path / "short.csv")
    source.write_bytes(source.read_bytes()[:-100])
    with pytest.raises(TableUnreadable, match=r"in\.parquet"):
        run(source)
    with pytest.raises(TableUnreadable, match="does not exist"):
        run(tmp_path / "none.csv")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.parquet", "short.csv"]


def test_what_is_written_can_be_read_as_a_score(
    run: Callable[..., BatchResult], tiny_snapshot: pd.DataFrame, tmp_path: Path
) -> None:
    run(written(tiny_snapshot, tmp_path / "in.parquet"), chunk_rows=100)
    found = pq.ParquetFile(tmp_path / "out.parquet")
    assert pa.types.is_list(found.schema_arrow.field("reasons").type)
    assert found.metadata.num_rows == len(tiny_snapshot)
