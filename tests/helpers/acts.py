"""Acts for tests of the audit."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from riskmodel.service.audit import Act, Action
from riskmodel.service.store.audit_log import append, entries
from riskmodel.service.store.engine import Store

AT = dt.datetime(2025, 3, 1, 12, 30, tzinfo=dt.UTC)


def act(subject: str = "", action: Action = Action.VIEWED, **detail: object) -> Act:
    """Return an act that a reviewer did."""
    return Act(AT, action, "user:li", "reviewer", subject, detail, "7f0c")


def record(store: Store, *subjects: str) -> None:
    """Append an act about each subject, all in one transaction."""
    with store.writing() as connection:
        append(store, connection, [act(subject) for subject in subjects])


def record_one_by_one(url: str, name: str, count: int) -> None:
    """Append acts in a transaction each; what a process of its own does."""
    store = Store(url)
    for number in range(count):
        record(store, f"{name}-{number}")
    store.close()


def acts_of(store: Store) -> list[dict[str, Any]]:
    """Return what the audit holds, as JSON."""
    with store.reading() as connection:
        return [json.loads(entry.content) for entry in entries(connection)]
