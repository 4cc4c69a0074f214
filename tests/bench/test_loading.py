"""Load on a server of our own making: what is counted was answered, and an error ends the run."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from riskmodel.bench import loading
from riskmodel.bench.loading import Served, Target, served_of_wrk
from riskmodel.errors import RiskError

WRK = """Running 5s test @ http://127.0.0.1:8000/v1/scores
  1 threads and 16 connections
  Latency Distribution
     50%  850.00us
     75%    1.20ms
     90%    2.00ms
     99%    1.10s
  4460 requests in 5.00s, 3.00MB read
Requests/sec:    892.01
Transfer/sec:      0.60MB
"""


class Answering(BaseHTTPRequestHandler):
    """Answers a POST with its own body, or with an error where the path asks for one."""

    protocol_version = "HTTP/1.1"
    seen = 0

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        Answering.seen += 1
        self.send_response(500 if self.path == "/broken" else 200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    Answering.seen = 0
    yield server.server_address[1]
    server.shutdown()
    server.server_close()
    thread.join()


def test_every_answer_is_counted_and_every_client_asks(port: int) -> None:
    served = asyncio.run(loading._with_asyncio(Target(port, "/", b'{"a": 1}'), 3, 0.2))
    assert Answering.seen >= 3
    assert 0 < served.a_second <= Answering.seen / 0.2
    assert 0 < served.p50_ms <= served.p99_ms


def test_an_error_of_the_server_ends_the_run(port: int) -> None:
    with pytest.raises(RiskError, match="500"):
        asyncio.run(loading._with_asyncio(Target(port, "/broken", b"{}"), 1, 0.2))


def test_figures_of_wrk_are_read_in_milliseconds() -> None:
    assert served_of_wrk(WRK) == Served(892.01, 0.85, 1100.0)


@pytest.mark.parametrize("line", ["  Non-2xx or 3xx responses: 12\n", "  Socket errors: connect 0, read 3\n"])
def test_errors_that_wrk_tells_of_end_the_run(line: str) -> None:
    with pytest.raises(RiskError, match="wrk tells of"):
        served_of_wrk(WRK + line)


def test_output_without_figures_is_refused() -> None:
    with pytest.raises(RiskError, match="no figures"):
        served_of_wrk("")
