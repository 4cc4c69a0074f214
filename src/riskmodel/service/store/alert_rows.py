"""Alerts in the store: numbered in the order of commits, told once as long as one household's group has not cooled down."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, func, or_, select

from riskmodel.service.access import Origin
from riskmodel.service.alerting import REPORTED, Draft
from riskmodel.service.store.case_rows import cases_of, note_signs
from riskmodel.service.store.engine import Store
from riskmodel.service.store.facts import write_fact
from riskmodel.service.store.households import MOST_PARAMETERS, chunks, within
from riskmodel.service.store.tables import alerts, areas, events, facts, households, scores

LAST_ALERT = "last_alert"
"""Name of the fact that counts alerts."""


def raise_alerts(
    store: Store,
    connection: Connection,
    drafts: Sequence[Draft],
    said: Mapping[int, int],
    *,
    as_of: dt.date,
    now: dt.datetime,
    cooldown: dt.timedelta,
    bands: Sequence[str],
) -> list[int]:
    """Add alerts, and return the numbers of those that people are told of.

    Parameters
    ----------
    store, connection
        Where, within the caller's transaction that writes; scores are added before, never after.
    drafts : sequence of Draft
        What is to be told.
    said : mapping of int to int
        Number of the score that each household has now.
    as_of : date
        Date of those scores.
    now : datetime
        When they are raised.
    cooldown : timedelta
        How long a household's group is not told of again, unless the model puts it into a higher band.
    bands : sequence of str
        Bands, the highest first.
    """
    if not drafts:
        return []
    number = _hold_number(store, connection)
    told = _told_and_open(connection, [draft.case.subject.household for draft in drafts], now - cooldown)
    rows = []
    for draft in sorted(drafts, key=lambda one: (one.case.subject.household, one.group)):
        number += 1
        earlier = told.get((draft.case.subject.household, draft.group))
        repeats = earlier is not None and not _worse(draft, earlier, bands)
        rows.append(_row(number, draft, said, as_of, now) | {"repeats": earlier.alert if earlier and repeats else None})
    connection.execute(alerts.insert(), rows)
    write_fact(store, connection, LAST_ALERT, str(number))
    _note_signs(store, connection, [row for row in rows if row["repeats"] is None or row["origin"] in REPORTED])
    return [row["alert"] for row in rows if row["repeats"] is None]


def _hold_number(store: Store, connection: Connection) -> int:
    """Return the last alert's number; nobody else adds any until this transaction ends."""
    first = store.insert(facts).values(name=LAST_ALERT, value="0")
    connection.execute(first.on_conflict_do_nothing())
    held = select(facts.c.value).where(facts.c.name == LAST_ALERT).with_for_update()
    return int(connection.execute(held).scalar_one())


def _told_and_open(
    connection: Connection, numbers: Sequence[int], since: dt.datetime
) -> dict[tuple[int, str], Row[Any]]:
    """Return the latest alert that people were told of and have not decided on since, by household and group."""
    decided = {number: row.decided_at or since for number, row in cases_of(connection, [*set(numbers)]).items()}
    found: dict[tuple[int, str], Row[Any]] = {}
    for some in chunks(sorted(set(numbers)), MOST_PARAMETERS):
        query = (
            select(alerts)
            .where(alerts.c.household.in_(some), alerts.c.repeats.is_(None), alerts.c.raised_at > since)
            .order_by(alerts.c.alert)
        )
        rows = [row for row in connection.execute(query) if row.raised_at > decided.get(row.household, since)]
        found |= {(row.household, row.group): row for row in rows}
    return found


