"""One shape for every error that leaves the service: RFC 9457 problem documents, never with the caller's values.

A stock FastAPI app answers a body holding ``NaN`` with 500, since it echoes the input into the answer; and the echo
returns ids to whoever sent them. Here an answer names our own fields and rules, and nothing that came in.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from riskmodel.errors import Fault, FaultyInput, InputError, RiskError
from riskmodel.service.access import methods_of

MEDIA_TYPE = "application/problem+json"
MOST_FAULTS = 100
TYPE_PREFIX = "urn:riskmodel:problem:"
RETRY_SOON: Mapping[str, str] = {"retry-after": "1"}

CODES: Mapping[str, str] = {
    "invalid_json": "The body is not JSON",
    "invalid_request": "The request is not what this route expects",
    "values_invalid": "Values can't be scored",
    "table_unreadable": "The file is not the table that it is declared as",
    "columns_mismatch": "The table has other columns",
    "unsupported_media_type": "The body is not declared as JSON",
    "body_too_large": "The body is too large",
    "body_too_slow": "The body takes too long",
    "not_found": "There is nothing at this address",
    "method_not_allowed": "This address knows other methods",
    "no_model_then": "No model served on that date",
    "not_at_risk": "The household was not among those at risk",
    "conflict": "What is there already speaks against it",
    "request_in_progress": "The same request is being done",
    "idempotency_key_reused": "The key of the request stands for another one",
    "promotion_refused": "The version may not serve",
    "not_ready": "The service has no model to answer with",
    "store_unavailable": "The store does not answer",
    "store_outdated": "The store has an older shape",
    "bundle_corrupt": "The service has no sound model to answer with",
    "unauthenticated": "Nobody knows who asks",
    "forbidden": "This account may not do that",
    "cross_site": "The request comes from a page of another site",
    "job_not_done": "The job has no result",
    "job_expired": "The job's files are gone",
    "too_many_jobs": "Too many jobs wait",
    "insufficient_storage": "The disk has no room",
    "too_many_requests": "Too many requests in this time",
    "no_credentials": "Nobody can sign in yet",
    "overloaded": "The service has too much to do",
    "internal": "The service failed",
}
"""Stable code -> title. Programs read codes; titles are for people."""

DETAILS: Mapping[str, str] = {
    "not_ready": "no model is promoted yet; train one, promote it with `riskmodel promote`, and ask again",
    "bundle_corrupt": "the promoted bundle is not what was approved; see the service's log",
    "internal": "the failure is logged under this request's id; tell it to whoever runs the service",
}
"""What is said instead of an error's own message where that may name folders of the server."""


class InvalidJson(InputError):
    """The body can't be read as JSON at all."""

    code, status = "invalid_json", 400


class UnsupportedMediaType(InputError):
    """The body is declared as something else than JSON."""

    code, status = "unsupported_media_type", 415


class BodyTooLarge(InputError):
    """The body is longer than is read; nobody waits for the rest of it.

    Parameters
    ----------
    most_bytes : int
        Largest body.
    """

    code, status = "body_too_large", 413
    headers: Mapping[str, str] = {"connection": "close"}

    def __init__(self, most_bytes: int) -> None:
        self.most_bytes = most_bytes
        super().__init__(f"expected at most {most_bytes} bytes; send fewer households or words")

    def __reduce__(self) -> tuple[type[BodyTooLarge], tuple[int]]:
        """Keep the limit."""
        return type(self), (self.most_bytes,)


class BodyTooSlow(InputError):
    """The body does not arrive in the time that is allowed for it; nobody waits for the rest of it.

    Parameters
    ----------
    most_seconds : float
        Longest time.
    """

    code, status = "body_too_slow", 408
    headers: Mapping[str, str] = {"connection": "close"}

    def __init__(self, most_seconds: float) -> None:
        self.most_seconds = most_seconds
        super().__init__(f"expected the whole body within {most_seconds:g} s; send it at once, or fewer households")

    def __reduce__(self) -> tuple[type[BodyTooSlow], tuple[float]]:
        """Keep the limit."""
        return type(self), (self.most_seconds,)


class RequestInvalid(FaultyInput):
    """The body is JSON, but not what this route expects."""

    code = "invalid_request"


class Conflict(RiskError):
    """What is there already speaks against what is asked."""

    code, status, exit_code = "conflict", 409, 1


class IdempotencyKeyReused(InputError):
    """A key that stood for one request came with another one."""

    code = "idempotency_key_reused"


class InProgress(RiskError):
    """The same request, under the same key, is being done."""

    code, status, exit_code = "request_in_progress", 409, 1
    headers: Mapping[str, str] = RETRY_SOON


class Overloaded(RiskError):
    """More is asked at once than can be done; the same request may do well in a moment."""

    code, status = "overloaded", 503


class NoModelThen(RiskError):
    """No model served on the date that is asked about."""

    code, status, exit_code = "no_model_then", 409, 1


