"""Scores everyone at risk on a date, out of the store and into it, area by area."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection, delete

from riskmodel.scoring.inputs import Inputs
from riskmodel.scoring.scorer import Scorer
from riskmodel.service.features import Made, make, packed
from riskmodel.service.store import scores, snapshots
from riskmodel.service.store.engine import Store
from riskmodel.service.store.facts import read_fact, write_fact
from riskmodel.service.store.households import MOST_PARAMETERS, chunks, find
from riskmodel.service.store.shards import shards
from riskmodel.service.store.tables import standings

CHUNK_HOUSEHOLDS = 5_000
"""Households of one commit."""
REASONS = 5
LATEST_COHORT = "latest_cohort"
"""Name of the fact that tells the latest date that a cohort was scored for."""


@dataclass(frozen=True, slots=True)
class CohortScored:
    """What was done.

    Attributes
    ----------
    households : int
        How many were at risk.
    added, moved : int
        Scores that are new, and those of them that moved by at least the programme's step or into another band.
    """

    households: int
    added: int
    moved: int

    def plus(self, other: CohortScored) -> CohortScored:
        """Return the sum."""
        return CohortScored(self.households + other.households, self.added + other.added, self.moved + other.moved)


def score_cohort(
    store: Store,
    scorer: Scorer,
    as_of: dt.date,
    now: dt.datetime,
    done: Callable[[int, int], None] = lambda shard, households: None,
) -> CohortScored:
    """Score everyone at risk on a date; whoever no longer is leaves the queue.

    Parameters
    ----------
    store : Store
        Where households are, and where scores go.
    scorer : Scorer
        The model.
    as_of : date
        Cut-off, exclusive: only rows recorded before it are seen.
    now : datetime
        When this is said.
    done : callable
        Told after each area the share of areas that are done, in percent, and how many households it had.

    Notes
    -----
    Each area is committed on its own; running it again adds nothing that was said before.
    """
    with store.writing() as connection:
        schema = snapshots.keep_schema(store, connection, scorer.programme)
        stands = _is_latest(store, connection, as_of)
    job = _Job(store, scorer, schema, as_of, now, stands)
    with store.reading() as connection:
        parts = shards(connection, scorer.programme)
    total = CohortScored(0, 0, 0)
    for place, codes in enumerate(parts.values(), start=1):
        with store.reading() as connection:
            made = make(connection, scorer, codes, as_of)
        part = _keep(job, made)
        total = total.plus(part)
        done(round(100 * place / len(parts)), part.households)
    return total


@dataclass(frozen=True, slots=True)
class _Job:
    store: Store
    scorer: Scorer
    schema: str
    as_of: dt.date
    now: dt.datetime
    stands: bool


def _is_latest(store: Store, connection: Connection, as_of: dt.date) -> bool:
    """Tell whether no cohort of a later date was scored, and write down which date is the latest."""
    latest = read_fact(connection, LATEST_COHORT)
    if latest is not None and dt.date.fromisoformat(latest) > as_of:
        return False
    write_fact(store, connection, LATEST_COHORT, as_of.isoformat())
    return True


def _keep(job: _Job, made: Made) -> CohortScored:
    inputs, total = made.inputs, CohortScored(len(made.inputs.household_id), 0, 0)
    for first in range(0, total.households, CHUNK_HOUSEHOLDS):
        some = inputs.where(slice(first, first + CHUNK_HOUSEHOLDS))
        with job.store.writing() as connection:
            said = _say(job, connection, made, some)
        total = total.plus(CohortScored(0, said.added, said.moved))
    if job.stands:
        gone = sorted(set(made.members.values()) - {made.members[one] for one in inputs.household_id})
        with job.store.writing() as connection:
            _leave(connection, gone, job.as_of)
    return total


def _say(job: _Job, connection: Connection, made: Made, some: Inputs) -> scores.Said:
    features = packed(some, len(job.scorer.schema.features))
    ids = some.household_id.tolist()
    own = {made.members[one]: row for one, row in zip(ids, features, strict=True)}
    snapshots.keep(job.store, connection, job.schema, job.as_of, own, job.now)
    subjects = find(connection, ids)
    return scores.say(
        job.store,
        connection,
        [subjects[one] for one in ids],
        job.scorer.score_rows(some, REASONS),
        scored_at=job.now,
        step=job.scorer.programme.file.change_step,
        stands=job.stands,
    )


def _leave(connection: Connection, gone: list[int], as_of: dt.date) -> None:
    """Take households out of the queue that are not at risk on this date, unless they were on a later one."""
    for some in chunks(gone, MOST_PARAMETERS):
        connection.execute(delete(standings).where(standings.c.household.in_(some), standings.c.as_of <= as_of))
