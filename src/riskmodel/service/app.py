"""The application: routes, pages, and what surrounds them."""

from __future__ import annotations

import datetime as dt
import gc
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import structlog
from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool

from riskmodel import __version__
from riskmodel.errors import RiskError
from riskmodel.service import errors, openapi
from riskmodel.service.api import health, households, models, queue, scores
from riskmodel.service.edge import BodyLimit, Metrics, Outermost
from riskmodel.service.pages import routes as pages
from riskmodel.service.pages.problem import problem_page
from riskmodel.service.state import State
from riskmodel.settings import Settings

DESCRIPTION = """Which households are about to fall (back) into poverty, why, and what would help. People decide; a score
only orders the list of visits.

There is no access control yet: bind this service to the loopback address only, as `riskmodel serve` does."""

TAGS = [
    {"name": "scores", "description": "Scores of households by their features."},
    {"name": "households", "description": "Households of the loaded cohort, by id."},
    {"name": "queue", "description": "Whom to visit first."},
    {"name": "models", "description": "Which model answers."},
    {"name": "operations", "description": "For whatever watches the service."},
]


def today_utc() -> dt.date:
    """Return the present date."""
    return dt.datetime.now(dt.UTC).date()


def create_app(settings: Settings, *, today: Callable[[], dt.date] = today_utc) -> FastAPI:
    """Make the application.

    Parameters
    ----------
    settings : Settings
        Where bundles and the cohort are, and how large a body may be.
    today : callable
        Returns the present date; no household may be as of a later one.
    """
    state, metrics = State(settings, today), Metrics()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await run_in_threadpool(_warm_up, state)
        yield

    app = FastAPI(
        title="riskmodel",
        version=__version__,
        description=DESCRIPTION,
        openapi_tags=TAGS,
        docs_url=None,
        openapi_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
    )
    app.state.riskmodel, app.state.metrics = state, metrics
    for resource in (scores, households, queue, models, health):
        app.include_router(resource.router)
    pages.install(app)
    errors.install(app, problem_page)
    openapi.install(app, state)
    # the last one added is the outermost
    app.add_middleware(BodyLimit, most_bytes=settings.max_body_bytes)
    app.add_middleware(Outermost, metrics=metrics)
    return app


def _warm_up(state: State) -> None:
    """Load what there is, so that the first request does not wait; what is not there yet is no reason not to start."""
    try:
        state.serving()
        if state.has_cohort:
            state.cohort()
    except RiskError as error:
        structlog.get_logger().warning("started_without", code=error.code, reason=str(error))
    # libraries, model and cohort live as long as the process: looking through them again and again for garbage
    # would hold up a request by a tenth of a second each time
    gc.collect()
    gc.freeze()
