"""Something read from a file, and read again when the file changes, so that a promotion takes effect at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import structlog

from riskmodel.errors import RiskError

T = TypeVar("T")
Signature = tuple[int, int, int] | None
"""What tells one state of a file from the next; None where there is no file."""


def signature(path: Path) -> Signature:
    """Return a file's signature: files are replaced whole, so a new one has another inode or time."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


@dataclass(frozen=True, slots=True)
class _Loaded(Generic[T]):
    signature: Signature
    value: T


class Watched(Generic[T]):
    """A value that follows a file. Any number of threads may ask.

    Parameters
    ----------
    path : Path
        The file.
    load : callable
        Makes the value; may raise a :class:`RiskError`.

    Notes
    -----
    While a newer value is made, and if it can't be made, the older one goes on answering: a broken promotion must not
    stop what works. The failure is logged once for each state of the file.
    """

    def __init__(self, path: Path, load: Callable[[], T]) -> None:
        self._path, self._load = path, load
        self._loaded: _Loaded[T] | None = None
        self._failed: Signature = None
        self._lock = threading.Lock()

    def now(self) -> T | None:
        """Return the newest value that could be made if it is at hand, else None."""
        return self._at_hand(signature(self._path))

    def get(self) -> T:
        """Return the newest value that could be made.

        Raises
        ------
        RiskError
            If none ever could.
        """
        found = signature(self._path)
        value = self._at_hand(found)
        if value is not None:
            return value
        loaded = self._loaded
        # whoever has an older value does not wait for the newer one
        if not self._lock.acquire(blocking=loaded is None):
            assert loaded is not None
            return loaded.value
        try:
            return self._reload(found)
        finally:
            self._lock.release()

    def _at_hand(self, found: Signature) -> T | None:
        loaded = self._loaded
        return loaded.value if loaded is not None and found in (loaded.signature, self._failed) else None

    def _reload(self, found: Signature) -> T:
        loaded = self._loaded
        if loaded is not None and loaded.signature == found:
            return loaded.value
        try:
            value = self._load()
        except RiskError as error:
            if loaded is None:
                raise
            structlog.get_logger().error("reload_failed", file=self._path.name, code=error.code, reason=str(error))
            self._failed = found
            return loaded.value
        self._loaded = _Loaded(found, value)
        return value
