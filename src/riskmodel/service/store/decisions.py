"""What people decided about households: only ever added. A mistake is corrected by another decision."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, func, insert, select

from riskmodel.service.errors import Conflict
from riskmodel.service.store.alert_rows import first_sign_after
from riskmodel.service.store.case_rows import hold_case, note
from riskmodel.service.store.engine import Store
from riskmodel.service.store.tables import decisions


class Outcome(StrEnum):
    """What somebody decided after looking at a household."""

    MONITOR = "monitor"
    NEEDS_VISIT = "needs_visit"
    NOT_NOW = "not_now"
    WRONG_DATA = "wrong_data"


FINDINGS = frozenset({Outcome.MONITOR, Outcome.NOT_NOW})
"""Outcomes that say how it is with the household; until there is one, what was noticed goes on waiting."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is decided.

    Attributes
    ----------
    outcome : Outcome
        What is to be done.
    reason : str
        Why, in the words of whoever decides; it may be empty where the outcome follows from the band.
    as_of : date or None
        Date of the score that was looked at.
    version : str or None
        The model that gave it.
    corrects : int or None
        The earlier decision that this one takes the place of.
    notes, evidence : str
        What else is to be known, and what was looked at.
    next_on : date or None
        When somebody is to look again.
    band : str or None
        Band of the score that was looked at.
    departs : bool or None
        Whether the outcome departs from that band; None where no score was looked at.
    """

    outcome: Outcome
    reason: str
    as_of: dt.date | None = None
    version: str | None = None
    corrects: int | None = None
    notes: str = ""
    evidence: str = ""
    next_on: dt.date | None = None
    band: str | None = None
    departs: bool | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """A judgement that was kept.

    Attributes
    ----------
    decision : int
        Its number.
    decided_at : datetime
        When.
    decided_by, role : str
        The user who decided, and as what.
    judgement : Judgement
        What was decided.
    """

    decision: int
    decided_at: dt.datetime
    decided_by: str
    role: str
    judgement: Judgement


def add_decision(
    store: Store, connection: Connection, household: int, judgement: Judgement, *, by: str, role: str, at: dt.datetime
) -> Decision:
    """Add a decision about a household; a finding answers every sign that was there when it was asked for.

    Parameters
    ----------
    store, connection
        Where, within the caller's transaction.
    household : int
        About whom.
    judgement : Judgement
        What is decided.
    by, role : str
        Who decides, and as what.
    at : datetime
        When it was asked for: a sign that came later, which nobody saw, goes on waiting.

    Raises
    ------
    Conflict
        If it corrects what is no earlier decision about the same household, or was corrected already.
    """
    if judgement.corrects is not None:
        _check_earlier(connection, household, judgement.corrects)
    values = {"household": household, "decided_at": at, "decided_by": by, "role": role, **asdict(judgement)}
    found = connection.execute(insert(decisions).values({**values, "outcome": judgement.outcome.value}))
    assert found.inserted_primary_key is not None
    last: dict[str, Any] = {
        "outcome": judgement.outcome.value,
        "departs": judgement.departs,
        "next_on": judgement.next_on,
    }
    if judgement.outcome in FINDINGS:
        last |= _waits_still(store, connection, household, at)
    note(store, connection, household, decided_at=at, **last)
    return Decision(found.inserted_primary_key[0], at, by, role, judgement)


def _waits_still(store: Store, connection: Connection, household: int, at: dt.datetime) -> dict[str, Any]:
    # whoever notes a sign meanwhile does so before this look, or after the decision
    hold_case(store, connection, household)
    sign = first_sign_after(connection, household, at)
    return {"waiting_since": sign.raised_at if sign else None, "origin": sign.origin if sign else None}


def last_decision(connection: Connection, household: int) -> int | None:
    """Return the number of the latest decision about a household; None where there is none."""
    query = select(func.max(decisions.c.decision)).where(decisions.c.household == household)
    found: int | None = connection.execute(query).scalar_one()
    return found


def _check_earlier(connection: Connection, household: int, decision: int) -> None:
    query = select(decisions.c.decision).where(decisions.c.decision == decision, decisions.c.household == household)
    if connection.execute(query).first() is None:
        raise Conflict("corrects: there is no such earlier decision about this household; list its decisions first")
    # the household is held, so that nobody else corrects it meanwhile
    if connection.execute(select(decisions.c.decision).where(decisions.c.corrects == decision)).first() is not None:
        raise Conflict("corrects: this decision was corrected already; correct the one that took its place")


def decisions_of(connection: Connection, household: int, most: int) -> list[Decision]:
    """Return what was decided about a household, the newest first."""
    query = select(decisions).where(decisions.c.household == household).order_by(decisions.c.decision.desc())
    return [
        Decision(
            row.decision,
            row.decided_at,
            row.decided_by,
            row.role,
            Judgement(
                Outcome(row.outcome),
                row.reason,
                row.as_of,
                row.version,
                row.corrects,
                row.notes,
                row.evidence,
                row.next_on,
                row.band,
                row.departs,
            ),
        )
        for row in connection.execute(query.limit(most))
    ]
