"""``/v1/events``: what departments report, one event, a batch of them, or a table."""

from __future__ import annotations

import datetime as dt
import hashlib
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic_core import to_json
from starlette.concurrency import run_in_threadpool

from riskmodel.service.api.dependencies import PrincipalOf, StateOf, json_body
from riskmodel.service.api.event_schemas import CloudEvent, EventsReply
from riskmodel.service.api.idempotency_key import Key
from riskmodel.service.bodies import spooled_body
from riskmodel.service.cloud_events import BATCH, SINGLE, in_event, read_events
from riskmodel.service.errors import RequestInvalid
from riskmodel.service.event_tables import CHUNK_ROWS, table_reports
from riskmodel.service.guarding import GuardedRoute
from riskmodel.service.json_body import parse_json
from riskmodel.service.once import Keep, once
from riskmodel.service.receiving import Receiving, receiving_of
from riskmodel.service.store.idempotency import Answer, Claim, question_of
from riskmodel.service.store.report_rows import NOTHING, Received
from riskmodel.service.store.tables import LONGEST_CODE

router = APIRouter(prefix="/v1", tags=["events"], route_class=GuardedRoute)
CSV, JSON = "text/csv", "application/json"
ROUTE = "/v1/events"
MOST_FAULTS = 1000
Source = Annotated[
    str,
    Query(
        max_length=LONGEST_CODE,
        pattern="^[A-Za-z0-9._:/-]*$",
        description="Of a table: the system whose ids the events have; the key's own name where it is left out.",
    ),
]


def _described() -> dict[str, Any]:
    one = CloudEvent.model_json_schema()
    # written out: the body is read here, so that its parts stand among no other schemas
    one["properties"]["data"] = one.pop("$defs")["EventData"]
    content = {
        SINGLE: {"schema": one},
        BATCH: {"schema": {"type": "array", "items": one}},
        CSV: {"schema": {"type": "string"}},
    }
    return {"requestBody": {"required": True, "content": content}}


@router.post(
    "/events",
    summary="Report events",
    responses={200: {"model": EventsReply}},
    openapi_extra=_described(),
)
async def report(
    request: Request, state: StateOf, principal: PrincipalOf, source: Source = "", key: Key = None
) -> Response:
    """Take in what happened to households: a CloudEvent, a batch of them, or a CSV table.

    A table has the columns `event_id`, `household_id`, `kind`, `occurred_on`, and where they are known `amount` and `cause`.

    An event counts once, however often it is sent under its id and source, and as known on the day on which it came. Of a
    batch or table the sound ones count, and the others are named by their position; a single event that is not sound is
    refused. Whoever is struck is scored anew at once; `GET /v1/alerts` and `GET /v1/scores` tell what came of it.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    # whoever may send nothing is told so before a body is read; what is sent counts from when all of it is there
    receiving = await run_in_threadpool(receiving_of, state, principal, request.scope["state"]["request_id"])
    if media_type == CSV:
        with tempfile.TemporaryDirectory(prefix="riskmodel-") as folder:
            path = Path(folder) / "events.csv"
            digest = await spooled_body(request, path, state.settings.max_body_bytes)
            claim = _claim(principal.actor, key, {"sha256": digest, "source": source})
            table = _Table(path, source or principal.name, digest)
            answer = await run_in_threadpool(
                once, state.store, claim, state.now(), lambda keep: _keep_table(receiving, state.now, table, keep)
            )
    else:
        body = await json_body(request, state.settings.max_body_bytes)
        claim = _claim(principal.actor, key, {"sha256": hashlib.sha256(body).hexdigest(), "type": media_type})
        arrived = receiving.at(state.now())
        answer = await run_in_threadpool(
            once, state.store, claim, arrived.now, lambda keep: _keep_json(arrived, body, media_type, keep)
        )
    return Response(answer.body, answer.status, media_type=JSON)


def _claim(actor: str, key: str | None, values: dict[str, str | int | None]) -> Claim | None:
    return None if key is None else Claim(actor, key, question_of("POST", ROUTE, "", values))


def _keep_json(receiving: Receiving, body: bytes, media_type: str, keep: Keep) -> Answer:
    read, batch = read_events(parse_json(body), media_type, receiving.reading)
    with receiving.store.writing() as connection:
        kept = receiving.keep(connection, read)
        received = replace(kept, refused=tuple((place, in_event(fault)) for place, fault in kept.refused))
        if received.refused and not batch:
            raise RequestInvalid("request", [fault for _, fault in received.refused])
        answer = _answer(receiving, received, len(received.refused))
        keep(connection, answer)
        receiving.note(connection, received)
    return answer


@dataclass(frozen=True, slots=True)
class _Table:
    path: Path
    source: str
    digest: str


def _keep_table(receiving: Receiving, now: Callable[[], dt.datetime], table: _Table, keep: Keep) -> Answer:
    """Keep a table chunk by chunk: one that is sent again after a failure goes on where it stopped, since ids are known."""
    total, refused = NOTHING, 0
    receiving = receiving.at(now())
    chunks = iter(table_reports(table.path, receiving.reading, table.source, CHUNK_ROWS))
    read = next(chunks, [])
    while True:
        following = next(chunks, None)
        receiving = receiving.at(now())
        with receiving.store.writing() as connection:
            received = receiving.keep(connection, read, file=table.digest)
            # all others are counted alone: a file of nothing but faults has millions
            total, refused = total.plus(received).naming(MOST_FAULTS), refused + len(received.refused)
            answer = _answer(receiving, total, refused)
            if following is None:
                keep(connection, answer)
            receiving.note(connection, received, sha256=table.digest)
        if following is None:
            return answer
        read = following


def _answer(receiving: Receiving, received: Received, refused: int) -> Answer:
    faults = [
        {"position": place, "where": fault.where, "rule": fault.rule, "message": fault.message}
        for place, fault in received.naming(MOST_FAULTS).refused
    ]
    document = {
        "accepted": received.accepted,
        "known": received.known,
        "refused": refused,
        "recorded_on": receiving.recorded_on.isoformat(),
        "faults": faults,
    }
    return Answer(200, to_json(document).decode())
