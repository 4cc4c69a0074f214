"""A body is read only for a route that asks for it, by somebody who may ask, and no further than there is use for it."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from fastapi import FastAPI

from helpers.accounts import EVERYTHING, as_client, as_user
from riskmodel.service.api.dependencies import MOST_FLAT_BYTES

CHUNK = b"x" * 65536
JSON = {"content-type": "application/json"}
DECISIONS = "/v1/households/000000000000000007/decisions"


def ask_in_chunks(
    app: FastAPI, path: str, headers: dict[str, str], chunks: int, method: str = "POST"
) -> tuple[int, dict[str, str], dict[str, Any], int]:
    """Send a body that never says how long it is; return status, headers, document, and how many chunks were taken."""
    taken, sent = 0, []

    async def receive() -> dict[str, Any]:
        nonlocal taken
        if taken == chunks:
            return {"type": "http.disconnect"}
        taken += 1
        return {"type": "http.request", "body": CHUNK, "more_body": True}

    async def send(message: Any) -> None:
        sent.append(message)

    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": method, "path": path, "query_string": b"", "headers": raw, "http_version": "1.1"}
    asyncio.run(app(scope, receive, send))
    answered = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], answered, json.loads(sent[1]["body"]), taken


@pytest.mark.parametrize("path", ["/v1/scores", DECISIONS, "/v1/models/v/promotion"])
def test_nobody_makes_the_service_read_without_a_key(app: FastAPI, path: str) -> None:
    status, _, _, taken = ask_in_chunks(app, path, {**JSON, "authorization": "Bearer unknown"}, 1_000)
    assert (status, taken) == (401, 0)


def test_a_form_is_read_no_further_than_forms_are_long(app: FastAPI) -> None:
    form = {"content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "same-origin"}
    status, _, _, taken = ask_in_chunks(app, "/review/sign-in", form, 1_000)
    assert (status, taken) == (413, 1)


def test_a_route_that_expects_no_body_does_not_read_one(app: FastAPI) -> None:
    status, _, _, taken = ask_in_chunks(app, "/v1/models", as_client(EVERYTHING), 1_000, "GET")
    assert (status, taken) == (200, 0)


def test_a_flat_object_is_read_no_further_than_its_words_are_long(app: FastAPI) -> None:
    status, headers, document, taken = ask_in_chunks(app, DECISIONS, {**JSON, **as_user("reviewer")}, 1_000)
    assert (status, document["code"], headers["connection"]) == (413, "body_too_large", "close")
    assert taken == MOST_FLAT_BYTES // len(CHUNK) + 1


def test_many_households_are_read_up_to_the_limit_of_the_service(app: FastAPI) -> None:
    status, _, _, taken = ask_in_chunks(app, "/v1/scores", {**JSON, **as_client(EVERYTHING)}, 1_000)
    most = app.state.riskmodel.settings.max_body_bytes
    assert (status, taken) == (413, most // len(CHUNK) + 1)


def test_a_body_that_ends_early_is_told_so(app: FastAPI) -> None:
    status, _, document, _ = ask_in_chunks(app, "/v1/scores", {**JSON, **as_client(EVERYTHING)}, 3)
    assert (status, document["code"]) == (400, "invalid_json")


def test_the_longest_reason_fits_however_it_is_written() -> None:
    reason = json.dumps("\U00020000" * 2_000)
    assert len(reason) + 1_000 < MOST_FLAT_BYTES
