"""What surrounds every request: its id, its log line, its metrics and the safety headers.

Plain ASGI, outside of FastAPI, so that an error anywhere inside is still answered in the one shape.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from riskmodel.service.deprecation import deprecation_headers
from riskmodel.service.errors import headers_of, problem_of, problem_response
from riskmodel.service.metrics import METHODS, OTHER, Metrics

HEADERS: Mapping[str, str] = {
    "content-security-policy": (
        "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    # with less, browsers that do not send sec-fetch-site would not say either which page a form came from
    "referrer-policy": "same-origin",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
}
UNMATCHED = "unmatched"


class Outermost:
    """Gives each request an id, answers whatever fails inside, logs and counts.

    Parameters
    ----------
    app : ASGIApp
        What answers.
    metrics : Metrics
        Where it is counted.

    Notes
    -----
    The log names the route, never the path, the query, the body or an error's message: those hold ids.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app, self.metrics = app, metrics
        self.log = structlog.get_logger()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id, start = str(uuid.uuid4()), time.perf_counter()
        scope.setdefault("state", {})["request_id"] = request_id
        status = 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [
                    *_with_headers(message["headers"], request_id),
                    *deprecation_headers(scope["method"], route_of(scope)),
                ]
            await send(message)

        try:
            await self.app(scope, receive, send_with_headers)
        except Exception as error:
            # the place in the code says enough; the message may hold what a household reported
            place = _place(error)
            self.log.error("request_failed", request_id=request_id, error=type(error).__name__, at=place)
            if not status:
                answer = problem_response(problem_of(error), request_id, headers_of(error))
                await answer(scope, receive, send_with_headers)
        self._note(scope, request_id, status, time.perf_counter() - start)

    def _note(self, scope: Scope, request_id: str, status: int, seconds: float) -> None:
        method = scope["method"] if scope["method"] in METHODS else OTHER
        route = route_of(scope)
        self.metrics.answered(method, route, status, seconds)
        milliseconds = round(seconds * 1000, 1)
        self.log.info(
            "request", request_id=request_id, method=method, route=route, status=status, milliseconds=milliseconds
        )


def route_of(scope: Scope) -> str:
    """Return the template of the route that answered, such as ``/v1/households/{household_id}/score``."""
    route = scope.get("route")
    path = getattr(route, "path", None)
    return str(path) if path else UNMATCHED


def _with_headers(headers: list[tuple[bytes, bytes]], request_id: str) -> list[tuple[bytes, bytes]]:
    given = {name.lower() for name, _ in headers}
    added = [*_ADDED, (b"x-request-id", request_id.encode())]
    return [*headers, *(header for header in added if header[0] not in given)]


_ADDED = [(name.encode(), value.encode()) for name, value in {**HEADERS, "cache-control": "no-store"}.items()]


def _place(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}" if trace is not None else "unknown"
