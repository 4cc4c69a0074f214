"""A body is read up to a length and for a time: what never ends takes up no place among the requests for long."""

from __future__ import annotations

import asyncio
import json
import pickle
import time
from collections.abc import Sequence
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from riskmodel.service import errors
from riskmodel.service.bodies import MOST_SECONDS, limited_body
from riskmodel.service.errors import BodyTooLarge, BodyTooSlow, InvalidJson
from riskmodel.service.limiting import Gate
from riskmodel.service.metrics import Metrics

SECONDS = 0.05
HALF = {"type": "http.request", "body": b"half", "more_body": True}
REST = {"type": "http.request", "body": b"rest", "more_body": False}
GONE = {"type": "http.disconnect"}


class Line:
    """What comes over a line, and then nothing more: a caller that neither sends nor goes."""

    def __init__(self, messages: Sequence[dict[str, Any]], apart_seconds: float = 0) -> None:
        self.messages, self.apart_seconds = list(messages), apart_seconds

    async def __call__(self) -> dict[str, Any]:
        await asyncio.sleep(self.apart_seconds)
        if not self.messages:
            await asyncio.Event().wait()
        return self.messages.pop(0)


def read(line: Line, most_bytes: int = 100) -> bytes:
    scope = {"type": "http", "method": "POST", "path": "/", "headers": []}
    return asyncio.run(limited_body(Request(scope, line), most_bytes, SECONDS))


def test_a_body_in_parts_is_read_whole() -> None:
    assert read(Line([HALF, REST])) == b"halfrest"


@pytest.mark.parametrize("line", [Line([HALF]), Line([]), Line([HALF] * 1000, SECONDS / 10)])
def test_a_body_without_an_end_is_given_up(line: Line) -> None:
    """Whether nothing more comes or always a little: the time is for the whole."""
    began = time.monotonic()
    with pytest.raises(BodyTooSlow, match=r"within 0\.05 s"):
        read(line, 10_000)
    assert time.monotonic() - began < 20 * SECONDS


def test_a_body_that_is_too_long_or_cut_short_is_called_that() -> None:
    with pytest.raises(BodyTooLarge):
        read(Line([HALF, REST]), 7)
    with pytest.raises(InvalidJson):
        read(Line([HALF, GONE]))


def test_the_limit_survives_a_pickle() -> None:
    assert pickle.loads(pickle.dumps(BodyTooSlow(2.5))).most_seconds == 2.5


def test_nobody_waits_for_a_quarter_of_a_minute() -> None:
    assert MOST_SECONDS <= 15


def test_a_place_is_free_again_after_half_of_a_body() -> None:
    """As many as have a place send half of a body each, and the next is answered once they had their time."""
    gate = Gate(reading_app(), most_waiting=3, metrics=Metrics())

    async def crowd() -> tuple[list[list[Any]], list[list[Any]]]:
        slow = [asyncio.ensure_future(asked(gate, Line([HALF]))) for _ in range(3)]
        await asyncio.sleep(SECONDS / 5)
        refused = await asked(gate, Line([REST]))
        return await asyncio.gather(*slow), [refused, await asked(gate, Line([REST]))]

    slow, others = asyncio.run(crowd())
    for sent in slow:
        assert sent[0]["status"] == 408
        assert (b"connection", b"close") in sent[0]["headers"]
        assert json.loads(sent[1]["body"])["code"] == "body_too_slow"
    assert [sent[0]["status"] for sent in others] == [503, 200]


def reading_app() -> FastAPI:
    """Return an app that reads a body."""
    app = FastAPI()

    @app.post("/")
    async def take(request: Request) -> Response:
        request.state.request_id = "one"
        return PlainTextResponse(await limited_body(request, 100, SECONDS))

    errors.install(app, lambda *_: None)
    return app


async def asked(app: Gate, line: Line) -> list[Any]:
    """Return what an app sends to somebody who asks."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/", "query_string": b"", "headers": [], "app": None}
    await app({**scope, "root_path": ""}, line, send)
    return sent
