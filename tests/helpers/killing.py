"""The service as processes that are killed without a word, at any moment, and started again."""

from __future__ import annotations

import http.client
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from enum import StrEnum
from pathlib import Path

from riskmodel.bench.drill.memory import python_children
from riskmodel.bench.servers import free_port

PATIENCE_SECONDS = 120
LOOPBACK = "127.0.0.1"


class Part(StrEnum):
    """What is killed."""

    SERVER = "server"
    """With all that it started, as when the machine's power goes."""
    ANSWERING = "answering"
    """One of its processes that answer requests."""
    WORKING = "working"
    """One of the processes that work in the background."""


class Killable:
    """``riskmodel serve`` with its worker, and one more ``riskmodel work``, as it may run on another machine.

    Parameters
    ----------
    environment : mapping of str to str
        Settings.
    log : Path
        File for all that they write.
    workers : int
        Processes that answer.
    """

    def __init__(self, environment: Mapping[str, str], log: Path, workers: int = 2) -> None:
        self.port = free_port()
        self.killed: list[Part] = []
        self._environment = {**os.environ, "OMP_NUM_THREADS": "1", **environment}
        self._log = log.open("ab")
        self._serve = ["serve", "--host", LOOPBACK, "--port", str(self.port), "--workers", str(workers)]
        self._server: subprocess.Popen[bytes] | None = None
        self._worker: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start what does not run; the server answers when this returns."""
        self._server = self._server or self._begin(self._serve)
        self._worker = self._worker or self._begin(["work"])
        wait_until(self._is_ready, "the server does not answer")

    def _begin(self, words: list[str]) -> subprocess.Popen[bytes]:
        # a session of its own, so that nothing that it starts is left behind
        return subprocess.Popen(
            [sys.executable, "-m", "riskmodel.cli", *words],
            env=self._environment,
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
        )

    def _is_ready(self) -> bool:
        connection = http.client.HTTPConnection(LOOPBACK, self.port, timeout=5)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def kill(self, part: Part, rng: random.Random) -> None:
        """Kill a part, and start again what nobody else does."""
        self.killed.append(part)
        if part is Part.SERVER:
            self.kill_all()
            self.start()
            return
        wait_until(lambda: bool(self._processes(part)), f"no process is {part.value}")
        victim = rng.choice(self._processes(part))
        with suppress(ProcessLookupError):
            os.kill(victim, signal.SIGKILL)
        if self._worker is not None and self._worker.pid == victim:
            self._worker.wait(PATIENCE_SECONDS)
            self._worker = self._begin(["work"])

    def _processes(self, part: Part) -> list[int]:
        assert self._server is not None and self._worker is not None, "they were started"
        mark = b"spawn_main" if part is Part.ANSWERING else b"\0work\0"
        below = [*python_children(self._server.pid), self._worker.pid]
        return [one for one in below if mark in _command_line(one)]

    def kill_all(self) -> None:
        """Kill everything at once."""
        for process in (self._server, self._worker):
            if process is not None:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait(PATIENCE_SECONDS)
        self._server = self._worker = None

    def stop(self) -> None:
        """Let everything end as it should; what does not is killed."""
        for process in (self._server, self._worker):
            if process is not None:
                process.terminate()
        for process in (self._server, self._worker):
            if process is not None:
                with suppress(subprocess.TimeoutExpired):
                    process.wait(30)
        self.kill_all()
        self._log.close()


@contextmanager
def killable(environment: Mapping[str, str], log: Path) -> Iterator[Killable]:
    """Run the service; nothing of it is left in the end."""
    here = Killable(environment, log)
    try:
        here.start()
        yield here
    finally:
        here.stop()


def wait_until(holds: Callable[[], bool], otherwise: str, seconds: float = PATIENCE_SECONDS) -> None:
    """Wait until something holds."""
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, otherwise
        time.sleep(0.05)


def _command_line(process: int) -> bytes:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return b""
