"""Entries of a case for tests, numbered in order."""

from __future__ import annotations

import datetime as dt
from typing import Any

from riskmodel.service.cases.entries import Entry, EntryKind

AT = dt.datetime(2021, 6, 1, 12, tzinfo=dt.UTC)


def entries(*rows: tuple[EntryKind, int | None, dict[str, Any]], by: str = "li") -> list[Entry]:
    """Return entries of (kind, about, content), numbered from 1 on, an hour apart."""
    return [
        Entry(number, AT + dt.timedelta(hours=number), by, "reviewer", kind, about, content)
        for number, (kind, about, content) in enumerate(rows, 1)
    ]


def proposed(on: str = "2021-05-01", measure: str = "cash") -> tuple[EntryKind, None, dict[str, Any]]:
    """Return a proposal of help."""
    return EntryKind.HELP_PROPOSED, None, {"measure": measure, "group": "income", "on": on, "note": ""}


def received(decision: int | None = 1, last: str | None = "2021-06-16") -> tuple[EntryKind, None, dict[str, Any]]:
    """Return an appeal."""
    content = {"kind": "appeal", "text": "no", "received_on": "2021-06-01", "decision": decision, "answer_by": last}
    return EntryKind.APPEAL_RECEIVED, None, content
