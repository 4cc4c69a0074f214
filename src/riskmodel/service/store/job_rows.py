"""Jobs in the store: who sent which file, what is to be done with it, and how far that is.

Each function works in the caller's transaction, so that what it changes and the audit entry about it are kept together.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, case, delete, func, insert, select, update

from riskmodel.errors import NotFound
from riskmodel.service.store.households import MOST_PARAMETERS, chunks
from riskmodel.service.store.leases import Lease, held, take
from riskmodel.service.store.tables import job_parts, jobs


class JobState(StrEnum):
    """Where a job stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


ACTIVE = (JobState.WAITING, JobState.RUNNING)
WITHOUT_FILES = frozenset({JobState.FAILED, JobState.CANCELLED, JobState.EXPIRED})
PARTS_AT_A_TIME = 100


@dataclass(frozen=True, slots=True)
class Job:
    """A job, as its row holds it.

    Attributes
    ----------
    job : str
        Its name.
    kind : str
        What is to be done.
    owner : str
        Who sent it, such as ``client:monitor``.
    area_code : str
        The owner's area when it was sent.
    state : JobState
        Where it stands.
    format, bytes, sha256
        Kind, length and digest of the file.
    options : mapping
        What else was asked.
    created_at, started_at, finished_at, expires_at, cancelled_at : datetime or None
        Its times; of one that is to be cancelled while it runs, ``cancelled_at`` is set before its state.
    attempts : int
        How often a worker took it since it last got further.
    rows_done, rows_total, accepted, refused : int
        How far it is; the total is None while nobody knows.
    failure : mapping or None
        Code and words of what went wrong.
    request_id : str
        Of the request that sent it.
    leased_by, leased_until
        Which worker has it.
    """

    job: str
    kind: str
    owner: str
    area_code: str
    state: JobState
    format: str
    bytes: int
    sha256: str
    options: Mapping[str, Any]
    created_at: dt.datetime
    expires_at: dt.datetime
    request_id: str
    started_at: dt.datetime | None = None
    finished_at: dt.datetime | None = None
    cancelled_at: dt.datetime | None = None
    attempts: int = 0
    rows_done: int = 0
    rows_total: int | None = None
    accepted: int = 0
    refused: int = 0
    failure: Mapping[str, Any] | None = None
    leased_by: str | None = None
    leased_until: dt.datetime | None = None

    @property
    def known(self) -> int:
        """Rows that were neither accepted nor refused: they had been sent before."""
        return max(0, self.rows_done - self.accepted - self.refused) if self.state is JobState.DONE else 0


@dataclass(frozen=True, slots=True)
class Part:
    """What came of some rows of a file, counted once.

    Attributes
    ----------
    part : int
        Number, from 0 on.
    rows, accepted, known : int
        How many there were, how many are new, and how many had been sent before.
    refused : sequence of (int, str, str)
        Row of the file (1 is the first below the header), field and rule of each of the others.
    """

    part: int
    rows: int
    accepted: int
    known: int
    refused: Sequence[tuple[int, str, str]]


@dataclass(frozen=True, slots=True)
class Ending:
    """How a job ends.

    Attributes
    ----------
    state : JobState
        Done, failed or cancelled.
    at, expires_at : datetime
        Now, and when its row and files have had their time.
    counts : mapping of str to int
        Of ``rows_done``, ``rows_total``, ``accepted`` and ``refused`` those that are known now.
    failure : mapping or None
        Code and words.
    """

    state: JobState
    at: dt.datetime
    expires_at: dt.datetime
    counts: Mapping[str, int]
    failure: Mapping[str, Any] | None = None


def add_job(connection: Connection, job: Job) -> None:
    """Add a job that waits."""
    connection.execute(insert(jobs).values(asdict(job)))


def count_waiting(connection: Connection, owner: str) -> int:
    """Return how many jobs of an owner wait."""
    return connection.execute(select(func.count()).select_from(jobs).where(_waiting(owner))).scalar_one()


