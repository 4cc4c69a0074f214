"""Reports of events, as tests send them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from helpers.accounts import client
from riskmodel.service.access import Origin, Scope
from riskmodel.service.reports import Report
from riskmodel.service.store.accounts import add_client
from riskmodel.service.store.engine import Store
from riskmodel.service.store.report_rows import Sender

AT = dt.datetime(2021, 6, 1, 12, tzinfo=dt.UTC)
OCCURRED = dt.date(2021, 5, 3)


def report(event_id: str = "1", household_id: str = "h0", **changes: Any) -> Report:
    """Return a sound report of an illness."""
    said = {"source": "clinic", "kind": "illness", "occurred_on": OCCURRED, "amount": 20.0, "cause": None}
    return Report(event_id=event_id, household_id=household_id, **{**said, **changes})


def sender(store: Store, name: str = "health", origin: Origin = Origin.DEPARTMENT_SCREENING, area: str = "") -> Sender:
    """Add the client of a department, and return it as who sends."""
    with store.writing() as connection:
        add_client(connection, client(name, [Scope.EVENTS], kinds=("illness",), origin=origin))
    return Sender(name, f"client:{name}", origin, area)


def cloud_event(event_id: str = "1", household_id: str = "h0", **changes: Any) -> dict[str, Any]:
    """Return a sound CloudEvent of an illness."""
    return {
        "specversion": "1.0",
        "id": event_id,
        "source": "clinic",
        "type": "example.health.illness",
        "subject": household_id,
        "time": f"{OCCURRED}T08:00:00Z",
        "data": {"amount": 20.0},
        **changes,
    }
