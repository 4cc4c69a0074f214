"""A body is read only for a route that asks for it, by somebody who may ask, and no further than there is use for it."""

from __future__ import annotations

import asyncio
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.requests import Request

from helpers.accounts import EVERYTHING, as_client, as_user
from riskmodel.service.api.decisions import MOST_BODY_BYTES
from riskmodel.service.api.dependencies import MOST_FLAT_BYTES
from riskmodel.service.bodies import SLOWEST_BYTES_PER_SECOND, BodyLimit, spooled_body
from riskmodel.service.errors import BodyTooLarge, BodyTooSlow, InvalidJson

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
    assert taken == MOST_BODY_BYTES // len(CHUNK) + 1


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


def test_a_file_for_a_job_has_a_limit_of_its_own() -> None:
    async def answers(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})

    def status(method: str, path: str, announced: int) -> int:
        sent: list[Any] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        headers = [(b"content-length", str(announced).encode())]
        scope = {"type": "http", "method": method, "path": path, "headers": headers, "state": {"request_id": "r"}}
        asyncio.run(BodyLimit(answers, 10, {("POST", "/v1/jobs"): 100})(scope, receive, send))
        return int(sent[0]["status"])

    asked = [("POST", "/v1/jobs", 100), ("POST", "/v1/jobs", 101), ("POST", "/v1/scores", 11), ("GET", "/v1/jobs", 11)]
    assert [status(*one) for one in asked] == [200, 413, 413, 413]


class TestSpooled:
    """A body that is written to a file as it comes."""

    def spool(self, path: Path, pieces: list[tuple[float, bytes]], most_bytes: int = 1000, idle: float = 0.2) -> str:
        """Spool pieces that come after so many seconds each; what ends without a word ends early."""
        left = iter(pieces)

        async def receive() -> dict[str, Any]:
            seconds, body = next(left, (0.0, None))
            await asyncio.sleep(seconds)
            if body is None:
                return {"type": "http.disconnect"}
            return {"type": "http.request", "body": body, "more_body": body != b""}

        return asyncio.run(spooled_body(Request({"type": "http"}, receive), path, most_bytes, idle))

    def test_is_there_whole_with_its_digest(self, tmp_path: Path) -> None:
        digest = self.spool(tmp_path / "x", [(0, b"ab"), (0.01, b"c"), (0, b"")])
        assert (tmp_path / "x").read_bytes() == b"abc"
        assert digest == hashlib.sha256(b"abc").hexdigest()

    def test_of_which_nothing_comes_any_more(self, tmp_path: Path) -> None:
        with pytest.raises(BodyTooSlow):
            self.spool(tmp_path / "x", [(0, b"ab"), (5, b"c"), (0, b"")])

    def test_that_comes_a_few_bytes_at_a_time(self, tmp_path: Path) -> None:
        with pytest.raises(BodyTooSlow):
            self.spool(tmp_path / "x", [(0.05, b"x")] * 100)

    def test_that_comes_in_bursts(self, tmp_path: Path) -> None:
        burst = b"x" * (100 * SLOWEST_BYTES_PER_SECOND)
        self.spool(tmp_path / "x", [(0, burst), *[(0.4, b"x")] * 3, (0, b"")], most_bytes=1_000_000, idle=1)

    def test_that_ends_early(self, tmp_path: Path) -> None:
        with pytest.raises(InvalidJson):
            self.spool(tmp_path / "x", [(0, b"ab")])

    def test_that_is_longer_than_there_is_use_for(self, tmp_path: Path) -> None:
        with pytest.raises(BodyTooLarge):
            self.spool(tmp_path / "x", [(0, b"x" * 600)] * 2)
        assert (tmp_path / "x").stat().st_size <= 1000
