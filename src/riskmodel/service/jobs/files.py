"""The folder of a job: what was sent, what came of it, and nothing that a crash leaves half done.

::

    <jobs>/<job>/input.<ending>                       as it was sent; gone when the job has ended
    <jobs>/<job>/result.<ending>                      appears whole
    <jobs>/<job>/result.<ending>.rejected.csv         rows that were refused: row, column and rule, never values
"""

from __future__ import annotations

import errno
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from riskmodel.files import replacing, sync_folder
from riskmodel.service.bodies import spooled_body
from riskmodel.service.jobs.refusals import InsufficientStorage

ROOM_BYTES = 100 * 1024 * 1024
"""What must be left beside twice the file's length, for the store and everybody else."""
FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
REFUSED_HEADER = "row,column,rule\n"
_NAME = re.compile("[0-9a-f]{32}", re.ASCII)


@dataclass(frozen=True, slots=True)
class JobFiles:
    """Where the files of a job are.

    Attributes
    ----------
    root : Path
        Folder of all jobs.
    job : str
        Name of the job.
    """

    root: Path
    job: str

    @property
    def folder(self) -> Path:
        """Folder of this job."""
        return self.root / self.job

    def input(self, ending: str) -> Path:
        """Return where the file is that was sent; ``ending`` has no dot."""
        return self.folder / f"input.{ending}"

    def result(self, ending: str) -> Path:
        """Return where the result is."""
        return self.folder / f"result.{ending}"

    def refused(self, ending: str) -> Path:
        """Return where the refused rows are named, beside a result of that ending."""
        return self.folder / f"result.{ending}.rejected.csv"

    def make(self) -> None:
        """Make the folder; only its owner may look into it, since files name households."""
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder.mkdir(mode=0o700)

    def drop(self) -> None:
        """Throw everything away; does nothing where nothing is left."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def keep_results(self, ending: str) -> None:
        """Throw everything away but the result and the refused rows."""
        kept = {self.result(ending), self.refused(ending)}
        for path in self.folder.iterdir():
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            elif path not in kept:
                path.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came whole.

    Attributes
    ----------
    bytes : int
        Its length.
    sha256 : str
        Its digest.
    """

    bytes: int
    sha256: str


async def keep_upload(request: Request, files: JobFiles, ending: str, most_bytes: int) -> Upload:
    """Write the body of a request into a job's folder, so that it is on the disk, whole, when this returns.

    Parameters
    ----------
    request : Request
        Whose body.
    files : JobFiles
        Where to; the folder is there.
    ending : str
        Kind of file.
    most_bytes : int
        Longest file.

    Raises
    ------
    BodyTooLarge, BodyTooSlow, InvalidJson
        See :func:`riskmodel.service.bodies.spooled_body`.
    InsufficientStorage
        If the disk is full.
    """
    target = files.input(ending)
    partial = target.with_name(f".{target.name}.partial")
    with disk_full_told():
        digest = await spooled_body(request, partial, most_bytes)
        return Upload(await run_in_threadpool(_publish, partial, target), digest)


def check_room(root: Path, announced_bytes: int) -> None:
    """Check that a file and what comes of it will have room.

    Raises
    ------
    InsufficientStorage
        If twice its length, and some room for others, is not free.
    """
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    if shutil.disk_usage(root).free < 2 * announced_bytes + ROOM_BYTES:
        raise InsufficientStorage


@contextmanager
def disk_full_told() -> Iterator[None]:
    """Answer a full disk by an error of ours."""
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise InsufficientStorage from None
        raise


def write_text(path: Path, text: str) -> None:
    """Write a small file, whole or not at all."""
    with replacing(path) as partial:
        partial.write_text(text, encoding="utf-8")


def folders(root: Path) -> list[JobFiles]:
    """Return the folders that jobs have or had; whatever else is there is not ours."""
    if not root.is_dir():
        return []
    return [
        JobFiles(root, path.name) for path in sorted(root.iterdir()) if _NAME.fullmatch(path.name) and path.is_dir()
    ]


def last_written(folder: Path) -> float:
    """Return when something was last written into a folder, in seconds since 1970; 0 where it is gone."""
    times = [0.0]
    for path in (folder, *folder.glob("*"), *folder.glob(".*")):
        try:
            times.append(path.stat().st_mtime)
        except FileNotFoundError:
            continue
    return max(times)


def _publish(partial: Path, target: Path) -> int:
    with partial.open("rb") as file:
        os.fsync(file.fileno())
    partial.replace(target)
    sync_folder(target.parent)
    sync_folder(target.parent.parent)
    return target.stat().st_size
