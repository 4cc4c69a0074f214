"""What was counted a moment ago, so that it need not be counted again for everybody who looks."""

from __future__ import annotations

import datetime as dt
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

T = TypeVar("T")
MOST_KEPT = 200


class Recent:
    """Values that stay for a while; any number of threads may ask, and one at a time counts.

    Parameters
    ----------
    stay_seconds : float
        How long a value is taken for recent.
    """

    def __init__(self, stay_seconds: float) -> None:
        self._stay = dt.timedelta(seconds=stay_seconds)
        self._kept: OrderedDict[Hashable, tuple[dt.datetime, Any]] = OrderedDict()
        self._lock, self._turn = threading.Lock(), threading.Lock()

    def get(self, key: Hashable, now: dt.datetime, count: Callable[[], T]) -> T:
        """Return the value of a key, counted anew where it is not recent.

        Parameters
        ----------
        key : hashable
            What is counted.
        now : datetime
            The present instant.
        count : callable
            Counts it.
        """
        found = self._recent(key, now)
        if found is None:
            with self._turn:
                # whoever had the turn before may have counted the same
                found = self._recent(key, now) or self._keep(key, now, count())
        value: T = found[1]
        return value

    def _recent(self, key: Hashable, now: dt.datetime) -> tuple[dt.datetime, Any] | None:
        with self._lock:
            found = self._kept.get(key)
        return found if found is not None and abs(now - found[0]) < self._stay else None

    def _keep(self, key: Hashable, now: dt.datetime, value: Any) -> tuple[dt.datetime, Any]:
        with self._lock:
            self._kept[key] = now, value
            self._kept.move_to_end(key)
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        return now, value
