"""Scores everyone at risk on a date, out of the store and into it, area by area."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import Connection, delete, select

from riskmodel.errors import TooFewRows
from riskmodel.scoring.inputs import Inputs
from riskmodel.scoring.scorer import Scorer
from riskmodel.service.alert_rules import InForce
from riskmodel.service.alerting import Case, Standing, drafts
from riskmodel.service.audit import Act
from riskmodel.service.features import Made, make, packed
from riskmodel.service.income_growth import IncomePairs, growth_by_area, income_pairs
from riskmodel.service.store import scores, snapshots
from riskmodel.service.store.alert_rows import raise_alerts
from riskmodel.service.store.area_falls import Falls, count_falls, fall_of, last_event_number
from riskmodel.service.store.area_figures import keep_figures
from riskmodel.service.store.audit_log import append
from riskmodel.service.store.engine import Store
from riskmodel.service.store.facts import read_fact, write_fact
from riskmodel.service.store.households import MOST_PARAMETERS, Subject, chunks, find
from riskmodel.service.store.shards import shards
from riskmodel.service.store.tables import areas, standings

CHUNK_HOUSEHOLDS = 5_000
"""Households of one commit."""
REASONS = 5
LATEST_COHORT = "latest_cohort"
"""Name of the fact that tells the latest date that a cohort was scored for."""
LIST_SINCE = "list_since"
"""Name of the fact that tells when a cohort of that date was scored first: since then its visit list has been worked on."""


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
    act_of: Callable[[CohortScored], Act],
    done: Callable[[int, int], None] = lambda shard, households: None,
    *,
    in_force: InForce | None = None,
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
    act_of : callable
        Makes what the audit writes down of it.
    done : callable
        Told after each area the share of areas that are done, in percent, and how many households it had.
    in_force : InForce, optional
        Rules that raise alerts, of whoever had a score before; without them nobody is told.

    Raises
    ------
    TooFewRows
        If nobody is at risk: then nothing is changed.

    Notes
    -----
    Each area is committed on its own; running it again adds nothing that was said before. Whoever is no longer at risk
    leaves the queue at the very end, together with the note that this cohort is the latest, and with the figures of areas,
    for which everybody has to be looked at.
    """
    with store.writing() as connection:
        schema = snapshots.keep_schema(store, connection, scorer.programme)
    job = _Job(store, scorer, schema, as_of, now, in_force)
    with store.reading() as connection:
        parts = shards(connection, scorer.programme)
    total, gone, incomes = CohortScored(0, 0, 0), list[int](), list[IncomePairs]()
    for place, (shard, codes) in enumerate(parts.items(), start=1):
        with store.reading() as connection:
            made = make(connection, scorer, codes, as_of)
        part = _keep(job, shard, made)
        total = total.plus(part)
        gone += sorted(set(made.members.values()) - {made.members[one] for one in made.inputs.household_id})
        incomes += _incomes(scorer, made, as_of)
        done(round(100 * place / len(parts)), part.households)
    if not total.households:
        raise TooFewRows(f"no household of the store is at risk as of {as_of}; `riskmodel load` brings households in")
    with store.reading() as connection:
        falls, growth = _falls(connection, scorer, as_of), growth_by_area(incomes, _paths(connection))
    with store.writing() as connection:
        if _is_latest(connection, as_of):
            _leave(connection, gone, as_of)
            _note_latest(store, connection, as_of, now)
            keep_figures(connection, as_of, falls, growth, now)
        append(store, connection, [act_of(total)])
    return total


def _incomes(scorer: Scorer, made: Made, as_of: dt.date) -> list[IncomePairs]:
    found = income_pairs(scorer.programme, made.line, as_of) if made.line is not None else None
    return [] if found is None else [found]


def _falls(connection: Connection, scorer: Scorer, as_of: dt.date) -> Falls:
    question, last = fall_of(scorer.programme, as_of), last_event_number(connection)
    if question is None:
        return Falls(last, {})
    return Falls(last, count_falls(connection, question, 0, last))


def _paths(connection: Connection) -> dict[str, str]:
    return {row.area_code: row.path for row in connection.execute(select(areas.c.area_code, areas.c.path))}


