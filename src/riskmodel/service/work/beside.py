"""A worker process beside a server: started again when it ends, ended with the server."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

REST_SECONDS, STOP_SECONDS = 1.0, 15.0


@contextmanager
def worker_beside() -> Iterator[None]:
    """Let ``riskmodel work`` run as long as the body does."""
    keeper = _Keeper(_command())
    thread = threading.Thread(target=keeper.run, name="worker", daemon=True)
    thread.start()
    try:
        yield
    finally:
        keeper.end()
        thread.join(STOP_SECONDS)


def _command() -> list[str]:
    return [sys.executable, "-m", "riskmodel.cli", "work", "--parent", str(os.getpid())]


class _Keeper:
    def __init__(self, command: list[str]) -> None:
        self._command = command
        self._stop = threading.Event()
        # whoever begins a process or asks for the end holds it: none begins after the last one was asked to end
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def run(self) -> None:
        """Start the process, and again whenever it ends."""
        while (process := self._begin()) is not None:
            code = process.wait()
            if not self._stop.wait(REST_SECONDS):
                structlog.get_logger().warning("worker_started_again", exit_code=code)

    def _begin(self) -> subprocess.Popen[bytes] | None:
        with self._lock:
            if self._stop.is_set():
                return None
            self._process = subprocess.Popen(self._command)
            return self._process

    def end(self) -> None:
        """Start no other process; ask the one that runs to end, and make it if it does not."""
        with self._lock:
            self._stop.set()
            process = self._process
        if process is None:
            return
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
