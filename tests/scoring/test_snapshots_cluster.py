"""A cluster makes the snapshot that one process makes, also when a worker is lost in the middle."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from typer.testing import CliRunner

from conftest import AS_OF, DATA, TODAY, Tiny
from riskmodel.cli import app
from riskmodel.errors import ColumnsMismatch, TableUnreadable, UsageError
from riskmodel.features.snapshot import build_snapshot
from riskmodel.scoring.cluster import connect
from riskmodel.scoring.snapshots import make_share, snapshot_on_cluster

pytestmark = pytest.mark.slow
LATE = pd.Timestamp("2019-01-01").date()


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    with connect(None, 2) as found:
        yield found


def test_the_same_frame_as_one_process(client: Any, tiny: Tiny, tiny_snapshot: pd.DataFrame) -> None:
    made, rejected = snapshot_on_cluster(client, tiny.programme, tiny.folder, AS_OF, TODAY)
    assert_frame_equal(made, tiny_snapshot, check_exact=True)
    assert_frame_equal(rejected, tiny.panel.rejected)
    # another date, from the panels that workers kept
    made, _ = snapshot_on_cluster(client, tiny.programme, tiny.folder, LATE, TODAY)
    assert_frame_equal(made, build_snapshot(tiny.programme, tiny.line, LATE), check_exact=True)


@pytest.mark.parametrize("ending", [".parquet", ".csv"])
def test_the_command_writes_the_same_bytes(client: Any, tiny: Tiny, tmp_path: Path, ending: str) -> None:
    words = ["snapshot", str(DATA / "tiny" / "tiny.yaml"), "--data", str(tiny.folder), "--as-of", "2021-01-01"]
    here, there = tmp_path / f"here{ending}", tmp_path / f"there{ending}"
    cluster = ["--engine", "dask", "--scheduler", client.scheduler.address]
    for asked in ([*words, str(here)], [*words, str(there), *cluster]):
        assert CliRunner().invoke(app, asked, catch_exceptions=False).exit_code == 0
    assert there.read_bytes() == here.read_bytes()


def test_data_that_changed_are_read_anew(client: Any, tiny: Tiny, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    shutil.copytree(tiny.folder, folder)
    before, _ = snapshot_on_cluster(client, tiny.programme, folder, AS_OF, TODAY)
    people = pd.read_csv(folder / "households.csv", dtype="str")
    people.iloc[:-10].to_csv(folder / "households.csv", index=False)
    after, rejected = snapshot_on_cluster(client, tiny.programme, folder, AS_OF, TODAY)
    assert len(after) < len(before)
    assert len(rejected)


def test_what_is_wrong_with_the_data_is_told_as_by_one_process(client: Any, tiny: Tiny, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    shutil.copytree(tiny.folder, folder)
    pd.read_csv(folder / "observations.csv", dtype="str").drop(columns="inc").to_csv(
        folder / "observations.csv", index=False
    )
    with pytest.raises(ColumnsMismatch, match="inc"):
        snapshot_on_cluster(client, tiny.programme, folder, AS_OF, TODAY)
    with pytest.raises(TableUnreadable, match="not a folder"):
        snapshot_on_cluster(client, tiny.programme, tmp_path / "nowhere", AS_OF, TODAY)


def test_a_worker_that_sees_other_data_is_told() -> None:
    found, error = make_share(("{}", "/nowhere", "0" * 64, TODAY), AS_OF, ())
    assert found is None
    assert isinstance(error, UsageError)
    assert "every worker must see the folder" in str(error)


def test_a_worker_that_is_killed_in_the_middle_loses_nothing(
    tiny: Tiny, tiny_snapshot: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    with connect(None, 2) as client:
        victim = next(iter(client.run(os.getpid).values()))
        gather = client.gather

        def killing_first(futures: list[Any]) -> Any:
            os.kill(victim, signal.SIGKILL)
            return gather(futures)

        monkeypatch.setattr(client, "gather", killing_first)
        made, _ = snapshot_on_cluster(client, tiny.programme, tiny.folder, AS_OF, TODAY)
    assert_frame_equal(made, tiny_snapshot, check_exact=True)
