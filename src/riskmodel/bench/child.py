"""Runs a command and tells its time and its peak memory; small on purpose, see :func:`measured`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from riskmodel.errors import RiskError


@dataclass(frozen=True, slots=True)
class Run:
    """How long a command took, and the most memory that its process held."""

    seconds: float
    peak_bytes: int


def measured(command: Sequence[str], environment: Mapping[str, str]) -> Run:
    """Run a command in a process of its own.

    Raises
    ------
    RiskError
        If it fails, with what it said.

    Notes
    -----
    The system counts as a process's peak also what the process that started it held, up to the moment the command takes
    its place. So a small process stands in between: it runs this module, which imports nothing of weight.
    """
    between = [sys.executable, "-m", "riskmodel.bench.child", *command]
    done = subprocess.run(between, env=dict(environment), capture_output=True, text=True, check=False)
    if done.returncode:
        raise RiskError(f"{' '.join(command[:4])} ended with {done.returncode}: {done.stderr.strip()[-500:]}")
    return Run(**json.loads(done.stdout))


def main() -> None:
    """Run the command given as arguments; print the figures as JSON; end with its exit code."""
    start = time.perf_counter()
    child = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - start
    # Linux counts in kilobytes
    print(json.dumps({"seconds": seconds, "peak_bytes": usage.ru_maxrss * 1024}))
    sys.exit(os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    main()
