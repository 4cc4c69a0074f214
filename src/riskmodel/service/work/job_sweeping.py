"""Throws away the files of jobs that have had their time, and those that a crash left behind."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from riskmodel.service.audit import Act, Action
from riskmodel.service.jobs.files import JobFiles, folders, last_written
from riskmodel.service.jobs.kinds import result_ending
from riskmodel.service.jobs.running import Now
from riskmodel.service.store import audit_log
from riskmodel.service.store.engine import Store
from riskmodel.service.store.job_rows import WITHOUT_FILES, Job, JobState, expire_jobs, forget_jobs, jobs_named

UPLOAD_MAY_TAKE = dt.timedelta(hours=1)
"""A folder without a row into which nothing was written for so long is no upload that still comes."""
ROWS_KEPT = dt.timedelta(days=30)
"""How long it can be asked what became of a job whose files are gone."""
EVERY = dt.timedelta(minutes=10)


class JobSweep:
    """A step of :class:`~riskmodel.service.work.worker.Worker` that looks for what may go every ten minutes.

    Parameters
    ----------
    store : Store
        Where jobs are.
    root : Path
        Folder of the jobs' files.
    now : callable
        Returns the present instant.
    """

    def __init__(self, store: Store, root: Path, now: Now) -> None:
        self._store, self._root, self._now = store, root, now
        self._due: dt.datetime | None = None

    def __call__(self) -> bool:
        """Sweep if it is time to; there is never more to do at once."""
        now = self._now()
        if self._due is None or now >= self._due:
            self._due = now + EVERY
            sweep_jobs(self._store, self._root, now)
        return False


def sweep_jobs(store: Store, root: Path, now: dt.datetime) -> int:
    """Let jobs expire and throw away files that nobody needs; return how many folders went.

    Parameters
    ----------
    store : Store
        Where jobs are.
    root : Path
        Folder of the jobs' files.
    now : datetime
        The present instant.
    """
    with store.writing() as connection:
        expired = expire_jobs(connection, now)
        forget_jobs(connection, now - ROWS_KEPT)
        audit_log.append(store, connection, [_act(job, now) for job in expired])
    # listed before their rows are asked for: an upload's folder is there before its row
    there = folders(root)
    with store.reading() as connection:
        known = jobs_named(connection, [files.job for files in there])
    return sum(_swept(files, known.get(files.job), now) for files in there)


def _swept(files: JobFiles, job: Job | None, now: dt.datetime) -> bool:
    """Throw away what is not needed of a folder; return whether all of it went."""
    if job is None:
        needless = last_written(files.folder) < (now - UPLOAD_MAY_TAKE).timestamp()
    else:
        needless = job.state in WITHOUT_FILES
    if needless:
        files.drop()
    elif job is not None and job.state is JobState.DONE:
        files.keep_results(result_ending(job.kind, job.options))
    return needless


def _act(job: Job, now: dt.datetime) -> Act:
    told = {"job": job.job, "kind": job.kind, "state": job.state.value}
    return Act(now, Action.JOB_ENDED, job.owner, "", "", told, job.request_id)
