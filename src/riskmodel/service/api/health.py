"""``/healthz``, ``/readyz`` and ``/metrics``, for whatever watches the service."""

from __future__ import annotations

from dataclasses import asdict

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST

from riskmodel.service.api.dependencies import MetricsOf, StateOf
from riskmodel.service.api.schemas import Health, Ready
from riskmodel.service.guarding import GuardedRoute
from riskmodel.service.reply import json_response
from riskmodel.service.store.facts import check_programme
from riskmodel.service.store.migrating import check_current

router = APIRouter(tags=["operations"], route_class=GuardedRoute)


@router.get("/healthz", summary="Is the process alive", responses={200: {"model": Health}})
def healthz() -> Response:
    """Answer as long as the process does."""
    return json_response({"status": "ok"})


@router.get("/readyz", summary="Can it score", responses={200: {"model": Ready}})
def readyz(state: StateOf) -> Response:
    """Answer 200 once a champion's golden rows have agreed and the store answers, 503 before."""
    serving = state.versions.champion()
    check_current(state.store)
    check_programme(state.store, serving.scorer.id.programme)
    return json_response({"status": "ready", "model": asdict(serving.scorer.id)})


@router.get("/metrics", summary="Figures for Prometheus", response_class=Response)
def metrics(own: MetricsOf) -> Response:
    """Return counters and times in the text format of Prometheus."""
    return Response(own.text(), media_type=CONTENT_TYPE_LATEST)