@dataclass(frozen=True, slots=True)
class _Job:
    store: Store
    scorer: Scorer
    schema: str
    as_of: dt.date
    now: dt.datetime
    in_force: InForce | None


def list_since(connection: Connection) -> dt.datetime | None:
    """Return since when the visit list of this period has been there; None where nobody noted it."""
    noted = read_fact(connection, LIST_SINCE)
    return None if noted is None else dt.datetime.fromisoformat(noted)


def _note_latest(store: Store, connection: Connection, as_of: dt.date, now: dt.datetime) -> None:
    """Note the latest cohort; one that is scored once more does not begin a new period."""
    if read_fact(connection, LATEST_COHORT) != as_of.isoformat():
        write_fact(store, connection, LIST_SINCE, now.isoformat())
    write_fact(store, connection, LATEST_COHORT, as_of.isoformat())


def _is_latest(connection: Connection, as_of: dt.date) -> bool:
    """Tell whether no cohort of a later date was scored."""
    latest = read_fact(connection, LATEST_COHORT)
    return latest is None or dt.date.fromisoformat(latest) <= as_of


def _keep(job: _Job, shard: str, made: Made) -> CohortScored:
    total = CohortScored(len(made.inputs.household_id), 0, 0)
    for first in range(0, total.households, CHUNK_HOUSEHOLDS):
        some = made.inputs.where(slice(first, first + CHUNK_HOUSEHOLDS))
        with job.store.writing() as connection:
            said = _say(job, connection, made, some)
        total = total.plus(CohortScored(0, said.added, said.moved))
    with job.store.writing() as connection:
        snapshots.note_whole(job.store, connection, job.schema, job.as_of, shard, job.now)
    return total


def _say(job: _Job, connection: Connection, made: Made, some: Inputs) -> scores.Said:
    subjects = find(connection, some.household_id.tolist())
    # whoever was erased since is not there any more
    some = some.where(np.array([one in subjects for one in some.household_id], dtype=bool))
    found = job.scorer.score_rows(some, REASONS)
    own = {
        made.members[score["household_id"]]: snapshots.Features(score["snapshot_digest"], row)
        for score, row in zip(found, packed(some, len(job.scorer.schema.features)), strict=True)
    }
    stands = _is_latest(connection, job.as_of)
    cases = _cases(job, connection, subjects, found, own) if stands else []
    snapshots.keep(job.store, connection, job.schema, job.as_of, own, job.now)
    said = scores.say(
        job.store,
        connection,
        [subjects[score["household_id"]] for score in found],
        found,
        scored_at=job.now,
        step=job.scorer.programme.file.change_step,
        stands=stands,
    )
    _tell(job, connection, cases)
    return said


def _cases(
    job: _Job,
    connection: Connection,
    subjects: Mapping[str, Subject],
    found: Sequence[scores.Score],
    own: Mapping[int, snapshots.Features],
) -> list[Case]:
    """Return the households that had a score before, as they were and as they are; read before anything is added."""
    if job.in_force is None:
        return []
    before = scores.standings_of(connection, list(own))
    known = snapshots.last_kept(connection, job.schema, sorted(before))
    cases = []
    for score in found:
        subject = subjects[score["household_id"]]
        said = before.get(subject.household)
        if said is not None and subject.household in known and said.as_of <= job.as_of:
            standing = Standing(said.probability, said.band)
            after = own[subject.household].values
            cases.append(Case(subject, (), known[subject.household], after, standing, score))
    return cases


def _tell(job: _Job, connection: Connection, cases: Sequence[Case]) -> None:
    if job.in_force is None or not cases:
        return
    told = drafts(cases, job.in_force.rules, job.scorer, job.as_of)
    now_standing = scores.standings_of(connection, [draft.case.subject.household for draft in told])
    raise_alerts(
        job.store,
        connection,
        told,
        {number: row.score for number, row in now_standing.items()},
        as_of=job.as_of,
        now=job.now,
        cooldown=job.in_force.cooldown,
        bands=job.scorer.names.bands,
    )


def _leave(connection: Connection, gone: list[int], as_of: dt.date) -> None:
    """Take households out of the queue that are not at risk on this date, unless they were on a later one."""
    for some in chunks(gone, MOST_PARAMETERS):
        connection.execute(delete(standings).where(standings.c.household.in_(some), standings.c.as_of <= as_of))
