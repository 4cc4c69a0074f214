"""Finished parts of a long job, kept beside its target until the target is whole: an interrupted job goes on after them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyarrow as pa
from pyarrow import feather

from riskmodel.errors import UsageError
from riskmodel.files import held, replacing

STATE = "state.json"


class Checkpoint:
    """A folder of finished parts, numbered from 0 without a gap; one run at a time holds it, as a context manager.

    Parameters
    ----------
    target : Path
        File that the job writes; the folder stands beside it, hidden.
    identity : mapping
        What the parts depend on, as plain JSON. Parts that were made from anything else are thrown away.
    """

    def __init__(self, target: Path, identity: Mapping[str, Any]) -> None:
        self.folder = target.with_name(f".{target.name}.parts")
        self._target = target
        self._state: dict[str, Any] = {"identity": dict(identity), "parts": []}
        self._held = ExitStack()

    def __enter__(self) -> Self:
        """Take the folder.

        Raises
        ------
        UsageError
            If another run holds it.
        """
        self.folder.mkdir(exist_ok=True)
        try:
            self._held.enter_context(held(self.folder))
        except BlockingIOError:
            raise UsageError(f"another run is writing {self._target}; wait for it, or name another file") from None
        kept = self._read()
        if kept is not None and kept.get("identity") == self._state["identity"]:
            self._state = kept
        else:
            for part in self.folder.glob("part-*"):
                part.unlink()
            self._write()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._held.close()

    @property
    def done(self) -> int:
        """How many parts are finished."""
        return len(self._state["parts"])

    @property
    def notes(self) -> list[Any]:
        """What was noted with each finished part."""
        return list(self._state["parts"])

    def add(self, table: pa.Table, note: Any) -> None:
        """Keep the next part, and plain JSON about it; it counts once this returns."""
        save_part(self.folder, self.done, table)
        self.record(note)

    def record(self, note: Any) -> None:
        """Count the next part, which somebody has saved."""
        self._state["parts"].append(note)
        self._write()

    def tables(self) -> Iterator[pa.Table]:
        """Give the finished parts in order, one at a time."""
        for part in range(self.done):
            yield feather.read_table(str(part_path(self.folder, part)), memory_map=False)

    def drop(self) -> None:
        """Throw everything away."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _read(self) -> dict[str, Any] | None:
        try:
            kept = json.loads((self.folder / STATE).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        whole = isinstance(kept, dict) and all(
            part_path(self.folder, part).is_file() for part in range(len(kept.get("parts", [])))
        )
        return kept if whole else None

    def _write(self) -> None:
        with replacing(self.folder / STATE) as partial:
            partial.write_text(json.dumps(self._state), encoding="utf-8")


def part_path(folder: Path, part: int) -> Path:
    """Return where a part is kept."""
    return folder / f"part-{part:06d}.arrow"


def save_part(folder: Path, part: int, table: pa.Table) -> None:
    """Write a part, whole or not at all; several may be written at once, each by one process."""
    with replacing(part_path(folder, part)) as partial:
        feather.write_feather(table, str(partial), compression="lz4")