def _note_signs(store: Store, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Note what waits for a decision: from when its first event was received, however late it was looked at."""
    numbers = sorted({event for row in rows for event in row["events"]})
    received: dict[int, dt.datetime] = {}
    for some in chunks(numbers, MOST_PARAMETERS):
        query = select(events.c.event, events.c.received_at).where(events.c.event.in_(some))
        received |= {row.event: row.received_at for row in connection.execute(query) if row.received_at is not None}

    def since(row: Mapping[str, Any]) -> dt.datetime:
        return min((received[event] for event in row["events"] if event in received), default=row["raised_at"])

    note_signs(store, connection, [(row["household"], row["origin"], since(row)) for row in rows])


def last_sign(connection: Connection, household: int) -> int | None:
    """Return the number of the latest alert by which a household came to wait for a decision; None without any."""
    found: int | None = connection.execute(select(func.max(alerts.c.alert)).where(_signs_of(household))).scalar_one()
    return found


def first_sign_after(connection: Connection, household: int, at: dt.datetime) -> Row[Any] | None:
    """Return the first of a household's signs after an instant, as the alert that it is; None without any."""
    query = select(alerts).where(_signs_of(household), alerts.c.raised_at > at)
    return connection.execute(query.order_by(alerts.c.alert).limit(1)).first()


def _signs_of(household: int) -> ColumnElement[bool]:
    listened_to = or_(alerts.c.repeats.is_(None), alerts.c.origin.in_(sorted(REPORTED)))
    return (alerts.c.household == household) & listened_to


def _worse(draft: Draft, earlier: Row[Any], bands: Sequence[str]) -> bool:
    """Tell whether the model puts the household into a higher band than when it was told of."""
    score = draft.case.score
    if score is None or Origin.MODEL not in draft.origins or earlier.band not in bands:
        return False
    return bands.index(score["band"]) < bands.index(earlier.band)


def _row(number: int, draft: Draft, said: Mapping[int, int], as_of: dt.date, now: dt.datetime) -> dict[str, Any]:
    case, origins = draft.case, [origin.value for origin in draft.in_order]
    return {
        "alert": number,
        "household": case.subject.household,
        "raised_at": now,
        "origin": origins[0],
        "origins": origins,
        "group": draft.group,
        "rules": draft.rules,
        "events": draft.events,
        "as_of": as_of,
        "score": said.get(case.subject.household),
        "probability": case.score["probability"] if case.score else None,
        "band": case.score["band"] if case.score else None,
        "previous_probability": case.said.probability if case.said else None,
        "previous_band": case.said.band if case.said else None,
        "moved": draft.moved,
    }


def alerts_after(
    connection: Connection, area_path: str, after: int, most: int, origin: Origin | None = None
) -> list[Row[Any]]:
    """Return alerts that people are told of, in the order in which they were raised, from after a number on."""
    query = _whole().where(alerts.c.alert > after, within(areas.c.path, area_path)).limit(most)
    return list(connection.execute(query if origin is None else query.where(alerts.c.origin == origin.value)))


def alerts_by_number(connection: Connection, numbers: Sequence[int]) -> list[Row[Any]]:
    """Return some alerts that people are told of, by number."""
    rows: list[Row[Any]] = []
    for some in chunks(sorted(numbers), MOST_PARAMETERS):
        rows += connection.execute(_whole().where(alerts.c.alert.in_(some))).all()
    return rows


def _whole() -> Select[Any]:
    return (
        select(
            alerts, scores.c.version, scores.c.digest,
            households.c.household_id, households.c.pseudonym, households.c.area_code, areas.c.path,
        )
        .join(households, households.c.household == alerts.c.household)
        .join(areas, areas.c.area_code == households.c.area_code)
        .outerjoin(scores, scores.c.score == alerts.c.score)
        .where(alerts.c.repeats.is_(None))
        .order_by(alerts.c.alert)
    )  # fmt: skip


def events_of(connection: Connection, rows: Sequence[Row[Any]]) -> dict[int, Row[Any]]:
    """Return the events that some alerts name, by number."""
    wanted = sorted({event for row in rows for event in row.events})
    found: dict[int, Row[Any]] = {}
    for some in chunks(wanted, MOST_PARAMETERS):
        found |= {row.event: row for row in connection.execute(select(events).where(events.c.event.in_(some)))}
    return found
