"""Bodies of requests: read where a route asks for them, up to a limit, and by nobody else.

What is refused for another reason, such as a missing key, costs no memory for its body.
"""

from __future__ import annotations

import asyncio

from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from riskmodel.service.errors import BodyTooLarge, BodyTooSlow, InvalidJson, problem_of, problem_response

MOST_SECONDS = 15.0
"""For a body to arrive: a request takes up a place among those that are worked on while it is read."""


class BodyLimit:
    """Lets no more of a body in than a limit, whether its length was announced or not.

    Parameters
    ----------
    app : ASGIApp
        What answers.
    most_bytes : int
        Largest body.
    """

    def __init__(self, app: ASGIApp, most_bytes: int) -> None:
        self.app, self.most_bytes = app, most_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if self._announces_too_much(scope):
            error = BodyTooLarge(self.most_bytes)
            answer = problem_response(problem_of(error), scope["state"]["request_id"], error.headers)
            await answer(scope, receive, send)
            return
        size = 0

        async def counted() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > self.most_bytes:
                raise BodyTooLarge(self.most_bytes)
            return message

        await self.app(scope, counted, send)

    def _announces_too_much(self, scope: Scope) -> bool:
        announced = dict(scope["headers"]).get(b"content-length", b"")
        return announced.isdigit() and (len(announced) > 18 or int(announced) > self.most_bytes)


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


async def _read(request: Request, most_bytes: int) -> bytes:
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > most_bytes:
            raise BodyTooLarge(most_bytes)
        chunks.append(chunk)
    return b"".join(chunks)
