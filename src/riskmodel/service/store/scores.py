"""What was said of households, and when: scores are only ever added; the standings say which one counts now."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, case, func, select

from riskmodel.features.encode import HORIZON_GROUP
from riskmodel.service.store.engine import Store
from riskmodel.service.store.facts import write_fact
from riskmodel.service.store.households import MOST_PARAMETERS, Subject, chunks, within
from riskmodel.service.store.tables import areas, facts, households, scores, standings

LAST_SCORE = "last_score"
"""Name of the fact that counts scores."""
Score = Mapping[str, Any]
"""A score as the API answers it."""


@dataclass(frozen=True, slots=True)
class Said:
    """How many scores were added.

    Attributes
    ----------
    added : int
        New ones; a score that says the same as the one before is not added again.
    moved : int
        Of those, the ones that moved by at least the programme's step or into another band.
    """

    added: int
    moved: int


def say(
    store: Store,
    connection: Connection,
    subjects: Sequence[Subject],
    found: Sequence[Score],
    *,
    scored_at: dt.datetime,
    step: float,
    stands: bool = True,
) -> Said:
    """Add scores of one date, and let each count from now on unless one of a later date does.

    Parameters
    ----------
    store, connection
        Where, within the caller's transaction.
    subjects, found : sequence
        Households and their scores, in the same order, all of one date.
    scored_at : datetime
        Now.
    step : float
        By how much a probability has to move so that callers are told.
    stands : bool
        Whether the date is the latest that anybody was scored for; those of an earlier one are told but count for nothing.
    """
    if not subjects:
        return Said(0, 0)
    as_of = dt.date.fromisoformat(found[0]["as_of"])
    # held first: what is read before it may be changed by somebody else who adds scores
    number = _hold_number(store, connection)
    numbers = [subject.household for subject in subjects]
    last, standing = _last_said(connection, numbers, as_of), standings_of(connection, numbers)
    new, current = [], []
    for subject, score in zip(subjects, found, strict=True):
        said, before = last.get(subject.household), standing.get(subject.household)
        row = _row(number + 1, subject.household, score, as_of, scored_at)
        if said is not None and said[1:] == (row["digest"], row["snapshot_digest"]):
            row["score"] = said[0]
        else:
            number += 1
            new.append(row | _movement(row, before if before is not None and before.as_of <= as_of else None, step))
        if stands and (before is None or before.as_of <= as_of):
            current.append(_standing(row, subject, score))
    if new:
        connection.execute(scores.insert(), new)
        write_fact(store, connection, LAST_SCORE, str(number))
    _stand(store, connection, current)
    return Said(len(new), sum(row["moved"] for row in new))


def _hold_number(store: Store, connection: Connection) -> int:
    """Return the last score's number; nobody else adds any until this transaction ends.

    It is kept apart from the scores, so that one that is erased is never given again: a cursor would pass over it.
    """
    first = store.insert(facts).values(name=LAST_SCORE, value="0")
    connection.execute(first.on_conflict_do_nothing())
    held = select(facts.c.value).where(facts.c.name == LAST_SCORE).with_for_update()
    return int(connection.execute(held).scalar_one())


def _last_said(connection: Connection, numbers: Sequence[int], as_of: dt.date) -> dict[int, tuple[int, str, str]]:
    """Return number, model and features of what was last said of each household for a date."""
    found: dict[int, tuple[int, str, str]] = {}
    for some in chunks(numbers, MOST_PARAMETERS):
        query = (
            select(scores.c.household, scores.c.score, scores.c.digest, scores.c.snapshot_digest)
            .where(scores.c.household.in_(some), scores.c.as_of == as_of)
            .order_by(scores.c.score)
        )
        found |= {household: (score, digest, kept) for household, score, digest, kept in connection.execute(query)}
    return found


def version_said(connection: Connection, numbers: Sequence[int], as_of: dt.date) -> str | None:
    """Return the version of the model that last said something of any of some households for a date."""
    latest: tuple[int, str] | None = None
    for some in chunks(numbers, MOST_PARAMETERS):
        query = (
            select(scores.c.score, scores.c.version)
            .where(scores.c.household.in_(some), scores.c.as_of == as_of)
            .order_by(scores.c.score.desc())
            .limit(1)
        )
        found = connection.execute(query).first()
        if found is not None and (latest is None or found.score > latest[0]):
            latest = (found.score, found.version)
    return None if latest is None else latest[1]


def standings_of(connection: Connection, numbers: Sequence[int]) -> dict[int, Row[Any]]:
    """Return what is said now of those households that are in the queue."""
    found: dict[int, Row[Any]] = {}
    for some in chunks(numbers, MOST_PARAMETERS):
        for row in connection.execute(select(standings).where(standings.c.household.in_(some))):
            found[row.household] = row
    return found


def _row(number: int, household: int, score: Score, as_of: dt.date, scored_at: dt.datetime) -> dict[str, Any]:
    return {
        "score": number,
        "household": household,
        "as_of": as_of,
        "scored_at": scored_at,
        "version": score["model"]["version"],
        "digest": score["model"]["digest"],
        "log_odds": score["log_odds"],
        "probability": score["probability"],
        "low": score["interval"]["low"],
        "high": score["interval"]["high"],
        "band": score["band"],
        "rank_share": score["rank_share"],
        "snapshot_digest": score["snapshot_digest"],
        "reasons": [
            [reason["feature"], reason["log_odds"], reason["value"], reason["category"]] for reason in score["reasons"]
        ],
    }


def _movement(row: Mapping[str, Any], before: Row[Any] | None, step: float) -> dict[str, Any]:
    if before is None:
        return {"previous_probability": None, "moved": False}
    # what is written as 0.05 may miss it by the last bit
    far = abs(row["probability"] - before.probability) >= step - 1e-12
    return {"previous_probability": before.probability, "moved": far or row["band"] != before.band}


def _standing(row: Mapping[str, Any], subject: Subject, score: Score) -> dict[str, Any]:
    return {
        "household": subject.household,
        "household_id": subject.household_id,
        "area_path": subject.area_path,
        "score": row["score"],
        "as_of": row["as_of"],
        "version": row["version"],
        "negative_log_odds": -row["log_odds"],
        "probability": row["probability"],
        "band": row["band"],
        "band_since": row["scored_at"],
        "leading_group": _leading_group(score),
    }


def _leading_group(score: Score) -> str:
    """Return the factor group that raises a score most; empty where none does."""
    raising = [(one["log_odds"], one["group"]) for one in score["groups"] if one["group"] != HORIZON_GROUP]
    most, group = max(raising, default=(0.0, ""))
    return group if most > 0 else ""


def _stand(store: Store, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    if not rows:
        return
    insert = store.insert(standings)
    newer: dict[str, Any] = {name: insert.excluded[name] for name in rows[0] if name != "household"}
    newer["band_since"] = case(
        (insert.excluded.band == standings.c.band, standings.c.band_since), else_=insert.excluded.band_since
    )
    same_or_later = insert.excluded.as_of >= standings.c.as_of
    connection.execute(
        insert.on_conflict_do_update(index_elements=["household"], set_=newer, where=same_or_later), list(rows)
    )


@dataclass(frozen=True, slots=True)
class Standing:
    """A household's place in the queue."""

    household_id: str
    as_of: dt.date
    version: str