def hold_waiting(connection: Connection, owner: str) -> int:
    """Return how many jobs of an owner wait, in a transaction that adds one: of two at once one waits for the other."""
    connection.execute(select(jobs.c.job).where(_waiting(owner)).with_for_update())
    return count_waiting(connection, owner)


def find_job(connection: Connection, job: str, owner: str) -> Job:
    """Return a job of an owner.

    Raises
    ------
    NotFound
        If there is none; somebody else's is answered alike.
    """
    return _found(connection.execute(select(jobs).where(jobs.c.job == job, jobs.c.owner == owner)).first())


def jobs_of(connection: Connection, owner: str, limit: int) -> list[Job]:
    """Return an owner's jobs, the newest first."""
    order = jobs.c.created_at.desc(), jobs.c.job
    return [
        _job(row) for row in connection.execute(select(jobs).where(jobs.c.owner == owner).order_by(*order).limit(limit))
    ]


def is_any_free(connection: Connection, now: dt.datetime) -> bool:
    """Tell whether a job waits, or was left by its worker: asked often, and without a turn to write."""
    free = jobs.c.leased_until.is_(None) | (jobs.c.leased_until < now)
    return connection.execute(select(jobs.c.job).where(jobs.c.state.in_(ACTIVE), free).limit(1)).first() is not None


def take_job(connection: Connection, lease: Lease) -> Job | None:
    """Take the oldest job that waits or was left by its worker; None where there is none."""
    found = take(connection, jobs, jobs.c.state.in_(ACTIVE), jobs.c.created_at, 1, lease)
    if not found:
        return None
    values = {
        "state": JobState.RUNNING,
        "attempts": jobs.c.attempts + 1,
        "started_at": found[0].started_at or lease.now,
    }
    return _found(
        connection.execute(update(jobs).where(jobs.c.job == found[0].job).values(values).returning(jobs)).first()
    )


def renew(connection: Connection, job: str, worker: str, until: dt.datetime) -> None:
    """Keep a job for longer; does nothing where another worker has it."""
    connection.execute(update(jobs).where(_running(job, worker)).values(leased_until=until))


def release(connection: Connection, job: str, worker: str, until: dt.datetime | None = None) -> None:
    """Give a job back, so that the next worker takes it, from some instant on or at once; it counts as if it had not been taken."""
    values = {"leased_by": None, "leased_until": until, "attempts": jobs.c.attempts - 1}
    connection.execute(update(jobs).where(_running(job, worker)).values(values))


def tell_progress(connection: Connection, job: str, worker: str, rows_done: int, rows_total: int | None) -> Job | None:
    """Keep how far a job is; return it, or None where the worker no longer has it."""
    # a worker that was killed after it got further may be tried again as often as the first
    further = case((jobs.c.rows_done < rows_done, 1), else_=jobs.c.attempts)
    values = {"rows_done": rows_done, "rows_total": rows_total, "attempts": further}
    return _changed(connection, job, worker, values)


def count_part(connection: Connection, job: str, worker: str, part: Part) -> Job | None:
    """Count a part, in the transaction that keeps what is in it; return the job, or None where the worker lost it."""
    values = {
        "rows_done": jobs.c.rows_done + part.rows,
        "accepted": jobs.c.accepted + part.accepted,
        "refused": jobs.c.refused + len(part.refused),
        "attempts": 1,
    }
    found = _changed(connection, job, worker, values)
    if found is not None:
        row = {**asdict(part), "refused": [list(one) for one in part.refused], "job": job}
        connection.execute(insert(job_parts).values(row))
    return found


def count_parts(connection: Connection, job: str) -> int:
    """Return how many parts are kept: those that follow are still to be done."""
    return connection.execute(select(func.count()).select_from(job_parts).where(job_parts.c.job == job)).scalar_one()


