"""``/v1/jobs``: files that are too large for one request are sent once, worked on in the background, and fetched when done."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi import Path as InPath
from starlette.concurrency import run_in_threadpool
from starlette.responses import FileResponse

from riskmodel.errors import Fault, StoreUnavailable
from riskmodel.scoring.scorer import DEFAULT_REASONS
from riskmodel.service.access import Principal
from riskmodel.service.api.dependencies import PrincipalOf, StateOf, act_of
from riskmodel.service.api.events import Source
from riskmodel.service.api.idempotency_key import Key
from riskmodel.service.api.job_schemas import JobShape, JobsReply
from riskmodel.service.audit import Action
from riskmodel.service.errors import RequestInvalid
from riskmodel.service.guarding import GuardedRoute
from riskmodel.service.jobs.files import JobFiles, Upload, keep_upload
from riskmodel.service.jobs.kinds import (
    MEDIA_TYPES,
    SENT,
    JobKind,
    ResultFormat,
    Wanted,
    check_may,
    format_of,
    result_ending,
)
from riskmodel.service.jobs.refusals import JobExpired, JobNotDone
from riskmodel.service.jobs.taking_in import ACCEPTED, ROUTE, Sending, document, prepare, take_in
from riskmodel.service.jobs.unpacking import check_file
from riskmodel.service.reply import json_response
from riskmodel.service.state import State
from riskmodel.service.store import audit_log
from riskmodel.service.store.idempotency import Answer
from riskmodel.service.store.job_rows import WITHOUT_FILES, Job, JobState, cancel_job, find_job, jobs_of
from riskmodel.service.store.tables import LONGEST_CODE

router = APIRouter(prefix="/v1", tags=["jobs"], route_class=GuardedRoute)
MOST_JOBS, MOST_REASONS = 1000, 50
JobName = Annotated[str, InPath(min_length=1, max_length=LONGEST_CODE, description="As `POST /v1/jobs` named it.")]
Version = Annotated[
    str | None,
    Query(
        max_length=LONGEST_CODE, description="Of scores: the model that is to answer; the champion of now if left out."
    ),
]
Reasons = Annotated[int | None, Query(ge=0, le=MOST_REASONS, description="Of scores: reasons a household; else 5.")]
Words = Annotated[
    Literal["en", "zh"] | None, Query(description="Of scores: language of headers and words in CSV and XLSX; else en.")
]
Result = Annotated[ResultFormat | None, Query(description="Of scores: kind of file that is wanted; else Parquet.")]


class ResultPart(StrEnum):
    """What of a job is fetched."""

    RESULT = "result"
    REFUSED = "refused"


def _binary(endings: tuple[str, ...]) -> dict[str, Any]:
    return {MEDIA_TYPES[ending]: {"schema": {"type": "string", "format": "binary"}} for ending in endings}


@router.post(
    "/jobs",
    status_code=ACCEPTED,
    summary="Send a file",
    responses={ACCEPTED: {"model": JobShape}},
    openapi_extra={"requestBody": {"required": True, "content": _binary(SENT)}},
)
async def send(
    request: Request,
    state: StateOf,
    principal: PrincipalOf,
    kind: JobKind,
    version: Version = None,
    reasons: Reasons = None,
    language: Words = None,
    result: Result = None,
    source: Source = "",
    key: Key = None,
) -> Response:
    """Take a file in that is worked on in the background; the body is the file itself, its kind is the content-type.

    **scores**: rows are snapshots, as `riskmodel snapshot` writes them: `household_id`, `as_of` and every feature. Rows that
    can't be scored are named in the result's part `refused`, and the others are scored.

    **events**: rows are events with the columns of `POST /v1/events`; each counts once, however often it is sent.

    Ask `GET /v1/jobs/{job}` how far it is. Files go some days after the job has ended.
    """
    given = {"version": version, "reasons": reasons, "language": language, "result": result and result.value}
    wanted = _wanted(request, kind, given, source)
    check_may(principal, kind)
    sending = await run_in_threadpool(_prepared, request, state, principal, wanted, key)
    try:
        upload = await keep_upload(request, sending.files, wanted.format, state.settings.max_job_bytes)
        await run_in_threadpool(check_file, sending.files.input(wanted.format), wanted.format)
    except BaseException:
        sending.files.drop()
        raise
    answer = await run_in_threadpool(_taken_in, state, sending, upload)
    location = {"location": f"{ROUTE}/{json.loads(answer.body)['job']}"}
    return Response(answer.body, answer.status, location, media_type="application/json")


@router.get("/jobs", summary="Jobs of this account", responses={200: {"model": JobsReply}})
def listed(state: StateOf, principal: PrincipalOf, limit: Annotated[int, Query(ge=1, le=MOST_JOBS)] = 100) -> Response:
    """Return this account's own jobs, the newest first."""
    with state.store.reading() as connection:
        found = jobs_of(connection, principal.actor, limit)
    return json_response({"jobs": [document(job) for job in found]})


