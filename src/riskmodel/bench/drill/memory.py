"""Memory of the service's processes over time, as the system tells it."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

import numpy as np

MIB = 2**20
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
SAMPLE_SECONDS = 0.5


class Memory:
    """Samples of what the Python processes below this one hold together."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.mib: list[float] = []

    def sample(self) -> None:
        """Look once."""
        self.seconds.append(time.perf_counter())
        self.mib.append(sum(resident_mib(process) for process in python_children(os.getpid())))

    async def keep_sampling(self) -> None:
        """Look again and again, until it is cancelled."""
        while True:
            self.sample()
            await asyncio.sleep(SAMPLE_SECONDS)

    def slope_mib_a_minute(self, after_seconds: float) -> float:
        """Return by how much it grows, by least squares over the samples from so many seconds after the first on."""
        at, mib = np.array(self.seconds), np.array(self.mib)
        late = at - at[0] >= after_seconds
        return 60 * float(np.polyfit(at[late], mib[late], 1)[0])

    def growth_mib(self) -> float:
        """Return how far above the first sample the highest one is."""
        return max(self.mib) - self.mib[0]


def python_children(process: int) -> list[int]:
    """Return the Python processes below one, however deep."""
    parents = {int(path.name): _parent_and_name(path) for path in Path("/proc").iterdir() if path.name.isdigit()}
    found, below = [], {process}
    while below:
        below = {child for child, (parent, _) in parents.items() if parent in below}
        found += [child for child in below if parents[child][1].startswith("python")]
    return sorted(found)


def resident_mib(process: int) -> float:
    """Return how much of a process is in memory; nothing of one that has ended."""
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text(encoding="utf-8").split()[1])
    except OSError:
        return 0.0
    return pages * PAGE_BYTES / MIB


def _parent_and_name(folder: Path) -> tuple[int, str]:
    try:
        before, _, after = (folder / "stat").read_text(encoding="utf-8").rpartition(")")
    except OSError:
        return 0, ""
    return int(after.split()[1]), before.partition("(")[2]
