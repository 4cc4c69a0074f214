"""All of the reviewers' pages."""

from __future__ import annotations

from fastapi import FastAPI

from riskmodel.service.pages import serving_files, signing_in
from riskmodel.service.pages.area import routes as area
from riskmodel.service.pages.deciding import routes as deciding
from riskmodel.service.pages.following import routes as following
from riskmodel.service.pages.helping import routes as helping
from riskmodel.service.pages.household import exploring_routes as exploring
from riskmodel.service.pages.household import people_routes as people
from riskmodel.service.pages.household import routes as household
from riskmodel.service.pages.model import routes as model
from riskmodel.service.pages.queue import routes as queue

PAGES = (queue, following, household, people, exploring, deciding, area, model, helping, signing_in, serving_files)


def install(app: FastAPI) -> None:
    """Add the pages to the application."""
    for page in PAGES:
        app.include_router(page.router)
