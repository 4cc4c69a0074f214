"""What was counted a moment ago, so that it need not be counted again for everybody who looks."""

from __future__ import annotations

import datetime as dt
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import structlog

T = TypeVar("T")
MOST_KEPT = 200


class Recent:
    """Values that stay for a while; any number of threads may ask, and one at a time counts.

    A value that is no longer recent but not yet old is given once more to whoever asks, and counted anew beside: nobody
    waits for what somebody looks at every few minutes.

    Parameters
    ----------
    stay_seconds : float
        How long a value is taken for recent.
    old_seconds : float
        After how long a value is not given any more.
    """

    def __init__(self, stay_seconds: float, old_seconds: float) -> None:
        self._stay, self._old = dt.timedelta(seconds=stay_seconds), dt.timedelta(seconds=old_seconds)
        self._kept: OrderedDict[Hashable, tuple[dt.datetime, Any]] = OrderedDict()
        self._lock, self._turn = threading.Lock(), threading.Lock()
        self._beside = ThreadPoolExecutor(1, "count")
        self._under_way: set[Hashable] = set()

    def get(self, key: Hashable, now: dt.datetime, count: Callable[[], T]) -> T:
        """Return the value of a key, counted anew where it is old.

        Parameters
        ----------
        key : hashable
            What is counted.
        now : datetime
            The present instant.
        count : callable
            Counts it.
        """
        found = self._younger(key, now, self._old)
        if found is None:
            found = self._in_turn(key, now, count)
        elif self._younger(key, now, self._stay) is None:
            self._count_beside(key, now, count)
        value: T = found[1]
        return value

    def close(self) -> None:
        """Wait for what is under way, and count nothing more beside."""
        self._beside.shutdown()

    def _younger(self, key: Hashable, now: dt.datetime, age: dt.timedelta) -> tuple[dt.datetime, Any] | None:
        with self._lock:
            found = self._kept.get(key)
        return found if found is not None and abs(now - found[0]) < age else None

    def _in_turn(self, key: Hashable, now: dt.datetime, count: Callable[[], Any]) -> tuple[dt.datetime, Any]:
        with self._turn:
            # whoever had the turn before may have counted the same
            return self._younger(key, now, self._stay) or self._keep(key, now, count())

    def _count_beside(self, key: Hashable, now: dt.datetime, count: Callable[[], Any]) -> None:
        with self._lock:
            if key in self._under_way:
                return
            self._under_way.add(key)

        def work() -> None:
            try:
                self._in_turn(key, now, count)
            except Exception as error:  # whoever asks next lets it be tried again
                structlog.get_logger().warning("count_failed", error=type(error).__name__)
            finally:
                with self._lock:
                    self._under_way.discard(key)

        self._beside.submit(work)

    def _keep(self, key: Hashable, now: dt.datetime, value: Any) -> tuple[dt.datetime, Any]:
        with self._lock:
            self._kept[key] = now, value
            self._kept.move_to_end(key)
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        return now, value
