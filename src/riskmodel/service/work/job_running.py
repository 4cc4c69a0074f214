"""Takes the oldest job that nobody works on, runs it, and ends it: state, figures and the audit's entry together."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import structlog

from riskmodel.errors import FaultyInput, RiskError, StoreUnavailable
from riskmodel.files import held
from riskmodel.service.audit import Act, Action
from riskmodel.service.errors import problem_of
from riskmodel.service.jobs.events import keep_events
from riskmodel.service.jobs.files import FULL
from riskmodel.service.jobs.kinds import JobKind
from riskmodel.service.jobs.running import Cancelled, Done, LeaseLost, Run, Stopping, Workshop
from riskmodel.service.jobs.scoring import score_rows
from riskmodel.service.store import audit_log
from riskmodel.service.store.job_rows import Ending, Job, JobState, end_job, is_any_free, release, renew, take_job
from riskmodel.service.store.leases import Lease

RENEWALS = 3
"""Times that a lease is renewed before it would end."""
REST = dt.timedelta(seconds=5)
"""How long a job rests that can't go on at the moment."""
MOST_FAULTS = 20
WORKER_LOST, FILES_GONE, DISK_FULL, INTERNAL = "worker_lost", "files_gone", "disk_full", "internal"
FAILURES: Mapping[str, str] = {
    WORKER_LOST: "the file stopped its worker again and again at the same place; send it in parts, or as CSV",
    FILES_GONE: "the file that was sent is no longer there; send it again for another job",
    DISK_FULL: "the disk is full; the files of this job were thrown away, send the file again when there is room",
    INTERNAL: "the service failed; tell the job to whoever runs the service",
}
"""Codes of failures that are no problem of a request, and their words."""
KINDS: Mapping[str, Callable[[Run], Done]] = {JobKind.SCORES: score_rows, JobKind.EVENTS: keep_events}


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended."""

    state: JobState
    done: Done | None = None
    failure: Mapping[str, Any] | None = None


def run_jobs(shop: Workshop) -> bool:
    """Run one job to its end; a step of :class:`~riskmodel.service.work.worker.Worker`.

    Parameters
    ----------
    shop : Workshop
        Where jobs are worked on.

    Returns
    -------
    bool
        Whether there was a job.
    """
    with shop.store.reading() as connection:
        if not is_any_free(connection, shop.now()):
            return False
    job = _take(shop)
    if job is None:
        return False
    run = Run(shop, job)
    with _kept(run):
        outcome = _run(run)
    if outcome is not None:
        _end(run, outcome)
    return True


def _take(shop: Workshop) -> Job | None:
    now = shop.now()
    with shop.store.writing() as connection:
        return take_job(connection, Lease(shop.worker, now, now + shop.lease))


@contextmanager
def _kept(run: Run) -> Iterator[None]:
    """Keep the lease up while a job runs: some of its steps take longer than the lease, and a dead process renews none."""
    over = threading.Event()

    def keep_up() -> None:
        while not over.wait(run.shop.lease.total_seconds() / RENEWALS):
            # where the store is away, the next renewal may come in time
            with suppress(RiskError), run.shop.store.writing() as connection:
                renew(connection, run.job.job, run.shop.worker, run.shop.now() + run.shop.lease)

    thread = threading.Thread(target=keep_up, name="lease", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _run(run: Run) -> Outcome | None:
    """Run a job; return how it ended, or None where it goes on elsewhere."""
    try:
        return _tried(run)
    except LeaseLost:
        return None
    except Stopping:
        _give_back(run, None)
        return None
    except (StoreUnavailable, BlockingIOError):
        # nobody's fault: whoever takes it next goes on with it, but not at once, since that would fail again
        _give_back(run, run.shop.now() + REST)
        return None


def _give_back(run: Run, until: dt.datetime | None) -> None:
    # where the store does not take it, others take the job when its lease is over
    with suppress(RiskError), run.shop.store.writing() as connection:
        release(connection, run.job.job, run.shop.worker, until)


def _tried(run: Run) -> Outcome:
    try:
        return _hopeless(run) or _worked(run)
    except Cancelled:
        return Outcome(JobState.CANCELLED)
    except (LeaseLost, Stopping, StoreUnavailable, BlockingIOError):
        raise
    except RiskError as error:
        return Outcome(JobState.FAILED, failure=failure_of(error))
    except Exception as error:
        return _broken(run, error)


def _hopeless(run: Run) -> Outcome | None:
    """Return how a job ends that need not be begun; None where it is to be worked on."""
    if run.job.cancelled_at is not None:
        raise Cancelled
    if run.job.attempts > run.shop.most_attempts:
        return _failed(WORKER_LOST)
    return None if run.input.is_file() else _failed(FILES_GONE)


def _worked(run: Run) -> Outcome:
    # of a worker whose lease ended the process may still be there
    with held(run.files.folder):
        return Outcome(JobState.DONE, KINDS[run.job.kind](run))


def _broken(run: Run, error: Exception) -> Outcome:
    """Return how a job ends that met what is no error of ours."""
    if isinstance(error, OSError) and error.errno in FULL:
        # the store may need the room to note it
        run.files.drop()
        return _failed(DISK_FULL)
    # the message may hold what a household reported
    structlog.get_logger().error("job_failed", job=run.job.job, error=type(error).__name__)
    return _failed(INTERNAL)


def failure_of(error: RiskError) -> dict[str, Any]:
    """Return what is kept of an error: its code and words, without names that only the file knows."""
    problem = problem_of(error)
    faults = error.faults if isinstance(error, FaultyInput) else ()
    told = [
        {"where": fault.where, "rule": fault.rule, "message": fault.message}
        for fault in faults
        if fault.rule != "extra_column"
    ]
    unknown = len(faults) - len(told)
    detail = (
        f"{problem.detail}; {unknown} columns of the file are not known to this model" if unknown else problem.detail
    )
    return {"code": problem.code, "detail": detail, "errors": told[:MOST_FAULTS]}


def _failed(code: str) -> Outcome:
    return Outcome(JobState.FAILED, failure={"code": code, "detail": FAILURES[code], "errors": []})


def _end(run: Run, outcome: Outcome) -> None:
    """Note how a job ended, and throw away what is no longer needed; in this order, so that a crash leaves work for the sweep."""
    shop, now = run.shop, run.shop.now()
    ending = Ending(outcome.state, now, now + dt.timedelta(days=shop.days), _counts(outcome.done), outcome.failure)
    with shop.store.writing() as connection:
        ended = end_job(connection, run.job.job, shop.worker, ending)
        if ended is not None:
            audit_log.append(shop.store, connection, [_act(ended, now)])
    if ended is None:
        return
    if outcome.state is JobState.DONE:
        run.files.keep_results(run.ending)
    else:
        run.files.drop()


def _counts(done: Done | None) -> dict[str, int]:
    if done is None:
        return {}
    return {"rows_done": done.rows, "rows_total": done.rows, "accepted": done.accepted, "refused": done.refused}


def _act(job: Job, now: dt.datetime) -> Act:
    told = {
        "job": job.job,
        "kind": job.kind,
        "state": job.state.value,
        "version": job.options.get("version"),
        "rows": job.rows_done,
        "accepted": job.accepted,
        "refused": job.refused,
        "code": job.failure["code"] if job.failure else None,
    }
    return Act(now, Action.JOB_ENDED, job.owner, "", "", told, job.request_id)
