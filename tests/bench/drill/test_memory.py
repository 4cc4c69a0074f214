"""Memory is that of the processes below this one, and its growth a straight line through what was seen."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from riskmodel.bench.drill.memory import Memory, python_children, resident_mib

CHILD = "import sys; held = bytearray({mib} * 2**20); print('held', flush=True); sys.stdin.read()"


def test_children_are_seen_with_what_they_hold() -> None:
    before = python_children(os.getpid())
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD.format(mib=64)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    child.stdout.readline()
    assert set(python_children(os.getpid())) - set(before) == {child.pid}
    assert 64 < resident_mib(child.pid) < 128
    child.communicate("")
    assert resident_mib(child.pid) == 0
    assert child.pid not in python_children(os.getpid())


def test_growth_is_told_a_minute_and_without_the_beginning() -> None:
    memory = Memory()
    memory.seconds = [100.0 + second for second in range(120)]
    # a process that warms up for a minute, and then grows by 3 MiB a minute
    memory.mib = [500.0 + second * (10 if second < 60 else 3 / 60) for second in range(120)]
    assert memory.slope_mib_a_minute(60) == pytest.approx(3)
    assert memory.slope_mib_a_minute(0) != pytest.approx(3)
    assert memory.growth_mib() == pytest.approx(590)


def test_what_is_sampled_is_kept() -> None:
    memory = Memory()
    memory.sample()
    assert len(memory.seconds) == len(memory.mib) == 1
