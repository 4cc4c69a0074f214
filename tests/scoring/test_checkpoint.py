"""Finished parts survive an interruption, and are never mistaken for those of another job."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from riskmodel.errors import UsageError
from riskmodel.scoring.checkpoint import STATE, Checkpoint


def table(value: int) -> pa.Table:
    return pa.table({"a": [value, value]})


def test_parts_and_notes_are_there_for_whoever_goes_on(tmp_path: Path) -> None:
    with Checkpoint(tmp_path / "out", {"job": 1}) as first:
        first.add(table(1), {"bad": [1]})
        first.add(table(2), {"bad": []})
    with Checkpoint(tmp_path / "out", {"job": 1}) as again:
        assert again.done == 2
        assert again.notes == [{"bad": [1]}, {"bad": []}]
        assert [part.column("a")[0].as_py() for part in again.tables()] == [1, 2]
        again.drop()
    assert list(tmp_path.iterdir()) == []


def test_another_job_begins_anew(tmp_path: Path) -> None:
    with Checkpoint(tmp_path / "out", {"job": 1}) as kept:
        kept.add(table(1), None)
    for job in (2, 1):
        with Checkpoint(tmp_path / "out", {"job": job}) as kept:
            assert kept.done == 0
            assert not list(kept.folder.glob("part-*"))


def test_a_part_that_is_gone_or_a_state_that_does_not_parse_begins_anew(tmp_path: Path) -> None:
    with Checkpoint(tmp_path / "out", {}) as kept:
        kept.add(table(1), None)
    next(kept.folder.glob("part-*")).unlink()
    with Checkpoint(tmp_path / "out", {}) as kept:
        assert kept.done == 0
        kept.add(table(1), None)
    (kept.folder / STATE).write_text("{")
    with Checkpoint(tmp_path / "out", {}) as kept:
        assert kept.done == 0


def test_what_was_half_written_does_not_count(tmp_path: Path) -> None:
    with Checkpoint(tmp_path / "out", {}) as kept:
        kept.add(table(1), None)
    # the part is on the disk, but the state does not name it yet
    (kept.folder / "part-000001.arrow").write_bytes(b"half")
    with Checkpoint(tmp_path / "out", {}) as again:
        assert again.done == 1
        again.add(table(2), None)
        assert [part.column("a")[0].as_py() for part in again.tables()] == [1, 2]


def test_two_runs_never_write_the_same_parts(tmp_path: Path) -> None:
    with Checkpoint(tmp_path / "out", {}) as kept:
        kept.add(table(1), None)
        with pytest.raises(UsageError, match="another run is writing"), Checkpoint(tmp_path / "out", {"other": 1}):
            pass
        assert next(kept.tables()).num_rows == 2
