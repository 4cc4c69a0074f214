"""A command's time and peak are its own, and its failure is told."""

from __future__ import annotations

import os
import sys

import pytest

from riskmodel.bench.child import measured
from riskmodel.errors import RiskError

MEGABYTE = 1_000_000


def run(code: str) -> int:
    return measured([sys.executable, "-c", code], os.environ).peak_bytes


def test_the_peak_is_the_commands_own_however_much_this_process_holds() -> None:
    held = bytearray(os.urandom(1)) * (300 * MEGABYTE)
    small, large = run("pass"), run(f"b'x' * {200 * MEGABYTE}")
    assert small < 100 * MEGABYTE < len(held)
    assert 200 * MEGABYTE <= large - small + 10 * MEGABYTE < 260 * MEGABYTE


def test_a_command_that_fails_is_told_with_what_it_said() -> None:
    with pytest.raises(RiskError, match="ended with 3: broken"):
        run("import sys; print('broken', file=sys.stderr); sys.exit(3)")
