"""A worker beside a server: started again when it is killed, and gone when the server is."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import structlog

from riskmodel.service.work import beside
from riskmodel.service.work.beside import worker_beside

PATIENCE_SECONDS = 60.0
SERVER = """
import sys, time
from riskmodel.service.work.beside import worker_beside
with worker_beside():
    print("serving", flush=True)
    time.sleep(600)
"""


def children(of: int) -> list[int]:
    """Return the processes that a process started and that still run."""
    found: list[int] = []
    for path in Path(f"/proc/{of}/task").glob("*/children"):
        with suppress(OSError):
            found += [int(one) for one in path.read_text().split()]
    return [one for one in found if runs(one)]


def runs(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def workers(of: int) -> list[int]:
    return [one for one in children(of) if b"riskmodel.cli\0work" in Path(f"/proc/{one}/cmdline").read_bytes()]


def until(what: Callable[[], Any]) -> Any:
    """Wait for something to be there, and return it."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not (found := what()):
        assert time.monotonic() < end
        time.sleep(0.05)
    return found


@pytest.fixture(autouse=True)
def installation(store_copy: str, models_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let processes find a store and its models, and tell nobody."""
    for name, value in {"STORE": store_copy, "MODELS": str(models_dir), "PROGRAMME": "tinyland"}.items():
        monkeypatch.setenv(f"RISKMODEL_{name}", value)


@pytest.mark.slow
def test_one_that_is_killed_is_started_again_and_ends_with_the_body(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beside, "REST_SECONDS", 0.05)
    with structlog.testing.capture_logs() as lines, worker_beside():
        [first] = until(lambda: workers(os.getpid()))
        os.kill(first, signal.SIGKILL)
        [second] = until(lambda: [one for one in workers(os.getpid()) if one != first])
    assert not runs(first) and not runs(second)
    assert lines == [{"event": "worker_started_again", "exit_code": -signal.SIGKILL, "log_level": "warning"}]


@pytest.mark.slow
def test_it_ends_when_its_server_is_killed() -> None:
    server = subprocess.Popen([sys.executable, "-c", SERVER], stdout=subprocess.PIPE)
    assert server.stdout is not None
    try:
        assert server.stdout.readline() == b"serving\n"
        [worker] = until(lambda: workers(server.pid))
        # it has to have begun, else it never had that parent
        until(lambda: len(list(Path(f"/proc/{worker}/task").iterdir())) > 1)
    finally:
        server.kill()
        server.communicate()
    until(lambda: not runs(worker))


def test_none_is_started_once_the_end_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    keeper = beside._Keeper([sys.executable, "-c", ""])
    keeper.end()
    started: list[object] = []
    monkeypatch.setattr(subprocess, "Popen", started.append)
    keeper.run()
    assert started == []


def test_one_that_does_not_end_is_made_to(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(beside, "STOP_SECONDS", 0.2)
    deaf, ready = (
        "import signal, sys, time; signal.signal(15, signal.SIG_IGN); open(sys.argv[1], 'w'); time.sleep(600)",
        tmp_path / "ready",
    )
    monkeypatch.setattr(beside, "_command", lambda: [sys.executable, "-c", deaf, str(ready)])
    with worker_beside():
        until(ready.exists)
        [process] = [one for one in children(os.getpid()) if deaf.encode() in Path(f"/proc/{one}/cmdline").read_bytes()]
    until(lambda: not runs(process))