def queue(connection: Connection, area_path: str, first: int, count: int) -> list[Standing]:
    """Return a part of the queue of an area: by log-odds, the highest first, then by id."""
    query = (
        select(standings.c.household_id, standings.c.as_of, standings.c.version)
        .where(within(standings.c.area_path, area_path))
        .order_by(standings.c.negative_log_odds, standings.c.household_id)
        .offset(first)
        .limit(count)
    )
    return [Standing(*row) for row in connection.execute(query)]


def queue_size(connection: Connection, area_path: str) -> int:
    """Return how many households of an area have a score."""
    query = select(func.count()).select_from(standings).where(within(standings.c.area_path, area_path))
    return connection.execute(query).scalar_one()


def standing_dates(connection: Connection, numbers: Sequence[int]) -> dict[int, dt.date]:
    """Return the date of the score that counts now, by household."""
    return {household: row.as_of for household, row in standings_of(connection, numbers).items()}


def said_of(connection: Connection, household: int, most: int) -> list[Row[Any]]:
    """Return what was said of a household, the newest first."""
    query = select(scores).where(scores.c.household == household).order_by(scores.c.score.desc()).limit(most)
    return list(connection.execute(query))


def moved_after(connection: Connection, area_path: str, after: int, most: int) -> Iterable[Row[Any]]:
    """Return scores that moved, in the order in which they were said, from after a number on."""
    query = (
        select(scores, households.c.household_id, households.c.area_code, households.c.pseudonym)
        .join(households, households.c.household == scores.c.household)
        .join(areas, areas.c.area_code == households.c.area_code)
        .where(scores.c.moved.is_(True), scores.c.score > after, within(areas.c.path, area_path))
        .order_by(scores.c.score)
        .limit(most)
    )
    return connection.execute(query).all()
