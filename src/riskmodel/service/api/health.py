"""``/healthz``, ``/readyz`` and ``/metrics``, for whatever watches the service."""

from __future__ import annotations

from dataclasses import asdict

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from riskmodel.service.api.dependencies import MetricsOf, StateOf
from riskmodel.service.api.schemas import Health, Ready
from riskmodel.service.reply import json_response

router = APIRouter(tags=["operations"])


@router.get("/healthz", summary="Is the process alive", responses={200: {"model": Health}})
def healthz() -> Response:
    """Answer as long as the process does."""
    return json_response({"status": "ok"})


@router.get("/readyz", summary="Can it score", responses={200: {"model": Ready}})
def readyz(state: StateOf) -> Response:
    """Answer 200 once a champion's golden rows have agreed, 503 before."""
    serving = state.serving()
    return json_response({"status": "ready", "model": asdict(serving.scorer.id), "cohort": state.has_cohort})


@router.get("/metrics", summary="Figures for Prometheus", response_class=Response)
def metrics(own: MetricsOf) -> Response:
    """Return counters and times in the text format of Prometheus."""
    return Response(generate_latest(own.registry), media_type=CONTENT_TYPE_LATEST)
