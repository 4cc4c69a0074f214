"""Does what there is to do, until it is told to stop."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping

import structlog

from riskmodel.errors import RiskError

Step = Callable[[], bool]
"""Does one piece of work, and tells whether there was any."""
POLL_SECONDS, REST_SECONDS = 0.1, 2.0
"""How long to wait where there was nothing to do, and after a failure."""


class Worker:
    """Runs each kind of work in a thread of its own, so that none waits for another.

    Parameters
    ----------
    steps : mapping of str to Step
        By kind.
    poll_seconds : float
        How long a kind rests that found nothing to do.
    """

    def __init__(self, steps: Mapping[str, Step], poll_seconds: float = POLL_SECONDS) -> None:
        self._steps, self._poll_seconds = steps, poll_seconds
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(kind, step), name=kind, daemon=True)
            for kind, step in steps.items()
        ]

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def stop(self, seconds: float | None = None) -> None:
        """Let each kind end the piece of work that it is at; what is not ended in time is done again by others."""
        self._stop.set()
        until = None if seconds is None else time.monotonic() + seconds
        for thread in self._threads:
            thread.join(None if until is None else max(0.0, until - time.monotonic()))

    def _run(self, kind: str, step: Step) -> None:
        while not self._stop.is_set():
            self._stop.wait(self._one(kind, step))

    def _one(self, kind: str, step: Step) -> float:
        """Do one piece of work; return how long to wait before the next."""
        try:
            return 0 if step() else self._poll_seconds
        except RiskError as error:
            structlog.get_logger().warning("work_failed", kind=kind, code=error.code)
        except Exception as error:
            # whatever it is, the work goes on: its message may hold what a household reported
            structlog.get_logger().error("work_failed", kind=kind, error=type(error).__name__)
        return REST_SECONDS
