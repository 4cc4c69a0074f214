"""A cluster gives the bytes that one process gives, also when a worker is lost in the middle."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from conftest import TODAY
from riskmodel.errors import ColumnsMismatch, UsageError, ValuesInvalid
from riskmodel.registry.bundle import BundleFiles
from riskmodel.scoring.batch import BatchRequest, score_file
from riskmodel.scoring.cluster import cluster_engine, connect
from riskmodel.scoring.scorer import Scorer

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    with connect(None, 2) as found:
        yield found


@pytest.fixture(scope="module")
def bundle_folder(tiny_bundle: BundleFiles) -> Path:
    return tiny_bundle.path


def asked(source: Path, target: Path, **options: Any) -> BatchRequest:
    return BatchRequest(source, target, TODAY, **{"chunk_rows": 30, **options})


def test_the_same_bytes_as_one_process(
    client: Any, scorer: Scorer, bundle_folder: Path, tiny_snapshot: pd.DataFrame, tmp_path: Path
) -> None:
    # row groups that fall across the chunks
    tiny_snapshot.to_parquet(tmp_path / "in.parquet", index=False, row_group_size=47)
    here = score_file(scorer, asked(tmp_path / "in.parquet", tmp_path / "here.parquet"))
    there = score_file(
        scorer, asked(tmp_path / "in.parquet", tmp_path / "there.parquet"), engine=cluster_engine(client, bundle_folder)
    )
    assert (tmp_path / "there.parquet").read_bytes() == (tmp_path / "here.parquet").read_bytes()
    assert there == here


def test_refusals_are_those_of_one_process(
    client: Any, scorer: Scorer, bundle_folder: Path, tiny_snapshot: pd.DataFrame, tmp_path: Path
) -> None:
    frame = pd.concat([tiny_snapshot.head(100), tiny_snapshot.iloc[[3]]], ignore_index=True)
    frame.loc[70, "as_of"] = "2999-01-01"
    frame.astype({"as_of": "str"}).to_parquet(tmp_path / "in.parquet", index=False)
    engine = cluster_engine(client, bundle_folder)
    with pytest.raises(ValuesInvalid, match="row 71, column as_of"):
        score_file(scorer, asked(tmp_path / "in.parquet", tmp_path / "out.parquet"), engine=engine)
    assert [path.name for path in tmp_path.iterdir()] == ["in.parquet"]
    request = asked(tmp_path / "in.parquet", tmp_path / "out.parquet", skip_bad_rows=True)
    result = score_file(scorer, request, engine=engine)
    assert result.rejected is not None
    assert result.rejected.read_text() == "row,column,rule\n71,as_of,future\n101,household_id,duplicate_key\n"
    frame.drop(columns="income_to_line").to_parquet(tmp_path / "short.parquet", index=False)
    with pytest.raises(ColumnsMismatch, match="income_to_line"):
        score_file(scorer, asked(tmp_path / "short.parquet", tmp_path / "o.parquet"), engine=engine)


def test_a_worker_that_is_killed_in_the_middle_loses_nothing(
    scorer: Scorer, bundle_folder: Path, tiny_snapshot: pd.DataFrame, tmp_path: Path
) -> None:
    rows = pd.concat([tiny_snapshot.assign(household_id=tiny_snapshot["household_id"] + f"-{n}") for n in range(6)])
    rows.to_parquet(tmp_path / "in.parquet", index=False)
    score_file(scorer, asked(tmp_path / "in.parquet", tmp_path / "here.parquet"))
    with connect(None, 2) as client:
        victim = next(iter(client.run(os.getpid).values()))
        done: list[int] = []

        def kill() -> None:
            while not done:
                time.sleep(0.01)
            os.kill(victim, signal.SIGKILL)

        killer = threading.Thread(target=kill)
        killer.start()
        score_file(
            scorer,
            asked(tmp_path / "in.parquet", tmp_path / "there.parquet"),
            lambda what, rows_done, _: done.append(rows_done) if what == "scoring" else None,
            cluster_engine(client, bundle_folder),
        )
        killer.join()
        # it was killed while chunks were still to be scored
        assert len(done) > 10
    assert (tmp_path / "there.parquet").read_bytes() == (tmp_path / "here.parquet").read_bytes()


def test_what_can_not_be_cut_by_rows_and_an_absent_scheduler_are_refused(
    client: Any, scorer: Scorer, bundle_folder: Path, tiny_snapshot: pd.DataFrame, tmp_path: Path
) -> None:
    tiny_snapshot.to_csv(tmp_path / "in.csv", index=False)
    with pytest.raises(UsageError, match="takes Parquet"):
        score_file(
            scorer, asked(tmp_path / "in.csv", tmp_path / "out.parquet"), engine=cluster_engine(client, bundle_folder)
        )
    with pytest.raises(UsageError, match="no scheduler answers"), connect("tcp://127.0.0.1:9", 0):
        pass
