"""Bodies of requests: read where a route asks for them, up to a limit, and by nobody else.

What is refused for another reason, such as a missing key, costs no memory for its body.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from pathlib import Path

from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from riskmodel.service.errors import BodyTooLarge, BodyTooSlow, InvalidJson, problem_of, problem_response

NOTHING: Mapping[tuple[str, str], int] = {}
MOST_SECONDS = 15.0
"""For a body to arrive: a request takes up a place among those that are worked on while it is read."""
SLOWEST_BYTES_PER_SECOND = 8 * 1024
"""Of a file: one that comes a few bytes at a time would keep its place for days."""


class BodyLimit:
    """Lets no more of a body in than a limit, whether its length was announced or not.

    Parameters
    ----------
    app : ASGIApp
        What answers.
    most_bytes : int
        Largest body.
    own : mapping of (str, str) to int, optional
        Largest body of some methods and paths instead.
    """

    def __init__(self, app: ASGIApp, most_bytes: int, own: Mapping[tuple[str, str], int] = NOTHING) -> None:
        self.app, self.most_bytes, self.own = app, most_bytes, own

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        most_bytes = self.own.get((scope["method"], scope["path"]), self.most_bytes)
        if _announces_too_much(scope, most_bytes):
            error = BodyTooLarge(most_bytes)
            answer = problem_response(problem_of(error), scope["state"]["request_id"], error.headers)
            await answer(scope, receive, send)
            return
        size = 0

        async def counted() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > most_bytes:
                raise BodyTooLarge(most_bytes)
            return message

        await self.app(scope, counted, send)


def _announces_too_much(scope: Scope, most_bytes: int) -> bool:
    announced = dict(scope["headers"]).get(b"content-length", b"")
    return announced.isdigit() and (len(announced) > 18 or int(announced) > most_bytes)


async def limited_body(request: Request, most_bytes: int, most_seconds: float = MOST_SECONDS) -> bytes:
    """Return the body of a request.

    Raises
    ------
    BodyTooLarge
        If it is longer than the route has use for.
    BodyTooSlow
        If it is not there in time.
    InvalidJson
        If it ends before it is whole.
    """
    try:
        async with asyncio.timeout(most_seconds):
            return await _read(request, most_bytes)
    except TimeoutError:
        raise BodyTooSlow(most_seconds) from None
    except ClientDisconnect:
        raise InvalidJson("the body ended before it was whole; send it again") from None


async def spooled_body(request: Request, path: Path, most_bytes: int, most_idle_seconds: float = MOST_SECONDS) -> str:
    """Write the body of a request into a file as it comes, so that no more than a piece of it is ever in memory.

    Parameters
    ----------
    request : Request
        Whose body.
    path : Path
        File to make; one that is not whole is left to whoever gave the path.
    most_bytes : int
        How long a body the route has use for.
    most_idle_seconds : float
        How long nothing of it may arrive, and how far it may fall behind the slowest rate at which files come.

    Returns
    -------
    str
        Its sha256.

    Raises
    ------
    BodyTooLarge, BodyTooSlow, InvalidJson
        As of :func:`limited_body`.
    """
    digest, size = hashlib.sha256(), 0
    stream, now = request.stream(), asyncio.get_running_loop().time
    begun = now()
    with path.open("wb") as file:
        while True:
            try:
                behind = begun + size / SLOWEST_BYTES_PER_SECOND
                async with asyncio.timeout_at(min(now(), behind) + most_idle_seconds):
                    chunk = await anext(stream, None)
            except TimeoutError:
                raise BodyTooSlow(most_idle_seconds) from None
            except ClientDisconnect:
                raise InvalidJson("the body ended before it was whole; send it again") from None
            if chunk is None:
                return digest.hexdigest()
            size += len(chunk)
            if size > most_bytes:
                raise BodyTooLarge(most_bytes)
            digest.update(chunk)
            file.write(chunk)


async def _read(request: Request, most_bytes: int) -> bytes:
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > most_bytes:
            raise BodyTooLarge(most_bytes)
        chunks.append(chunk)
    return b"".join(chunks)
