"""Clients that keep asking a server on this machine: ``wrk`` where it is installed, else a loop of our own."""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from riskmodel.errors import RiskError

LOOPBACK = "127.0.0.1"
MILLISECONDS = {"us": 0.001, "ms": 1.0, "s": 1000.0}
PATIENCE_SECONDS = 30.0
"""How long an answer may take before the run is given up."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where to ask and what: one POST of JSON, over and over, with a key where one is needed."""

    port: int
    path: str
    body: bytes
    key: str = ""

    def headers(self) -> dict[str, str]:
        """Return what goes with the body."""
        shown = {"authorization": f"Bearer {self.key}"} if self.key else {}
        return {"content-type": "application/json", **shown}

    def request(self) -> bytes:
        """Return the request as it goes over the line."""
        given = "".join(f"{name}: {value}\r\n" for name, value in self.headers().items())
        head = (
            f"POST {self.path} HTTP/1.1\r\nhost: {LOOPBACK}:{self.port}\r\n{given}"
            f"content-length: {len(self.body)}\r\n\r\n"
        )
        return head.encode() + self.body


@dataclass(frozen=True, slots=True)
class Served:
    """What clients saw: answers a second, and how long half and all but a hundredth of them took at most."""

    a_second: float
    p50_ms: float
    p99_ms: float


def generator() -> str:
    """Return the name of what makes the load here."""
    return "wrk" if shutil.which("wrk") else "asyncio"


def ask_for(target: Target, clients: int, seconds: float) -> Served:
    """Let so many clients ask for a while, each again as soon as it is answered.

    Raises
    ------
    RiskError
        If an answer is anything but a success.
    """
    if generator() == "wrk":
        return _with_wrk(target, clients, seconds)
    return asyncio.run(asyncio.wait_for(_with_asyncio(target, clients, seconds), seconds + PATIENCE_SECONDS))


async def _with_asyncio(target: Target, clients: int, seconds: float) -> Served:
    start = time.perf_counter()
    took = await asyncio.gather(*(_client(target, start + seconds) for _ in range(clients)))
    elapsed = time.perf_counter() - start
    milliseconds = 1000 * np.concatenate(took)
    p50, p99 = np.quantile(milliseconds, [0.5, 0.99])
    return Served(len(milliseconds) / elapsed, float(p50), float(p99))


async def _client(target: Target, until: float) -> list[float]:
    """Ask on one connection until the time is up, at least once."""
    reader, writer = await asyncio.open_connection(LOOPBACK, target.port)
    request = target.request()
    took: list[float] = []
    try:
        while not took or time.perf_counter() < until:
            start = time.perf_counter()
            writer.write(request)
            await _answer(reader)
            took.append(time.perf_counter() - start)
    finally:
        writer.close()
    return took


async def _answer(reader: asyncio.StreamReader) -> None:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    length = re.search(r"^content-length: *(\d+)", head, re.MULTILINE)
    body = await reader.readexactly(int(length.group(1)) if length else 0)
    if " 200 " not in head.splitlines()[0] + " ":
        raise RiskError(f"the server answered {head.splitlines()[0]}: {body[:200].decode(errors='replace')}")


def _with_wrk(target: Target, clients: int, seconds: float) -> Served:
    with tempfile.TemporaryDirectory() as scratch:
        body, script = Path(scratch) / "body.json", Path(scratch) / "post.lua"
        body.write_bytes(target.body)
        given = "".join(f'wrk.headers["{name}"] = "{value}"\n' for name, value in target.headers().items())
        script.write_text(
            f'wrk.method = "POST"\n{given}'
            f'local file = io.open("{body}", "rb")\nwrk.body = file:read("*a")\nfile:close()\n',
            encoding="utf-8",
        )
        command = ["wrk", "-t1", f"-c{clients}", f"-d{max(1, round(seconds))}s", "--latency", "-s", str(script)]
        command.append(f"http://{LOOPBACK}:{target.port}{target.path}")
        done = subprocess.run(
            command, capture_output=True, text=True, check=True, timeout=seconds + 2 * PATIENCE_SECONDS
        )
    return served_of_wrk(done.stdout)


def served_of_wrk(text: str) -> Served:
    """Read what ``wrk --latency`` prints.

    Raises
    ------
    RiskError
        If it tells of errors.
    """
    trouble = re.search(r"(Non-2xx or 3xx responses|Socket errors).*", text)
    if trouble:
        raise RiskError(f"wrk tells of {trouble.group(0)}")
    rate = re.search(r"Requests/sec: *([\d.]+)", text)
    shares = {
        share: float(one) * MILLISECONDS[unit] for share, one, unit in re.findall(r"(\d+)% +([\d.]+)(us|ms|s)", text)
    }
    if rate is None or not {"50", "99"} <= shares.keys():
        raise RiskError("wrk printed no figures")
    return Served(float(rate.group(1)), shares["50"], shares["99"])
