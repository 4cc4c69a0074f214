"""What routes are given: the service's state, and a body that is declared as JSON."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from riskmodel.service.edge import Metrics
from riskmodel.service.errors import UnsupportedMediaType
from riskmodel.service.state import State


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


async def json_body(request: Request) -> bytes:
    """Return the bytes of a body that is declared as JSON; the route itself parses them.

    Raises
    ------
    UnsupportedMediaType
        If it is declared as something else.
    """
    declared = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if declared != "application/json" and not (declared.startswith("application/") and declared.endswith("+json")):
        raise UnsupportedMediaType("expected the header `content-type: application/json`")
    return await request.body()


# coroutines, since FastAPI hands plain functions to a thread, which takes longer than what they do
async def _state(request: Request) -> State:
    return state_of(request)


async def _metrics(request: Request) -> Metrics:
    return metrics_of(request)


StateOf = Annotated[State, Depends(_state)]
MetricsOf = Annotated[Metrics, Depends(_metrics)]
