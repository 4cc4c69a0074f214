"""Servers that run beside a benchmark, one worker each, on the loopback address; they end with it, whatever happens."""

from __future__ import annotations

import datetime as dt
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from riskmodel.bench.loading import LOOPBACK
from riskmodel.errors import RiskError
from riskmodel.service.access import Scope
from riskmodel.service.store.accounts import Client, add_client
from riskmodel.service.store.engine import Store
from riskmodel.service.store.migrating import migrate
from riskmodel.service.tokens import hash_of_secret

START_SECONDS, STOP_SECONDS = 120.0, 10.0


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as one:
        one.bind((LOOPBACK, 0))
        return int(one.getsockname()[1])


@contextmanager
def ending_when_told() -> Iterator[None]:
    """Let a request to terminate end the body as an exception does, so that what it started ends too."""
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def our_server(models: Path, store_url: str, workers: int = 1) -> Iterator[int]:
    """Run ``riskmodel serve`` on a folder of bundles and a store; gives its port."""
    port = free_port()
    command = ["-m", "riskmodel.cli", "serve", "--host", LOOPBACK, "--port", str(port), "--workers", str(workers)]
    own = {
        "RISKMODEL_MODELS": str(models.resolve()),
        "RISKMODEL_STORE": store_url,
        # there is no HTTPS on the loopback address
        "RISKMODEL_COOKIE_SECURE": "false",
    }
    with _running([sys.executable, *command], {**os.environ, **own}, port, "/readyz"):
        yield port


def add_bench_client(store_url: str, key: str, scope: Scope) -> None:
    """Let whoever shows a key ask, in a store that is made if it is not there."""
    store = Store(store_url)
    migrate(store)
    with store.writing() as connection:
        add_client(connection, Client("bench", hash_of_secret(key), (scope,), "", dt.datetime.now(dt.UTC)))
    store.close()


@contextmanager
def mlflow_server(model: Path) -> Iterator[int]:
    """Run ``mlflow models serve`` on a saved model; gives its port."""
    port = free_port()
    command = ["-m", "mlflow", "models", "serve", "-m", str(model), "-h", LOOPBACK, "-p", str(port), "-w", "1"]
    # it starts uvicorn by name, which stands beside this Python
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    environment = {**os.environ, "PATH": path, "MLFLOW_DISABLE_TELEMETRY": "true"}
    with _running([sys.executable, *command, "--env-manager", "local"], environment, port, "/ping"):
        yield port


@contextmanager
def _running(command: Sequence[str], environment: Mapping[str, str], port: int, ready: str) -> Iterator[None]:
    # a row needs one thread; a second one would only take the core from whoever asks
    single = {**environment, "OMP_NUM_THREADS": "1"}
    # a session of its own: mlflow's worker is a child of a child, and is to end with it
    process = subprocess.Popen(
        command, env=single, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        _wait(process, port, ready)
        yield
    finally:
        _stop(process)


def _wait(process: subprocess.Popen[bytes], port: int, ready: str) -> None:
    until = time.monotonic() + START_SECONDS
    while not _answers(port, ready):
        if process.poll() is not None:
            raise RiskError(f"a server ended with {process.returncode} before it answered")
        if time.monotonic() > until:
            raise RiskError(f"a server did not answer within {START_SECONDS:g} s")
        time.sleep(0.1)


def _answers(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the whole session: first asked, then made to."""
    for how in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, how)
            process.wait(STOP_SECONDS)
        except ProcessLookupError:
            break
        except subprocess.TimeoutExpired:
            continue
