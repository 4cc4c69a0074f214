"""Asks an application without a server between: any bytes may stand where a server would let them through."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from starlette.types import ASGIApp

Headers = Sequence[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Asked:
    """A request; its path and query are percent-encoded, as they come over the line."""

    method: str
    path: str
    query: str = ""
    headers: Headers = ()
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer, as an application gives it."""

    status: int
    headers: Headers
    body: bytes

    def header(self, name: str) -> str:
        """Return a header; empty where there is none."""
        return next((value.decode("latin-1") for key, value in self.headers if key.decode() == name), "")


async def ask(app: ASGIApp, asked: Asked) -> Answered:
    """Return an application's answer."""
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "scheme": "http",
        "method": asked.method,
        "path": unquote(asked.path),
        "raw_path": asked.path.encode("ascii"),
        "query_string": asked.query.encode("ascii"),
        "root_path": "",
        "headers": [(b"host", b"service"), *asked.headers],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    sent: list[Any] = []
    given = False

    async def receive() -> dict[str, Any]:
        nonlocal given
        if given:
            return {"type": "http.disconnect"}
        given = True
        return {"type": "http.request", "body": asked.body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)  # type: ignore[arg-type]
    body = b"".join(message.get("body", b"") for message in sent[1:])
    return Answered(sent[0]["status"], sent[0]["headers"], body)
