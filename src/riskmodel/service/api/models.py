"""``GET /v1/models``: which versions there are, which one serves, and what it expects."""

from __future__ import annotations

from dataclasses import asdict

from fastapi import APIRouter, Response

from riskmodel.registry.champion import history, versions
from riskmodel.service.api.dependencies import StateOf
from riskmodel.service.api.schemas import ModelsReply
from riskmodel.service.guarding import GuardedRoute
from riskmodel.service.reply import json_response

router = APIRouter(prefix="/v1", tags=["models"], route_class=GuardedRoute)


@router.get("/models", summary="Versions, the champion, its features", responses={200: {"model": ModelsReply}})
def models(state: StateOf) -> Response:
    """Return the versions of the programme's model, the one that serves, and each feature that it expects."""
    serving = state.versions.champion()
    folder, programme = state.settings.models, state.settings.programme
    features = [
        {
            "name": feature.name,
            "type": feature.column.kind.value,
            "unit": feature.column.unit,
            "low": feature.column.low,
            "high": feature.column.high,
            "categories": list(feature.column.categories),
            "group": feature.column.group,
            "label": dict(feature.column.labels),
        }
        for feature in serving.scorer.schema.features
    ]
    # who promoted is a person's name, which the audit tells those who may read it
    promotions = [
        {key: value for key, value in asdict(entry).items() if key != "by"} for entry in history(folder, programme)
    ]
    return json_response(
        {
            "programme": programme,
            "champion": asdict(serving.scorer.id),
            "simulated": serving.scorer.programme.file.simulated,
            "horizons_months": list(serving.scorer.programme.horizons),
            "versions": list(versions(folder, programme)),
            "history": promotions,
            "features": features,
        }
    )