def refused_rows(connection: Connection, job: str) -> Iterator[tuple[int, str, str]]:
    """Yield the refused rows of all parts, in the file's order, some parts in memory at a time."""
    last = -1
    while True:
        own = job_parts.c.job == job, job_parts.c.part > last
        query = select(job_parts.c.part, job_parts.c.refused).where(*own).order_by(job_parts.c.part)
        found = connection.execute(query.limit(PARTS_AT_A_TIME)).all()
        if not found:
            return
        for part in found:
            yield from ((row, field, rule) for row, field, rule in part.refused)
        last = found[-1].part


def end_job(connection: Connection, job: str, worker: str, ending: Ending) -> Job | None:
    """End a job; return it, or None where the worker no longer has it."""
    values = {
        **ending.counts,
        "state": ending.state,
        "finished_at": ending.at,
        "expires_at": ending.expires_at,
        "failure": ending.failure,
        "leased_by": None,
        "leased_until": None,
    }
    return _changed(connection, job, worker, values)


def cancel_job(connection: Connection, job: str, owner: str, now: dt.datetime) -> Job:
    """Cancel a job that waits; let one that runs stop; let the files of one that ended go.

    Raises
    ------
    NotFound
        If the owner has no such job.
    """
    own = jobs.c.job == job, jobs.c.owner == owner
    found = _found(connection.execute(select(jobs).where(*own).with_for_update()).first())
    values: dict[JobState, dict[str, Any]] = {
        JobState.WAITING: {"state": JobState.CANCELLED, "cancelled_at": now, "finished_at": now},
        JobState.RUNNING: {"cancelled_at": found.cancelled_at or now},
        JobState.DONE: {"state": JobState.EXPIRED, "expires_at": now},
        JobState.FAILED: {"state": JobState.EXPIRED, "expires_at": now},
    }
    if found.state not in values:
        return found
    return _found(connection.execute(update(jobs).where(*own).values(values[found.state]).returning(jobs)).first())


def expire_jobs(connection: Connection, now: dt.datetime) -> list[Job]:
    """Let jobs that have had their time expire, those that nobody ever began included; return them."""
    over = jobs.c.expires_at <= now, jobs.c.state.not_in((JobState.RUNNING, JobState.EXPIRED))
    changed = connection.execute(update(jobs).where(*over).values(state=JobState.EXPIRED).returning(jobs))
    return [_job(row) for row in changed]


def forget_jobs(connection: Connection, expired_before: dt.datetime) -> int:
    """Delete the rows of jobs that expired long ago; return how many."""
    over = jobs.c.state == JobState.EXPIRED, jobs.c.expires_at < expired_before
    return connection.execute(delete(jobs).where(*over)).rowcount


def jobs_named(connection: Connection, names: Sequence[str]) -> dict[str, Job]:
    """Return those jobs that there are, by name."""
    found = {}
    for some in chunks(names, MOST_PARAMETERS):
        for row in connection.execute(select(jobs).where(jobs.c.job.in_(some))):
            found[row.job] = _job(row)
    return found


def _waiting(owner: str) -> ColumnElement[bool]:
    return and_(jobs.c.owner == owner, jobs.c.state == JobState.WAITING)


def _running(job: str, worker: str) -> ColumnElement[bool]:
    return and_(jobs.c.job == job, jobs.c.state == JobState.RUNNING, held(jobs, worker))


def _changed(connection: Connection, job: str, worker: str, values: Mapping[str, Any]) -> Job | None:
    row = connection.execute(update(jobs).where(_running(job, worker)).values(values).returning(jobs)).first()
    return None if row is None else _job(row)


def _found(row: Row[Any] | None) -> Job:
    if row is None:
        raise NotFound("there is no such job of this account; GET /v1/jobs lists those that there are")
    return _job(row)


def _job(row: Row[Any]) -> Job:
    return Job(**{**row._mapping, "state": JobState(row.state)})