class NotAtRisk(RiskError):
    """The household was not in the cohort on the date that is asked about."""

    code, status, exit_code = "not_at_risk", 409, 1


@dataclass(frozen=True, slots=True)
class Problem:
    """What went wrong, as every error answer tells it.

    Attributes
    ----------
    code : str
        A key of :data:`CODES`, or the code of a :class:`RiskError`.
    status : int
        HTTP status.
    detail : str
        What was found, what was expected, what to do.
    faults : tuple of Fault
        Each place and the rule that it breaks.
    """

    code: str
    status: int
    detail: str
    faults: tuple[Fault, ...] = ()

    @property
    def title(self) -> str:
        """Name of the kind of problem."""
        return CODES.get(self.code, HTTPStatus(self.status).phrase)

    def document(self, request_id: str) -> dict[str, Any]:
        """Return the problem document."""
        return {
            "type": f"{TYPE_PREFIX}{self.code}",
            "title": self.title,
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
            "instance": f"urn:uuid:{request_id}",
            "errors": [asdict(fault) for fault in self.faults[:MOST_FAULTS]],
        }


HtmlProblem = Callable[[Request, Problem], Response | None]
"""Shows a problem as a page where a browser asked for one; None where a program asked."""
Raised = Callable[[Request, RiskError], None]


def problem_of(error: Exception) -> Problem:
    """Return what may be told about an error."""
    match error:
        case RequestValidationError():
            return _invalid(error.errors())
        case FaultyInput():
            more = len(error.faults) - MOST_FAULTS
            found = "1 fault was" if len(error.faults) == 1 else f"{len(error.faults)} faults were"
            detail = f"{found} found; nothing was done"
            detail += f"; the first {MOST_FAULTS} are listed" if more > 0 else ""
            return Problem(error.code, error.status, detail, error.faults)
        case RiskError():
            return Problem(error.code, error.status, DETAILS.get(error.code, str(error)))
        case HTTPException():
            return _http(error.status_code)
    return Problem("internal", 500, DETAILS["internal"])


def _http(status: int) -> Problem:
    known = {
        404: ("not_found", "no route or record is at this address; /openapi.json lists the routes"),
        405: ("method_not_allowed", "the Allow header names the methods of this address"),
        413: ("body_too_large", "send fewer households at a time"),
    }
    code, detail = known.get(status, ("internal", DETAILS["internal"]) if status >= 500 else ("invalid_request", ""))
    return Problem(code, status, detail or "the request can't be answered as it is")


RULES: Mapping[str, str] = {
    "missing": "is required",
    "int_parsing": "expected a whole number",
    "greater_than_equal": "is below the lowest value allowed",
    "less_than_equal": "is above the highest value allowed",
    "string_too_long": "is too long",
}


def _invalid(errors: Sequence[Mapping[str, Any]]) -> Problem:
    """Name the place and the rule of each error; pydantic's own message and input stay inside.

    Only parameters that a route declares get here, so the places are our own names.
    """
    faults = tuple(
        Fault(
            ".".join(str(part) for part in error["loc"]),
            str(error["type"]),
            RULES.get(str(error["type"]), "is not what this route expects"),
        )
        for error in errors
    )
    return Problem("invalid_request", 422, f"{len(faults)} parameters are not as expected", faults)


def headers_of(error: Exception) -> Mapping[str, str]:
    """Return the headers that belong to an error's answer; each 503 says when to ask again."""
    own = getattr(error, "headers", None) or {}
    return {**RETRY_SOON, **own} if problem_of(error).status == HTTPStatus.SERVICE_UNAVAILABLE else own


def problem_response(problem: Problem, request_id: str, headers: Mapping[str, str] | None = None) -> Response:
    """Return a problem as an HTTP answer."""
    return Response(
        json.dumps(problem.document(request_id), ensure_ascii=False).encode(),
        problem.status,
        dict(headers or {}),
        media_type=MEDIA_TYPE,
    )


def _tell_nobody(request: Request, error: RiskError) -> None:
    """Take no note."""


def install(app: FastAPI, html: HtmlProblem, raised: Raised = _tell_nobody) -> None:
    """Answer every error that a route raises as a problem.

    Parameters
    ----------
    app : FastAPI
        Whose routes.
    html : callable
        Shows a problem as a page where a browser asked for one.
    raised : callable
        Is told of every error of ours; called on the event loop, so that it must not wait.
    """

    async def answer(request: Request, error: Exception) -> Response:
        if isinstance(error, RiskError):
            raised(request, error)
        problem, headers = problem_of(error), headers_of(error)
        if problem.status == HTTPStatus.METHOD_NOT_ALLOWED:
            # a router names the methods of the first route of that address alone
            headers = {"allow": ", ".join(methods_of(request.scope["route"].path))}
        shown = html(request, problem)
        if shown is None:
            return problem_response(problem, request.state.request_id, headers)
        shown.headers.update(headers)
        return shown

    for kind in (RequestValidationError, HTTPException, RiskError):
        app.add_exception_handler(kind, answer)
