"""Servers that a benchmark starts are gone when it ends, with the children of their children."""

from __future__ import annotations

import os
import signal
import socket
import sys
import time

import pytest

from riskmodel.bench import servers
from riskmodel.bench.servers import ending_when_told, free_port
from riskmodel.errors import RiskError


def listening(port: int) -> bool:
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


def command(port: int) -> list[str]:
    """A shell whose child serves, as mlflow's command has one."""
    return ["sh", "-c", f"'{sys.executable}' -m http.server {port} --bind 127.0.0.1 & wait"]


def gone(port: int) -> bool:
    until = time.monotonic() + 10
    while listening(port) and time.monotonic() < until:
        time.sleep(0.05)
    return not listening(port)


def test_a_server_answers_inside_and_is_gone_after() -> None:
    port = free_port()
    with servers._running(command(port), os.environ, port, "/"):
        assert listening(port)
    assert gone(port)


def test_a_server_is_gone_when_the_benchmark_breaks_or_is_told_to_end() -> None:
    port = free_port()
    with pytest.raises(SystemExit), ending_when_told(), servers._running(command(port), os.environ, port, "/"):
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(5)
    assert gone(port)


def test_a_server_that_ends_by_itself_is_told() -> None:
    with (
        pytest.raises(RiskError, match="ended with 3"),
        servers._running([sys.executable, "-c", "raise SystemExit(3)"], os.environ, free_port(), "/"),
    ):
        pass
