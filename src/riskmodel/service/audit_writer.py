"""Appends acts to the audit for many requests at once: whoever waits shares one commit with all others who wait."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue

import structlog

from riskmodel.errors import StoreUnavailable
from riskmodel.service.audit import Act, Draft, drafted
from riskmodel.service.errors import Overloaded
from riskmodel.service.store.audit_log import append_drafts
from riskmodel.service.store.engine import NotOurTurn, Store
from riskmodel.service.store.kept_writer import KeptWriter

Awaited = asyncio.Future[None]
LONGEST_AT_ONCE_SECONDS, MOST_AT_ONCE = 0.001, 16
"""How long the commit before may have taken, and how many acts may be appended, where the event loop waits for them."""

NOT_RECORDED = "what was asked for could not be recorded, so it is not done; ask again in a moment"


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    drafts: Sequence[Draft]
    done: Future[None] | Awaited


class AuditWriter:
    """One thread that appends what everybody else hands it.

    Parameters
    ----------
    store : Store
        Where the chain is.
    most_waiting : int
        How many acts may wait for their turn.
    appended : callable
        Told the number of the last entry after each commit, such as a gauge; runs in the writer's thread.

    Notes
    -----
    While one commit is on its way to the disk, what comes in waits and goes into the next one together: the more there
    is to do, the larger the groups. An act that was handed over is appended even if nobody waits for it any more.

    A file on a quick disk takes an act in less time than it takes to wake the thread and to be woken by it: where the last
    commit was that quick, nobody else waits and nobody else writes, the event loop's own thread appends.
    """

    def __init__(
        self, store: Store, *, most_waiting: int = 4096, appended: Callable[[int], object] = lambda _: None
    ) -> None:
        self._store, self._most_waiting, self._appended = store, most_waiting, appended
        self._writer = KeptWriter(store)
        self._queue: SimpleQueue[_Waiting | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._waiting, self._closed, self._at_once = 0, False, False
        self._turn = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="audit", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """How many acts wait for their turn."""
        return self._waiting

    def submit(self, acts: Iterable[Act]) -> Future[None]:
        """Hand over acts; they stand together, in order.

        Returns
        -------
        Future
            Done when they are on the disk; :class:`StoreUnavailable` where they could not be brought there.

        Raises
        ------
        Overloaded
            If too many wait already.
        StoreUnavailable
            If the writer is closed.
        """
        done: Future[None] = Future()
        # from here on nobody can cancel it
        done.set_running_or_notify_cancel()
        self._hand_over(_Waiting([drafted(act) for act in acts], done))
        return done

    def write(self, acts: Iterable[Act]) -> None:
        """Append acts and wait until they are on the disk; see :meth:`submit`."""
        self.submit(acts).result()

    def begin(self, acts: Iterable[Act]) -> Awaited:
        """Hand over acts from the event loop; what is returned is awaited before an answer leaves. See :meth:`submit`."""
        done: Awaited = asyncio.get_running_loop().create_future()
        one = _Waiting([drafted(act) for act in acts], done)
        if not self._append_at_once(one):
            self._hand_over(one)
        return done

    async def written(self, acts: Iterable[Act]) -> None:
        """Append acts and wait, without holding up the event loop, until they are on the disk; see :meth:`submit`."""
        await self.begin(acts)

    def close(self) -> None:
        """Append what waits, and end the thread. What is handed over later is refused."""
        with self._lock:
            if not self._closed:
                self._closed, self._at_once = True, False
                self._queue.put(None)
        self._thread.join()

    def _hand_over(self, one: _Waiting) -> None:
        count = len(one.drafts)
        with self._lock:
            if self._closed:
                raise StoreUnavailable("the service is being stopped; ask again in a moment")
            # a group larger than the limit has its turn when nobody else waits
            if self._waiting and self._waiting + count > self._most_waiting:
                raise Overloaded("too many acts wait to be recorded; ask again in a moment")
            self._waiting += count
            self._queue.put(one)

    def _append_at_once(self, one: _Waiting) -> bool:
        """Append in the caller's thread where that takes less time than to wake another one; return whether it was tried."""
        if self._waiting or len(one.drafts) > MOST_AT_ONCE or not self._turn.acquire(blocking=False):
            return False
        try:
            if not self._at_once:
                return False
            recorded = self._append([one], wait=False)
        except NotOurTurn:
            return False
        finally:
            self._turn.release()
        _settle(one.done, recorded)
        return True

    def _run(self) -> None:
        going_on = True
        while going_on:
            group, going_on = self._take()
            if group:
                with self._turn:
                    recorded = self._append(group)
                with self._lock:
                    self._waiting -= sum(len(one.drafts) for one in group)
                _tell(group, recorded)
        with self._turn:
            self._at_once = False
            self._writer.close()

    def _take(self) -> tuple[list[_Waiting], bool]:
        """Wait for one and take all that are there; the second value is false once the writer is closed."""
        group: list[_Waiting] = []
        try:
            one = self._queue.get()
            while one is not None:
                group.append(one)
                one = self._queue.get_nowait()
        except Empty:
            return group, True
        return group, False

    def _append(self, group: Sequence[_Waiting], *, wait: bool = True) -> bool:
        """Append a group in one transaction; return whether that went well."""
        drafts = [draft for one in group for draft in one.drafts]
        begun = time.perf_counter()
        try:
            with self._writer.writing(wait=wait) as connection:
                entries = append_drafts(self._store, connection, drafts)
        except NotOurTurn:
            raise
        except Exception as error:
            # whatever it is, the thread goes on: the next group may do better
            structlog.get_logger().error("audit_failed", error=type(error).__name__, acts=len(drafts))
            return False
        self._at_once = self._writer.beside and time.perf_counter() - begun < LONGEST_AT_ONCE_SECONDS
        # what is recorded is recorded, whatever becomes of a gauge
        with suppress(Exception):
            self._appended(entries[-1].sequence)
        return True


def _tell(group: Sequence[_Waiting], recorded: bool) -> None:
    """Tell everybody of a group; each event loop is woken once."""
    by_loop: dict[asyncio.AbstractEventLoop, list[Awaited]] = defaultdict(list)
    for one in group:
        if isinstance(one.done, Future):
            _settle(one.done, recorded)
        else:
            by_loop[one.done.get_loop()].append(one.done)
    for loop, awaited in by_loop.items():
        # a loop that was closed has nobody left who waits
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(_settle_all, awaited, recorded)


def _settle_all(awaited: Sequence[Awaited], recorded: bool) -> None:
    for done in awaited:
        if not done.done():
            _settle(done, recorded)


def _settle(done: Future[None] | Awaited, recorded: bool) -> None:
    if recorded:
        done.set_result(None)
    else:
        done.set_exception(StoreUnavailable(NOT_RECORDED))
