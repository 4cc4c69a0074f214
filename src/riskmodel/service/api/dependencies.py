"""What routes are given: the service's state, who asks, and a body that is declared as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import Depends, Request
from sqlalchemy import Connection

from riskmodel.service.access import Principal
from riskmodel.service.audit import Act, Action
from riskmodel.service.bodies import limited_body
from riskmodel.service.errors import UnsupportedMediaType
from riskmodel.service.guarding import principal_of
from riskmodel.service.metrics import Metrics
from riskmodel.service.state import State
from riskmodel.service.store.households import path_of

MOST_NAMED = 500
"""Households that one entry of the audit names."""
NOWHERE = "//"
"""A path that no area lies in: no code is empty."""
MOST_FLAT_BYTES = 64 * 1024
"""Of a body that is a flat object: its longest text is of 2,000 characters, which take 12 bytes each where escaped."""


def state_of(request: Request) -> State:
    """Return what requests share."""
    state = request.app.state.riskmodel
    assert isinstance(state, State)
    return state


def metrics_of(request: Request) -> Metrics:
    """Return where requests are counted."""
    metrics = request.app.state.metrics
    assert isinstance(metrics, Metrics)
    return metrics


async def json_body(request: Request, most_bytes: int) -> bytes:
    """Return the bytes of a body that is declared as JSON; the route itself parses them.

    Parameters
    ----------
    request : Request
        Whose body.
    most_bytes : int
        How long a body the route has use for.

    Raises
    ------
    UnsupportedMediaType
        If it is declared as something else.
    BodyTooLarge
        If it is longer.
    """
    declared = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if declared != "application/json" and not (declared.startswith("application/") and declared.endswith("+json")):
        raise UnsupportedMediaType("expected the header `content-type: application/json`")
    return await limited_body(request, most_bytes)


def act_of(request: Request, action: Action, subject: str = "", **detail: Any) -> Act:
    """Return what a request does, as the audit writes it down."""
    principal = principal_of(request)
    role = principal.role.value if principal.role else ""
    return Act(
        state_of(request).now(), action, principal.actor, role, subject, detail, request.scope["state"]["request_id"]
    )


def acts_about(request: Request, action: Action, subjects: Sequence[str], **detail: Any) -> list[Act]:
    """Return what a request does about many households: each of their pseudonyms stands in one of the acts."""
    parts = [list(subjects[first : first + MOST_NAMED]) for first in range(0, len(subjects), MOST_NAMED)] or [[]]
    return [act_of(request, action, **detail, subjects=part) for part in parts]


def scope_path(connection: Connection, principal: Principal) -> str:
    """Return the path of the area that somebody is limited to: empty for everything.

    An area that the store does not know holds nothing.
    """
    if not principal.area_code:
        return ""
    return path_of(connection, principal.area_code) or NOWHERE


def area_path(state: State, principal: Principal, area: str | None = None) -> str:
    """Return the path of the area that is asked about, within what somebody is limited to.

    An area outside of that is answered like one that does not exist: nothing lies in it.
    """
    if area is None and not principal.area_code:
        return ""
    with state.store.reading() as connection:
        own = scope_path(connection, principal)
        if area is None:
            return own
        asked = path_of(connection, area) or NOWHERE
    if asked.startswith(own):
        return asked
    return own if own.startswith(asked) and asked != NOWHERE else NOWHERE


# coroutines, since FastAPI hands plain functions to a thread, which takes longer than what they do
async def _state(request: Request) -> State:
    return state_of(request)


async def _metrics(request: Request) -> Metrics:
    return metrics_of(request)


async def _flat_body(request: Request) -> bytes:
    return await json_body(request, MOST_FLAT_BYTES)


async def _principal(request: Request) -> Principal:
    return principal_of(request)


StateOf = Annotated[State, Depends(_state)]
MetricsOf = Annotated[Metrics, Depends(_metrics)]
PrincipalOf = Annotated[Principal, Depends(_principal)]
BodyOf = Annotated[bytes, Depends(_flat_body)]
