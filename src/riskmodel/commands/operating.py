"""What commands share that work on the store: the store itself, and what the audit writes down of whoever types."""

from __future__ import annotations

import datetime as dt
import getpass
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from riskmodel.service.audit import Act, Action
    from riskmodel.service.store.engine import Store


@contextmanager
def opened_store(*, as_it_is: bool = False) -> Iterator[Store]:
    """Open the installation's store, brought to the newest shape; ``as_it_is`` leaves it and wants it to be that.

    Raises
    ------
    NotReady
        If it is to be left as it is and has another shape.
    """
    from riskmodel.commands.options import settings
    from riskmodel.service.store.engine import Store
    from riskmodel.service.store.migrating import check_current, migrate

    store = Store(settings().store)
    try:
        (check_current if as_it_is else migrate)(store)
        yield store
    finally:
        store.close()


def note_if_there_is_a_store(at: dt.datetime, action: Action, subject: str, detail: Mapping[str, Any]) -> None:
    """Write down what was done outside the store, such as a promotion; nothing happens where no store is used yet."""
    from riskmodel.commands.options import settings
    from riskmodel.service.store.audit_log import append
    from riskmodel.service.store.engine import is_there

    if not is_there(settings().store):
        return
    with opened_store() as store, store.writing() as connection:
        append(store, connection, [operator_act(at, action, subject, detail)])


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
