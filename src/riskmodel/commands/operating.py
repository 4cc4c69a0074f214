"""What the audit writes down of whoever types commands."""

from __future__ import annotations

import datetime as dt
import getpass
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from riskmodel.service.audit import Act, Action


def operator() -> str:
    """Return the name of whoever types, as the operating system knows it."""
    try:
        return f"operator:{getpass.getuser()}"
    except (KeyError, OSError):
        # a process may run under a number that has no name
        return "operator:unknown"


def operator_act(at: dt.datetime, action: Action, subject: str, detail: Mapping[str, Any]) -> Act:
    """Return an act of whoever types."""
    from riskmodel.service.audit import Act

    return Act(at, action, operator(), "operator", subject, detail, str(uuid.uuid4()))
