"""All pages about a household's case."""

from __future__ import annotations

from fastapi import APIRouter

from riskmodel.service.guarding import GuardedRoute
from riskmodel.service.pages.deciding import case_routes, decide_routes, ending_routes

router = APIRouter(route_class=GuardedRoute)
for _part in (decide_routes, case_routes, ending_routes):
    router.include_router(_part.router)
