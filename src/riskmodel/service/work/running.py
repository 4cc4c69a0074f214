"""Puts together what a worker process does."""

from __future__ import annotations

import datetime as dt
import random
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection

from riskmodel.service.alert_documents import documents_by_number
from riskmodel.service.alert_rules import AlertRules
from riskmodel.service.jobs.running import Workshop, never
from riskmodel.service.metrics import Metrics
from riskmodel.service.store.engine import Store
from riskmodel.service.store.migrating import check_current
from riskmodel.service.versions import Versions
from riskmodel.service.webhooks.sending import Sender
from riskmodel.service.work.delivering import Delivering
from riskmodel.service.work.job_running import run_jobs
from riskmodel.service.work.job_sweeping import JobSweep
from riskmodel.service.work.rescoring import Rescoring
from riskmodel.service.work.worker import Step
from riskmodel.settings import Settings


@contextmanager
def steps(
    settings: Settings, now: Callable[[], dt.datetime], stopping: Callable[[], bool] = never
) -> Iterator[Mapping[str, Step]]:
    """Give each kind of work of an installation; they share a store, which is closed in the end.

    Parameters
    ----------
    settings : Settings
        Of the installation.
    now : callable
        Returns the present instant.
    stopping : callable, optional
        Tells whether the worker is to end: what takes long stops where it can be gone on with.

    Yields
    ------
    mapping of str to callable
        By kind, what does one piece of it.

    Raises
    ------
    StoreOutdated
        If the store is of another shape.
    """
    store = Store(settings.store)
    try:
        check_current(store)
        worker = uuid.uuid4().hex
        versions = Versions(settings, Metrics())
        sender = Sender(private=settings.private_webhooks)

        def documents(connection: Connection, numbers: Sequence[int]) -> Mapping[int, Mapping[str, Any]]:
            return documents_by_number(connection, versions.champion(), numbers)

        # waits differ for no other reason than to differ
        delivering = Delivering(store, documents, sender.send, now, worker, random.Random())
        shop = Workshop(store, versions, settings.jobs, settings.job_days, now, worker, stopping)
        yield {
            "events": Rescoring(store, versions.champion, AlertRules(settings.configs), now, worker),
            "webhooks": delivering,
            "jobs": lambda: run_jobs(shop),
            "files": JobSweep(store, settings.jobs, now),
        }
        delivering.close()
    finally:
        store.close()
