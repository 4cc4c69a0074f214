"""Short transactions, one after another, on a connection that stays open between them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from riskmodel.service.store.engine import SQLITE, NotOurTurn, Store


class KeptWriter:
    """What whoever writes all the time uses in place of ``store.writing()``.

    Parameters
    ----------
    store : Store
        Where it writes.

    Notes
    -----
    To take a connection from the pool and to give it back takes longer than a short transaction of SQLite. A server may
    go away between two transactions, so that with PostgreSQL each one still begins on a connection that was looked at.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kept: Connection | None = None

    @property
    def beside(self) -> bool:
        """Whether the store is a file beside the process, so that a transaction asks no other machine."""
        return self._store.backend == SQLITE

    @contextmanager
    def writing(self, *, wait: bool = True) -> Iterator[Connection]:
        """Give a connection whose changes are committed together when the block ends, or not at all.

        Raises
        ------
        NotOurTurn
            If somebody else writes to SQLite's file, and it is not to be waited for.
        StoreUnavailable
            If the database does not answer.
        """
        if not self.beside:
            with self._store.writing() as connection:
                yield connection
            return
        if self._kept is None:
            self._kept = self._store.connected_to_write()
        try:
            with self._store.writing_on(self._kept, wait=wait) as connection:
                yield connection
        except NotOurTurn:
            raise
        except BaseException:
            # after a failure nobody knows the connection's state
            self.close()
            raise

    def close(self) -> None:
        """Let go of the connection; the next transaction opens another one."""
        if self._kept is not None:
            kept, self._kept = self._kept, None
            kept.close()
