"""A server of the drill's own, which is killed without a word, with all that it started, and started again."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from riskmodel.bench.loading import LOOPBACK
from riskmodel.bench.servers import free_port
from riskmodel.errors import RiskError

START_SECONDS, STOP_SECONDS, LOOK_SECONDS = 120.0, 20.0, 0.05


class Server:
    """``riskmodel serve`` on a port that stays the same.

    Parameters
    ----------
    models : Path
        Folder whose champion serves.
    programme : str
        The programme that is served.
    store_url : str
        The store.
    workers : int
        Processes that answer.
    """

    def __init__(self, models: Path, programme: str, store_url: str, workers: int) -> None:
        self.port = free_port()
        serve = ["serve", "--host", LOOPBACK, "--port", str(self.port), "--workers", str(workers), "--no-work"]
        self._command = [sys.executable, "-m", "riskmodel.cli", *serve]
        self._environment = {
            **os.environ,
            "OMP_NUM_THREADS": "1",
            "RISKMODEL_MODELS": str(models.resolve()),
            "RISKMODEL_PROGRAMME": programme,
            "RISKMODEL_STORE": store_url,
            # there is no HTTPS on the loopback address
            "RISKMODEL_COOKIE_SECURE": "false",
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; it answers when this returns.

        Raises
        ------
        RiskError
            If it does not.
        """
        nowhere = subprocess.DEVNULL
        # a session of its own, so that nothing that it starts is left behind
        self._process = subprocess.Popen(
            self._command, env=self._environment, stdout=nowhere, stderr=nowhere, start_new_session=True
        )
        until = time.monotonic() + START_SECONDS
        while not self._is_ready():
            if self._process.poll() is not None:
                raise RiskError(f"the drill's server ended with {self._process.returncode} before it answered")
            if time.monotonic() > until:
                raise RiskError(f"the drill's server did not answer within {START_SECONDS:g} s")
            time.sleep(LOOK_SECONDS)

    def kill(self) -> None:
        """Kill all of its processes at once."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Let it end as it should; what does not is killed."""
        self._end(signal.SIGTERM)
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        process = self._process
        if process is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(process.pid, how)
        with suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)

    def _is_ready(self) -> bool:
        with closing(http.client.HTTPConnection(LOOPBACK, self.port, timeout=5)) as connection:
            try:
                connection.request("GET", "/readyz")
                return connection.getresponse().status == 200
            except OSError:
                return False


@contextmanager
def own_server(models: Path, programme: str, store_url: str, workers: int) -> Iterator[Server]:
    """Run a server that may be killed; nothing of it is left in the end."""
    server = Server(models, programme, store_url, workers)
    try:
        server.start()
        yield server
    finally:
        server.stop()
