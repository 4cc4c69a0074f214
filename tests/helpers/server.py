"""The service as processes of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from riskmodel.settings import Settings

STARTED = "Application startup complete"
PATIENCE_SECONDS = 60


@contextmanager
def running(settings: Settings, log: Path, workers: int = 1) -> Iterator[str]:
    """Start the service, give its address, and stop it; see :func:`running_process`."""
    with running_process(settings, log, workers) as (address, _):
        yield address


@contextmanager
def running_process(settings: Settings, log: Path, workers: int = 1) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Start the service on a free port of the loopback address, and stop all of its processes whatever happens.

    Parameters
    ----------
    settings : Settings
        What it serves.
    log : Path
        File for what it writes.
    workers : int
        Processes; all of them answer when this returns.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    given = {
        "RISKMODEL_MODELS": str(settings.models),
        "RISKMODEL_PROGRAMME": settings.programme,
        "RISKMODEL_STORE": settings.store,
        "RISKMODEL_COOKIE_SECURE": str(settings.cookie_secure),
        "RISKMODEL_MAX_BODY_BYTES": str(settings.max_body_bytes),
    }
    command = [sys.executable, "-m", "uvicorn", "--factory", "riskmodel.asgi:create", "--port", str(port)]
    with log.open("wb") as file:
        process = subprocess.Popen(
            [*command, "--workers", str(workers)],
            env={**os.environ, **given},
            stdout=file,
            stderr=file,
            # a group of its own, so that no worker is left behind
            start_new_session=True,
        )
    try:
        _wait_until_started(process, log, workers)
        yield f"http://127.0.0.1:{port}", process
    finally:
        _stop(process)


def _wait_until_started(process: subprocess.Popen[bytes], log: Path, workers: int) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while log.read_text().count(STARTED) < workers:
        assert process.poll() is None and time.monotonic() < until, log.read_text()
        time.sleep(0.05)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(20)
    # mostly nothing is left of the group: all of them ended as they were asked to
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(20)