@router.get("/jobs/{job}", summary="How far a job is", responses={200: {"model": JobShape}})
def progress(state: StateOf, principal: PrincipalOf, job: JobName) -> Response:
    """Return a job of this account: where it stands, how far it is, and what went wrong if it failed."""
    with state.store.reading() as connection:
        return json_response(document(find_job(connection, job, principal.actor)))


@router.delete("/jobs/{job}", summary="Cancel a job", responses={200: {"model": JobShape}})
def cancel(request: Request, state: StateOf, principal: PrincipalOf, job: JobName) -> Response:
    """Cancel a job that waits, let one that runs stop after the chunk that it is at, or let the files of one that ended go.

    Events of chunks that were done stay. Asking again changes nothing.
    """
    with state.store.writing() as connection:
        found = cancel_job(connection, job, principal.actor, state.now())
        act = act_of(request, Action.JOB_CANCELLED, job=found.job, state=found.state.value)
        audit_log.append(state.store, connection, [act])
    if found.state in WITHOUT_FILES:
        JobFiles(state.settings.jobs, found.job).drop()
    return json_response(document(found))


@router.get(
    "/jobs/{job}/result",
    summary="Fetch what came of a job",
    response_class=Response,
    responses={200: {"content": _binary((*SENT, "json")), "description": "The file."}},
)
def fetch(
    request: Request, state: StateOf, principal: PrincipalOf, job: JobName, part: ResultPart = ResultPart.RESULT
) -> Response:
    """Return the result of a job that is done: scores as a file of the kind that was asked for, or counts of events.

    The part `refused` is a CSV of the rows that were refused: `row` (1 is the first below the header), `column` and `rule`.
    """
    with state.store.reading() as connection:
        found = find_job(connection, job, principal.actor)
    _check_done(found)
    files, ending = JobFiles(state.settings.jobs, found.job), result_ending(found.kind, found.options)
    is_refused = part is ResultPart.REFUSED
    path = files.refused(ending) if is_refused else files.result(ending)
    if not path.is_file():
        raise JobExpired
    state.audit.write([act_of(request, Action.VIEWED, what="job_result", job=found.job, part=part.value)])
    kind = "csv" if is_refused else ending
    return FileResponse(path, media_type=MEDIA_TYPES[kind], filename=f"{found.kind}-{found.job}-{part.value}.{kind}")


def _wanted(request: Request, kind: JobKind, given: dict[str, Any], source: str) -> Wanted:
    """Return what is asked; options of another kind are refused, since whoever gives them expects something else."""
    ending = format_of(request.headers.get("content-type", ""), request.headers.get("content-encoding", ""))
    if kind is JobKind.EVENTS:
        needless = [name for name, value in given.items() if value is not None]
        options: dict[str, Any] = {"source": source}
    else:
        needless = ["source"] if source else []
        own = {"reasons": DEFAULT_REASONS, "language": "en", "result": ResultFormat.PARQUET.value}
        options = {name: own.get(name) if value is None else value for name, value in given.items()}
    if needless:
        told = f"is no option of jobs of the kind {kind.value}; leave it out"
        raise RequestInvalid("request", [Fault(f"query.{name}", "needless", told) for name in needless])
    return Wanted(kind, ending, options)


def _prepared(request: Request, state: State, principal: Principal, wanted: Wanted, key: str | None) -> Sending:
    announced = request.headers.get("content-length", "")
    # of one that does not tell its length the longest is expected
    size = int(announced) if announced.isdigit() else state.settings.max_job_bytes
    return prepare(state, principal, wanted, size, key, request.scope["state"]["request_id"])


def _taken_in(state: State, sending: Sending, upload: Upload) -> Answer:
    """Take a job in; a file that becomes no job goes."""
    try:
        answer = take_in(state, sending, upload)
    except StoreUnavailable:
        # it may be there nevertheless: the sweep looks later
        raise
    except Exception:
        sending.files.drop()
        raise
    if json.loads(answer.body)["job"] != sending.files.job:
        # asked for before: the first one's file counts
        sending.files.drop()
    return answer


def _check_done(job: Job) -> None:
    if job.state is JobState.EXPIRED:
        raise JobExpired
    if job.state is not JobState.DONE:
        what = "will have" if job.state in WITHOUT_FILES else "has"
        raise JobNotDone(f"the job is {job.state.value} and {what} no result{' yet' if what == 'has' else ''}")
