"""The application: routes, pages, and what surrounds them."""

from __future__ import annotations

import asyncio
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
from riskmodel.service.api import (
    alerts,
    areas,
    audit_trail,
    decisions,
    events,
    health,
    households,
    jobs,
    models,
    promotion,
    queue,
    scores,
    unmasking,
    webhooks,
)
from riskmodel.service.authenticating import Access
from riskmodel.service.bodies import BodyLimit
from riskmodel.service.edge import Outermost
from riskmodel.service.jobs.taking_in import ROUTE
from riskmodel.service.limiting import Gate
from riskmodel.service.metrics import Metrics
from riskmodel.service.pages import routes as pages
from riskmodel.service.pages.problem import problem_page
from riskmodel.service.refusal_notes import RefusalNotes
from riskmodel.service.refusals import NoCredentials
from riskmodel.service.state import State
from riskmodel.service.store.accounts import has_accounts
from riskmodel.service.store.migrating import check_current
from riskmodel.settings import Settings

DESCRIPTION = """Which households are about to fall (back) into poverty, why, and what would help. People decide; a score
only orders the list of visits.

Programs send a key (`authorization: Bearer KEY`, from `riskmodel client add`), people sign in at `/review/sign-in`. Each
sees the households of their own area; another area's household is answered like one that does not exist. What is asked
is written into the audit before it is answered."""

TAGS = [
    {"name": "scores", "description": "Scores of households by their features or by id, and which of them moved."},
    {"name": "events", "description": "What departments report: illness, accidents, disasters, lost jobs."},
    {"name": "alerts", "description": "What those in charge are to be told of."},
    {"name": "webhooks", "description": "Where programs are told of alerts."},
    {"name": "jobs", "description": "Files that are too large for one request, worked on in the background."},
    {"name": "households", "description": "Households of the store, by id."},
    {
        "name": "decisions",
        "description": "What people decide about households; a score only orders the list of visits.",
    },
    {"name": "people", "description": "Who lives in a household: masked, or whole for a purpose that the audit keeps."},
    {"name": "queue", "description": "Whom to visit first."},
    {"name": "areas", "description": "Areas, and what is said of the households that live there."},
    {"name": "models", "description": "Which model answers."},
    {"name": "audit", "description": "Who did what."},
    {"name": "operations", "description": "For whatever watches the service."},
]

RESOURCES = (
    scores,
    events,
    alerts,
    webhooks,
    jobs,
    households,
    decisions,
    unmasking,
    queue,
    areas,
    models,
    promotion,
    audit_trail,
    health,
)
"""In the order in which ``/docs`` lists them."""


def now_utc() -> dt.datetime:
    """Return the present instant."""
    return dt.datetime.now(dt.UTC)


def create_app(settings: Settings, *, now: Callable[[], dt.datetime] = now_utc) -> FastAPI:
    """Make the application.

    Parameters
    ----------
    settings : Settings
        Where bundles and the store are, and how large a body may be.
    now : callable
        Returns the present instant; no household may be as of a later day.
    """
    metrics = Metrics()
    state = State(settings, now, metrics)
    refusals = RefusalNotes(state.audit.submit, now)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await run_in_threadpool(_warm_up, state)
        summing_up = asyncio.create_task(refusals.keep_summing_up())
        yield
        summing_up.cancel()
        refusals.sum_up()
        await run_in_threadpool(state.close)

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
    app.state.access = Access(state.store, settings, now, refusals.note)
    for resource in RESOURCES:
        app.include_router(resource.router)
    pages.install(app)
    errors.install(app, problem_page, refusals.note_error)
    openapi.install(app, state)
    own = {("POST", ROUTE): settings.max_job_bytes}
    # the last one added is the outermost
    app.add_middleware(BodyLimit, most_bytes=settings.max_body_bytes, own=own)
    app.add_middleware(Gate, most_waiting=settings.most_waiting, metrics=metrics)
    app.add_middleware(Outermost, metrics=metrics)
    return app


def _check_store(state: State) -> None:
    """Check the store's shape, and that somebody may ask: whoever starts the service is to read at once what to run."""
    check_current(state.store)
    with state.store.reading() as connection:
        if not has_accounts(connection):
            raise NoCredentials


def _warm_up(state: State) -> None:
    """Load what there is, so that the first request does not wait; what is not there yet is no reason not to start."""
    for load in (lambda: _check_store(state), state.versions.champion):
        try:
            load()
        except RiskError as error:
            structlog.get_logger().warning("started_without", code=error.code, reason=str(error))
    # libraries and model live as long as the process: looking through them again and again for garbage would hold up a
    # request by a tenth of a second each time
    gc.collect()
    gc.freeze()
