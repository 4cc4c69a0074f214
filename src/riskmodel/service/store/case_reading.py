"""A household's case as it stands: what is said of it, what was noticed, decided and done."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, select

from riskmodel.service.cases.appeals import appeals_of
from riskmodel.service.cases.entries import Entry
from riskmodel.service.store.case_entries import entries_of
from riskmodel.service.store.case_rows import cases_of
from riskmodel.service.store.decisions import Decision, decisions_of
from riskmodel.service.store.households import Subject
from riskmodel.service.store.tables import alerts, decisions, events, scores, standings

MOST_DECISIONS, MOST_SIGNS = 500, 200


@dataclass(frozen=True, slots=True)
class Said:
    """The score that counts now.

    Attributes
    ----------
    score : int
        Its number.
    as_of : date
        Date of the data.
    version : str
        The model that gave it.
    probability, low, high : float
        The risk and its range.
    band : str
        Band.
    """

    score: int
    as_of: dt.date
    version: str
    probability: float
    low: float
    high: float
    band: str


@dataclass(frozen=True, slots=True)
class Decided:
    """Who took a decision, and when."""

    by: str
    at: dt.datetime


@dataclass(frozen=True, slots=True)
class CaseFile:
    """All that was written down of a household's case.

    Attributes
    ----------
    subject : Subject
        The household.
    said : Said or None
        The score that counts now; none of a household that is not at risk.
    row : Row or None
        Where the case stands with people; none of whom nothing was ever noted.
    decisions : list of Decision
        The newest first.
    entries : list of Entry
        In order.
    decided_by : mapping of int to str
        Who took the decisions that appeals are against, however long ago.
    """

    subject: Subject
    said: Said | None
    row: Row[Any] | None
    decisions: list[Decision]
    entries: list[Entry]
    decided_by: Mapping[int, str] = field(default_factory=dict)

    @property
    def latest_decision(self) -> int | None:
        """Number of the latest decision."""
        return self.decisions[0].decision if self.decisions else None


@dataclass(frozen=True, slots=True)
class Sign:
    """Something that was noticed.

    Attributes
    ----------
    alert : int
        Number of the alert.
    raised_at : datetime
        When.
    origins : tuple of str
        Who noticed, the first one first.
    group : str
        Factor group.
    rules : tuple of str
        Departments' rules that began to fire.
    events : tuple of (str, date)
        What happened: kinds, and when.
    band, previous_band : str or None
        Bands after and before.
    """

    alert: int
    raised_at: dt.datetime
    origins: tuple[str, ...]
    group: str
    rules: tuple[str, ...]
    events: tuple[tuple[str, dt.date], ...]
    band: str | None
    previous_band: str | None


def said_now(connection: Connection, household: int, *, held: bool = False) -> Said | None:
    """Return the score that counts now.

    Parameters
    ----------
    connection : Connection
        Where.
    household : int
        Of whom.
    held : bool
        Whether nobody may change it until the transaction ends.
    """
    columns = scores.c["score", "as_of", "version", "probability", "low", "high", "band"]
    query = select(*columns).join(standings, standings.c.score == scores.c.score)
    query = query.where(standings.c.household == household)
    row = connection.execute(query.with_for_update(read=True, of=standings) if held else query).first()
    return None if row is None else Said(*row)


def case_file(connection: Connection, subject: Subject) -> CaseFile:
    """Return all that was written down of a household's case."""
    household, entries = subject.household, entries_of(connection, subject.household)
    against = {one.decision for one in appeals_of(entries).values() if one.decision is not None}
    decided = decided_of(connection, household, against)
    return CaseFile(
        subject,
        said_now(connection, household),
        cases_of(connection, [household]).get(household),
        decisions_of(connection, household, MOST_DECISIONS),
        entries,
        {number: one.by for number, one in decided.items()},
    )


def decided_of(connection: Connection, household: int, numbers: Collection[int]) -> dict[int, Decided]:
    """Return who took some decisions about a household, and when; what is no decision about it is left out."""
    query = select(*decisions.c["decision", "decided_by", "decided_at"]).where(
        decisions.c.household == household, decisions.c.decision.in_(sorted(numbers))
    )
    return {row.decision: Decided(row.decided_by, row.decided_at) for row in connection.execute(query)}


def bands_said_after(connection: Connection, household: int, at: dt.datetime) -> list[str]:
    """Return the bands of the scores that were said of a household after an instant, for whatever date."""
    query = select(scores.c.band).where(scores.c.household == household, scores.c.scored_at > at)
    return list(connection.execute(query).scalars())


def signs_of(connection: Connection, household: int, most: int = MOST_SIGNS) -> list[Sign]:
    """Return what people were told of a household, the newest first."""
    query = select(alerts).where(alerts.c.household == household, alerts.c.repeats.is_(None))
    rows = connection.execute(query.order_by(alerts.c.alert.desc()).limit(most)).all()
    happened = _events(connection, rows)
    return [_sign(row, happened) for row in rows]


def _events(connection: Connection, rows: Sequence[Row[Any]]) -> Mapping[int, tuple[str, dt.date]]:
    wanted = sorted({number for row in rows for number in row.events})[-MOST_SIGNS * 10 :]
    query = select(events.c.event, events.c.kind, events.c.occurred_on).where(events.c.event.in_(wanted))
    return {row.event: (row.kind, row.occurred_on) for row in connection.execute(query)}


def _sign(row: Row[Any], happened: Mapping[int, tuple[str, dt.date]]) -> Sign:
    return Sign(
        row.alert,
        row.raised_at,
        tuple(row.origins),
        row.group,
        tuple(row.rules),
        tuple(happened[number] for number in row.events if number in happened),
        row.band,
        row.previous_band,
    )
