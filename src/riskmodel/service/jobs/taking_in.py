"""Takes a job in: its row, the audit's entry and the answer to a repetition are kept together or not at all."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic_core import to_json

from riskmodel.errors import NotFound
from riskmodel.registry.champion import history
from riskmodel.scoring.batch import CHUNK_ROWS as SCORED_AT_A_TIME
from riskmodel.service.access import Principal
from riskmodel.service.audit import Act, Action
from riskmodel.service.event_tables import CHUNK_ROWS as EVENTS_AT_A_TIME
from riskmodel.service.jobs.files import JobFiles, Upload, check_room
from riskmodel.service.jobs.kinds import JobKind, Options, Wanted
from riskmodel.service.jobs.refusals import TooManyJobs
from riskmodel.service.once import Keep, once
from riskmodel.service.state import State
from riskmodel.service.store import audit_log
from riskmodel.service.store.idempotency import Answer, Claim, question_of
from riskmodel.service.store.job_rows import Job, JobState, add_job, count_waiting, hold_waiting

ACCEPTED = 202
ROUTE = "/v1/jobs"
MOST_WAITING = 20
"""Jobs of one owner that may wait."""


@dataclass(frozen=True, slots=True)
class Sending:
    """Who sends which file for what.

    Attributes
    ----------
    principal : Principal
        Who.
    wanted : Wanted
        What for.
    options : mapping
        The kind's options, with what was left open filled in.
    files : JobFiles
        Where the file is kept.
    key : str or None
        Stands for this very request, should it be sent again.
    request_id : str
        Under which the log knows the request.
    """

    principal: Principal
    wanted: Wanted
    options: Options
    files: JobFiles
    key: str | None
    request_id: str


def prepare(
    state: State, principal: Principal, wanted: Wanted, announced_bytes: int, key: str | None, request_id: str
) -> Sending:
    """Make the folder for a file that is about to come.

    Raises
    ------
    TooManyJobs
        If enough of the owner's jobs wait.
    NotFound
        If the version is asked for that never served.
    NotReady
        If no model serves.
    InsufficientStorage
        If the disk has no room.
    """
    with state.store.reading() as connection:
        if count_waiting(connection, principal.actor) >= MOST_WAITING:
            raise TooManyJobs(MOST_WAITING)
    options = _options(state, principal, wanted)
    check_room(state.settings.jobs, announced_bytes)
    files = JobFiles(state.settings.jobs, uuid.uuid4().hex)
    files.make()
    return Sending(principal, wanted, options, files, key, request_id)


def take_in(state: State, sending: Sending, upload: Upload) -> Answer:
    """Keep a job whose file is there, and return the answer; a repeated request gets the answer of the first.

    Raises
    ------
    TooManyJobs
        If enough of the owner's jobs wait.
    IdempotencyKeyReused, InProgress
        If its key stands for another request, or the same one is being done.
    """
    now = state.now()
    job = _job(sending, upload, now, state.settings.job_days)

    def add(keep: Keep) -> Answer:
        with state.store.writing() as connection:
            if hold_waiting(connection, job.owner) >= MOST_WAITING:
                raise TooManyJobs(MOST_WAITING)
            add_job(connection, job)
            answer = Answer(ACCEPTED, to_json(document(job)).decode())
            keep(connection, answer)
            audit_log.append(state.store, connection, [_act(sending, job)])
        return answer

    return once(state.store, _claim(sending, upload), now, add)


def document(job: Job) -> dict[str, Any]:
    """Return a job as it is answered."""
    return {
        "job": job.job,
        "kind": job.kind,
        "state": job.state.value,
        "cancelling": job.state is JobState.RUNNING and job.cancelled_at is not None,
        "format": job.format,
        "bytes": job.bytes,
        "sha256": job.sha256,
        "options": {name: value for name, value in job.options.items() if name != "chunk_rows"},
        "created_at": job.created_at.isoformat(),
        "started_at": _iso(job.started_at),
        "finished_at": _iso(job.finished_at),
        "expires_at": job.expires_at.isoformat(),
        "rows_done": job.rows_done,
        "rows_total": job.rows_total,
        "accepted": job.accepted,
        "known": job.known,
        "refused": job.refused,
        "failure": job.failure,
    }


def _options(state: State, principal: Principal, wanted: Wanted) -> Options:
    """Fill in what was left open now, so that a job comes to the same whenever and however often it is begun."""
    if wanted.kind is JobKind.EVENTS:
        source = wanted.options["source"] or principal.name
        # without a model nobody could say what events there are
        state.versions.champion()
        return {"source": source, "chunk_rows": EVENTS_AT_A_TIME}
    version = _version(state, wanted.options["version"])
    return {**wanted.options, "version": version, "today": state.today().isoformat(), "chunk_rows": SCORED_AT_A_TIME}


def _version(state: State, version: str | int | None) -> str | int:
    if version is None:
        return state.versions.champion().scorer.id.version
    served = {entry.version for entry in history(state.settings.models, state.settings.programme)}
    if version not in served:
        raise NotFound("no such version was ever promoted; GET /v1/models lists those that were")
    return version


def _job(sending: Sending, upload: Upload, now: dt.datetime, days: int) -> Job:
    principal = sending.principal
    return Job(
        sending.files.job,
        sending.wanted.kind.value,
        principal.actor,
        principal.area_code,
        JobState.WAITING,
        sending.wanted.format,
        upload.bytes,
        upload.sha256,
        sending.options,
        now,
        now + dt.timedelta(days=days),
        sending.request_id,
    )


def _claim(sending: Sending, upload: Upload) -> Claim | None:
    if sending.key is None:
        return None
    wanted = sending.wanted
    asked: Mapping[str, str | int | None] = {"format": wanted.format, "sha256": upload.sha256, **wanted.options}
    return Claim(sending.principal.actor, sending.key, question_of("POST", ROUTE, wanted.kind.value, asked))


def _act(sending: Sending, job: Job) -> Act:
    role = sending.principal.role.value if sending.principal.role else ""
    told = {"job": job.job, "kind": job.kind, "format": job.format, "bytes": job.bytes, "sha256": job.sha256}
    return Act(job.created_at, Action.JOB_SENT, job.owner, role, "", told, job.request_id)


def _iso(instant: dt.datetime | None) -> str | None:
    return None if instant is None else instant.isoformat()
