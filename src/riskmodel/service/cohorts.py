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
from riskmodel.service.store.households import MOST_PARAMETERS, chunks, find
from riskmodel.service.store.shards import shards
from riskmodel.service.store.tables import standings

CHUNK_HOUSEHOLDS = 5_000
"""Households of one commit."""
REASONS = 5


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
    with store.reading() as connection:
        parts = shards(connection, scorer.programme)
    total = CohortScored(0, 0, 0)
    for place, codes in enumerate(parts.values(), start=1):
        with store.reading() as connection:
            made = make(connection, scorer, codes, as_of)
        part = _keep(store, scorer, schema, made, as_of, now)
        total = total.plus(part)
        done(round(100 * place / len(parts)), part.households)
    return total


def _keep(store: Store, scorer: Scorer, schema: str, made: Made, as_of: dt.date, now: dt.datetime) -> CohortScored:
    inputs, total = made.inputs, CohortScored(len(made.inputs.household_id), 0, 0)
    for first in range(0, total.households, CHUNK_HOUSEHOLDS):
        some = inputs.where(slice(first, first + CHUNK_HOUSEHOLDS))
        with store.writing() as connection:
            said = _say(store, connection, scorer, schema, made, some, as_of, now)
        total = total.plus(CohortScored(0, said.added, said.moved))
    gone = sorted(set(made.members.values()) - {made.members[one] for one in inputs.household_id})
    with store.writing() as connection:
        _leave(connection, gone, as_of)
    return total


def _say(
    store: Store,
    connection: Connection,
    scorer: Scorer,
    schema: str,
    made: Made,
    some: Inputs,
    as_of: dt.date,
    now: dt.datetime,
) -> scores.Said:
    features = packed(some, len(scorer.schema.features))
    ids = some.household_id.tolist()
    own = {made.members[one]: row for one, row in zip(ids, features, strict=True)}
    snapshots.keep(store, connection, schema, as_of, own, now)
    subjects = find(connection, ids)
    return scores.say(
        store,
        connection,
        [subjects[one] for one in ids],
        scorer.score_rows(some, REASONS),
        scored_at=now,
        step=scorer.programme.file.change_step,
    )


def _leave(connection: Connection, gone: list[int], as_of: dt.date) -> None:
    """Take households out of the queue that are not at risk on this date, unless they were on a later one."""
    for some in chunks(gone, MOST_PARAMETERS):
        connection.execute(delete(standings).where(standings.c.household.in_(some), standings.c.as_of <= as_of))
