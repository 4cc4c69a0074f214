"""What a job is given while it runs: its files, whether to go on, and where to tell how far it is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Connection

from riskmodel.service.access import Principal
from riskmodel.service.jobs.files import JobFiles
from riskmodel.service.jobs.kinds import JobKind, check_may, result_ending
from riskmodel.service.refusals import Forbidden
from riskmodel.service.store.accounts import principal_of_actor
from riskmodel.service.store.engine import Store
from riskmodel.service.store.job_rows import Job, Part, count_part, tell_progress
from riskmodel.service.versions import Versions

LEASE = dt.timedelta(seconds=60)
MOST_ATTEMPTS = 3
Now = Callable[[], dt.datetime]


class Interrupted(Exception):
    """A job does not go on here; none of these is an error."""


class Cancelled(Interrupted):
    """Its owner wants it no longer."""


class LeaseLost(Interrupted):
    """Another worker has it."""


class Stopping(Interrupted):
    """The worker ends; another one goes on."""


def never() -> bool:
    """Return False."""
    return False


@dataclass(frozen=True, slots=True)
class Workshop:
    """Where jobs are worked on.

    Attributes
    ----------
    store : Store
        Where jobs are.
    versions : Versions
        Models that answer.
    root : Path
        Folder of the jobs' files.
    days : int
        Days after which a finished job and its files go.
    now : callable
        Returns the present instant.
    worker : str
        Name of the worker; no two have the same.
    stopping : callable
        Tells whether the worker is to end: then a job goes on elsewhere, after its chunk.
    lease : timedelta
        After which a job of a worker that was killed is taken by another one; kept up while the worker lives.
    most_attempts : int
        How often a job is taken that gets no further, until it counts as what kills its workers.
    """

    store: Store
    versions: Versions
    root: Path
    days: int
    now: Now
    worker: str
    stopping: Callable[[], bool] = field(default=never)
    lease: dt.timedelta = LEASE
    most_attempts: int = MOST_ATTEMPTS


@dataclass(frozen=True, slots=True)
class Run:
    """A job that this worker has.

    Attributes
    ----------
    shop : Workshop
        Where it is worked on.
    job : Job
        As it was when it was taken.
    """

    shop: Workshop
    job: Job

    @property
    def files(self) -> JobFiles:
        """Its files."""
        return JobFiles(self.shop.root, self.job.job)

    @property
    def input(self) -> Path:
        """The file that was sent."""
        return self.files.input(self.job.format)

    @property
    def ending(self) -> str:
        """Ending of its result."""
        return result_ending(self.job.kind, self.job.options)

    @property
    def result(self) -> Path:
        """Where its result belongs."""
        return self.files.result(self.ending)

    @property
    def refused(self) -> Path:
        """Where its refused rows belong."""
        return self.files.refused(self.ending)

    def owner(self, connection: Connection) -> Principal:
        """Return what the owner may do now, whatever was allowed when the file was sent.

        Raises
        ------
        Forbidden
            If the account is gone, expired or disabled, or may no longer have such jobs done.
        """
        principal = principal_of_actor(connection, self.job.owner, self.shop.now())
        if principal is None:
            raise Forbidden("the account that sent this file may no longer be used; ask whoever hands out accounts")
        check_may(principal, JobKind(self.job.kind))
        return principal

    def tell(self, rows_done: int, rows_total: int | None) -> None:
        """Keep how far the job is; between chunks, since here it also learns that it is not to go on.

        Raises
        ------
        Cancelled, LeaseLost, Stopping
            If it is not.
        """
        with self.shop.store.writing() as connection:
            found = tell_progress(connection, self.job.job, self.shop.worker, rows_done, rows_total)
        self._go_on(found)

    def count(self, connection: Connection, part: Part) -> None:
        """Count a part in the transaction that keeps what is in it.

        Raises
        ------
        Cancelled, LeaseLost, Stopping
            If the job is not to go on; nothing of this part may count then.
        """
        self._go_on(count_part(connection, self.job.job, self.shop.worker, part))

    def _go_on(self, found: Job | None) -> None:
        if found is None:
            raise LeaseLost
        if found.cancelled_at is not None:
            raise Cancelled
        if self.shop.stopping():
            raise Stopping


@dataclass(frozen=True, slots=True)
class Done:
    """What came of a job's rows."""

    rows: int
    accepted: int
    refused: int
