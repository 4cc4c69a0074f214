"""Logs are JSON lines, those of other libraries too, and uvicorn's lines with addresses are silent."""

from __future__ import annotations

import json
import subprocess
import sys

SCRIPT = """
import logging
import structlog
from riskmodel.service.logs import configure_logs
logging.getLogger("uvicorn.access").addHandler(logging.StreamHandler())
configure_logs()
structlog.get_logger().info("request", route="/v1/queue")
logging.getLogger("uvicorn.error").warning("stopped %s", "早")
logging.getLogger("uvicorn.access").info("GET /v1/households/1101/score")
structlog.get_logger().debug("detail")
"""


def test_lines() -> None:
    # a process of its own: logging is configured once for all
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True, timeout=60)
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert [(line["event"], line["level"]) for line in lines] == [("request", "info"), ("stopped 早", "warning")]
    assert all(line["timestamp"].endswith("Z") for line in lines)
    assert done.stdout == ""
