"""The household that a route's address names."""

from __future__ import annotations

from sqlalchemy import Connection

from riskmodel.errors import NotFound
from riskmodel.service.access import Principal
from riskmodel.service.api.dependencies import scope_path
from riskmodel.service.store.households import Subject, find


def subject_of(connection: Connection, principal: Principal, household_id: str) -> Subject:
    """Return a household.

    Raises
    ------
    NotFound
        If there is none of that id where somebody may look: the same answer whether it lives elsewhere or nowhere.
    """
    subject = find(connection, [household_id], scope_path(connection, principal)).get(household_id)
    if subject is None:
        raise NotFound("no such household")
    return subject
