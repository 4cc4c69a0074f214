"""A job's folder is nobody else's, appears whole, and nothing in it stays that nobody needs."""

from __future__ import annotations

import asyncio
import errno
import os
import uuid
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.requests import Request

from riskmodel.service.errors import BodyTooLarge
from riskmodel.service.jobs import files as job_files
from riskmodel.service.jobs.files import (
    ROOM_BYTES,
    JobFiles,
    check_room,
    disk_full_told,
    folders,
    keep_upload,
    last_written,
    write_text,
)
from riskmodel.service.jobs.refusals import InsufficientStorage


@pytest.fixture
def files(tmp_path: Path) -> JobFiles:
    made = JobFiles(tmp_path / "jobs", uuid.uuid4().hex)
    made.make()
    return made


def request_of(*pieces: bytes) -> Request:
    left = iter([*pieces, b""])

    async def receive() -> dict[str, Any]:
        body = next(left)
        return {"type": "http.request", "body": body, "more_body": body != b""}

    return Request({"type": "http"}, receive)


def test_only_the_service_looks_into_it(files: JobFiles) -> None:
    assert {path.stat().st_mode & 0o777 for path in (files.root, files.folder)} == {0o700}
    with pytest.raises(FileExistsError):
        files.make()


def test_an_upload_is_there_whole(files: JobFiles) -> None:
    upload = asyncio.run(keep_upload(request_of(b"ab", b"c"), files, "csv", 3))
    assert files.input("csv").read_bytes() == b"abc"
    assert (upload.bytes, len(upload.sha256)) == (3, 64)
    assert [path.name for path in files.folder.iterdir()] == ["input.csv"]


def test_an_upload_that_is_refused_has_not_the_name_of_one_that_is_there(files: JobFiles) -> None:
    with pytest.raises(BodyTooLarge):
        asyncio.run(keep_upload(request_of(b"ab", b"c"), files, "csv", 2))
    assert not files.input("csv").exists()


def test_results_are_kept_and_nothing_else(files: JobFiles) -> None:
    kept = [files.result("csv"), files.refused("csv")]
    for path in (*kept, files.input("csv"), files.folder / ".lock", files.result("xlsx")):
        path.write_text("x")
    parts = files.folder / ".result.csv.parts"
    parts.mkdir()
    (parts / "part-000000.arrow").write_text("x")
    for _ in range(2):
        files.keep_results("csv")
        assert sorted(files.folder.iterdir()) == sorted(kept)
    files.drop()
    files.drop()
    assert not files.folder.exists()


@pytest.mark.parametrize(("free", "fits"), [(ROOM_BYTES + 200, True), (ROOM_BYTES + 199, False)])
def test_room_for_the_file_and_what_comes_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, fits: bool
) -> None:
    monkeypatch.setattr(job_files.shutil, "disk_usage", lambda _: SimpleNamespace(free=free))
    if fits:
        check_room(tmp_path / "jobs", 100)
    else:
        with pytest.raises(InsufficientStorage):
            check_room(tmp_path / "jobs", 100)


@pytest.mark.parametrize(
    ("number", "expected"),
    [(errno.ENOSPC, InsufficientStorage), (errno.EDQUOT, InsufficientStorage), (errno.EACCES, OSError)],
)
def test_a_full_disk_is_told_and_nothing_else_is_taken_for_one(number: int, expected: type[Exception]) -> None:
    with pytest.raises(expected), disk_full_told():
        raise OSError(number, os.strerror(number))


def test_folders_that_are_not_ours_are_left_alone(files: JobFiles) -> None:
    (files.root / "lost+found").mkdir()
    (files.root / uuid.uuid4().hex).write_text("a file")
    assert folders(files.root) == [files]
    assert folders(files.root / "nowhere") == []


def test_the_last_time_something_was_written_is_that_of_the_youngest_file(files: JobFiles) -> None:
    write_text(files.result("json"), "{}")
    for path, at in ((files.folder, 100), (files.result("json"), 300)):
        os.utime(path, (at, at))
    assert last_written(files.folder) == 300
    files.drop()
    assert last_written(files.folder) == 0
