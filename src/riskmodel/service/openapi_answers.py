"""What ``/openapi.json`` tells of every route alike: how one signs in, and how errors are answered."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from riskmodel.service.access import POLICY, Public
from riskmodel.service.browser import cookie_name
from riskmodel.service.errors import MEDIA_TYPE

PROBLEM = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemShape"}}}
REQUEST_ID = {"description": "Under which the log knows the request.", "schema": {"type": "string", "format": "uuid"}}
HEADERS = {"x-request-id": {**REQUEST_ID, "required": True}}
RETRY = {"description": "Seconds after which it may be tried again.", "schema": {"type": "integer", "minimum": 1}}
SCHEME = {"description": "How one signs in.", "schema": {"type": "string"}}
WHEN = {
    400: "The body is not JSON, or cut short",
    401: "Nobody knows who asks: no valid key or session",
    403: "The account may not do this, or another site's page asks",
    404: "There is nothing of that name where the account may look",
    409: "What is there already speaks against it",
    413: "The body is too large",
    415: "The body is not declared as JSON",
    422: "What is asked is not as expected; `errors` names each place and rule",
    429: "Too many requests in this time",
    503: "No model serves, the store does not answer, or too much is asked at once",
}
OWN_HEADERS = {401: {"www-authenticate": SCHEME}, 429: {"retry-after": RETRY}, 503: {"retry-after": RETRY}}


def security_schemes(*, secure_cookie: bool) -> dict[str, Any]:
    """Return how programs and people show who they are."""
    session = {"type": "apiKey", "in": "cookie", "name": cookie_name(secure_cookie)}
    return {
        "key": {"type": "http", "scheme": "bearer", "description": "For programs, from `riskmodel client add`."},
        "session": {**session, "description": "For people, from the page `/review/sign-in`."},
    }


def describe_answers(method: str, path: str, operation: dict[str, Any]) -> None:
    """Add to an operation how one signs in, its headers and its errors."""
    is_public = isinstance(POLICY[method, path], Public)
    operation["security"] = [] if is_public else [{"key": []}, {"session": []}]
    answers = operation["responses"]
    for answer in answers.values():
        answer["headers"] = HEADERS
    for status in _statuses(method, path, operation):
        headers = {**HEADERS, **{name: {**one, "required": True} for name, one in OWN_HEADERS.get(status, {}).items()}}
        answers[str(status)] = {"description": WHEN[status], "headers": headers, "content": PROBLEM}
    answers["default"] = {"description": "A problem document", "headers": HEADERS, "content": PROBLEM}


def _statuses(method: str, path: str, operation: dict[str, Any]) -> Iterator[int]:
    """Yield the statuses of an operation's errors, in order."""
    if path == "/healthz":
        return
    guarded, has_body = not isinstance(POLICY[method, path], Public), "requestBody" in operation
    yield from (400,) if has_body else ()
    yield from (401, 403) if guarded else ()
    named = {one["name"] for one in operation.get("parameters", ())}
    names_others = has_body and path in ("/v1/scores", "/v1/webhooks")
    yield from (404,) if "{" in path or named & {"model"} or names_others else ()
    yield from (409,) if has_body or named & {"as_of"} else ()
    yield from (413, 415) if has_body else ()
    yield from (422,) if has_body or named else ()
    yield from (429,) if guarded else ()
    yield 503
