"""Files are written whole or not at all: a failure leaves the old one, and nothing half-written beside it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from riskmodel.files import replacing, sync_folder, write_synced


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_new_file_takes_the_place_of_the_old(tmp_path: Path) -> None:
    path = tmp_path / "scores.parquet"
    path.write_bytes(b"old")
    with replacing(path) as partial:
        partial.write_bytes(b"new")
        assert path.read_bytes() == b"old"
        assert partial.parent == tmp_path
    assert path.read_bytes() == b"new"
    assert [path.name for path in tmp_path.iterdir()] == ["scores.parquet"]


@pytest.mark.parametrize("there", [True, False])
@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_an_exception_leaves_the_old_file_and_no_partial(
    tmp_path: Path, there: bool, error: type[BaseException]
) -> None:
    path = tmp_path / "scores.parquet"
    if there:
        path.write_bytes(b"old")
    with pytest.raises(error), replacing(path) as partial:
        partial.write_bytes(b"half")
        raise error
    assert [path.name for path in tmp_path.iterdir()] == (["scores.parquet"] if there else [])
    assert not there or path.read_bytes() == b"old"


def test_a_body_that_writes_nothing_is_an_error_and_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "scores.parquet"
    path.write_bytes(b"old")
    with pytest.raises(FileNotFoundError), replacing(path):
        pass
    assert path.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["scores.parquet"]


def test_a_partial_of_a_process_that_died_is_swept_first(tmp_path: Path) -> None:
    path = tmp_path / "scores.parquet"
    (tmp_path / f".scores.parquet.{os.getpid()}.partial").write_bytes(b"left behind, and longer than the new one")
    with replacing(path) as partial:
        assert not partial.exists()
        partial.write_bytes(b"new")
    assert path.read_bytes() == b"new"
    assert [path.name for path in tmp_path.iterdir()] == ["scores.parquet"]


def test_the_bytes_are_on_the_disk_before_the_name_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rename before fsync, and a power cut leaves an empty file under the good name."""
    steps: list[str] = []
    fsync, rename = os.fsync, Path.replace

    def noted_fsync(handle: int) -> None:
        steps.append("sync folder" if Path(f"/proc/self/fd/{handle}").is_dir() else "sync file")
        fsync(handle)

    def noted_rename(self: Path, target: Path) -> Path:
        steps.append("rename")
        return rename(self, target)

    monkeypatch.setattr(os, "fsync", noted_fsync)
    monkeypatch.setattr(Path, "replace", noted_rename)
    with replacing(tmp_path / "a") as partial:
        partial.write_bytes(b"new")
    assert steps == ["sync file", "rename", "sync folder"]


def test_a_synced_file_is_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    write_synced(path, b"{}")
    with pytest.raises(FileExistsError):
        write_synced(path, b"other")
    assert path.read_bytes() == b"{}"
    sync_folder(tmp_path)
