"""Finds households that stand twice in a file of any length, with memory for a part of its keys only.

Keys are hashed to 16 bytes and sorted into files by their first bits, as rows come; equal keys meet in the same file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt

PARTS = 64
ENTRY = np.dtype([("high", "<u8"), ("low", "<u8"), ("row", "<i8")])


class KeyFiles:
    """Collects keys of rows, then tells which rows repeat an earlier one.

    Parameters
    ----------
    folder : Path
        Folder for the files; they are gone when the block ends.
    """

    def __init__(self, folder: Path) -> None:
        self._paths = [folder / f"keys-{part:02d}" for part in range(PARTS)]
        self._files = [path.open("wb") for path in self._paths]
        self._rows = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for file, path in zip(self._files, self._paths, strict=True):
            file.close()
            path.unlink(missing_ok=True)

    def add(self, keys: Iterable[str]) -> None:
        """Add the next rows' keys, in order."""
        digests = b"".join(
            hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=16).digest() for key in keys
        )
        words = np.frombuffer(digests, dtype="<u8").reshape(-1, 2)
        entries = np.empty(len(words), dtype=ENTRY)
        entries["high"], entries["low"] = words[:, 0], words[:, 1]
        entries["row"] = np.arange(self._rows, self._rows + len(words))
        part = entries["high"] % PARTS
        for place in range(PARTS):
            self._files[place].write(entries[part == place].tobytes())
        self._rows += len(words)

    def repeated(self) -> npt.NDArray[np.int64]:
        """Return the rows whose key an earlier row has, ascending."""
        found = []
        for file, path in zip(self._files, self._paths, strict=True):
            file.flush()
            entries = np.fromfile(path, dtype=ENTRY)
            order = np.lexsort((entries["row"], entries["low"], entries["high"]))
            ordered = entries[order]
            same = (ordered["high"][1:] == ordered["high"][:-1]) & (ordered["low"][1:] == ordered["low"][:-1])
            found.append(ordered["row"][1:][same])
        return np.sort(np.concatenate(found))
