"""What routes are given: the service's state, and a body that is declared as JSON."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from riskmodel.service.edge import Metrics
from riskmodel.service.errors import UnsupportedMediaType
from riskmodel.service.state import State


def _state(request: Request) -> State:
    state = request.app.state.riskmodel
    assert isinstance(state, State)
    return state


def _metrics(request: Request) -> Metrics:
    metrics = request.app.state.metrics
    assert isinstance(metrics, Metrics)
    return metrics


async def _json_body(request: Request) -> bytes:
    """Return the body's bytes; the route itself parses them, in a worker thread."""
    declared = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if declared != "application/json" and not (declared.startswith("application/") and declared.endswith("+json")):
        raise UnsupportedMediaType("expected the header `content-type: application/json`")
    return await request.body()


StateOf = Annotated[State, Depends(_state)]
MetricsOf = Annotated[Metrics, Depends(_metrics)]
JsonBody = Annotated[bytes, Depends(_json_body)]
