"""A few places for work that takes seconds, so that it never takes the whole service."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from riskmodel.service.errors import Overloaded


class Places:
    """So many may work at once; the next ones wait a while, and are refused then.

    Parameters
    ----------
    count : int
        How many may work.
    patience_seconds : float
        How long others wait.
    """

    def __init__(self, count: int, patience_seconds: float) -> None:
        self._free, self._patience_seconds = threading.BoundedSemaphore(count), patience_seconds

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Work in one of the places.

        Raises
        ------
        Overloaded
            If none became free in time.
        """
        if not self._free.acquire(timeout=self._patience_seconds):
            raise Overloaded("too many questions need features that are not at hand; ask again in a moment")
        try:
            yield
        finally:
            self._free.release()
