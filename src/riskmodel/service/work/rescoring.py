"""Scores households anew that an event struck, and raises alerts: together, and once, whatever is killed in between."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import Connection, Row, delete

from riskmodel.programme.dictionary import EVENTS
from riskmodel.scoring.inputs import Inputs, stacked
from riskmodel.scoring.scorer import Scorer
from riskmodel.service.access import Origin
from riskmodel.service.alert_rules import InForce
from riskmodel.service.alerting import Case, Standing, Struck, drafts
from riskmodel.service.audit import Act, Action
from riskmodel.service.features import Matrix, make, make_alone, packed
from riskmodel.service.serving import Serving
from riskmodel.service.store import scores, snapshots
from riskmodel.service.store.alert_rows import raise_alerts
from riskmodel.service.store.audit_log import append
from riskmodel.service.store.engine import Store
from riskmodel.service.store.households import Subject, subjects_of
from riskmodel.service.store.leases import Lease
from riskmodel.service.store.shards import homes, shards
from riskmodel.service.store.tables import standings
from riskmodel.service.store.waiting_rows import Waiting, anybody_waits, events_since, finish, give_back, take_waiting

MOST_HOUSEHOLDS = 200
"""Households of one piece of work, which takes about a fifth of a second."""
MOST_SHARDS = 4
"""Shards of one piece of work whose features are made anew, each of which takes seconds: their lease is to outlast them."""
LEASE = dt.timedelta(minutes=1)
REASONS = 5
ACTOR = "worker"


@dataclass(frozen=True, slots=True, eq=False)
class Rescoring:
    """Scores anew whoever waits; call it again and again.

    Attributes
    ----------
    store : Store
        Where they wait.
    serving : callable
        Returns the model of the moment.
    rules : callable
        Returns the departments' rules in force, for a model.
    now : callable
        Returns the present instant.
    worker : str
        Name of this worker; no two have the same.
    """

    store: Store
    serving: Callable[[], Serving]
    rules: Callable[[Scorer], InForce]
    now: Callable[[], dt.datetime]
    worker: str

    def __call__(self) -> bool:
        """Score some households anew; return whether there were any."""
        with self.store.reading() as connection:
            # looking costs nobody their turn to write
            if not anybody_waits(connection):
                return False
        serving = self.serving()
        with self.store.writing() as connection:
            now = self.now()
            some = take_waiting(connection, MOST_HOUSEHOLDS, Lease(self.worker, now, now + LEASE))
        if not some:
            return False
        try:
            # from here on no event that was taken is of a later day, however long its turn was waited for
            self._score(serving, some, self.now())
        except BaseException:
            with self.store.writing() as connection:
                give_back(connection, self.worker)
            raise
        return True

    def _score(self, serving: Serving, some: Sequence[Waiting], now: dt.datetime) -> None:
        # what came today is known from tomorrow on
        as_of = serving.scorer.programme.day_of(now) + dt.timedelta(days=1)
        with self.store.reading() as connection:
            known = _read(connection, serving, some, as_of)
        said = _said(serving, known)
        with self.store.writing() as connection:
            told = _keep(self, connection, serving, known, said, as_of, now)
            seen = {one: [row.event for row in rows] for one, rows in known.events.items()}
            finish(connection, known.taken, seen, self.worker)
            if len(known.taken) < len(some):
                give_back(connection, self.worker)
            detail = {
                "households": len(known.taken),
                "scored": len(said.scores),
                "alerts": told,
                "as_of": as_of.isoformat(),
            }
            act = Act(now, Action.RESCORED, ACTOR, "", serving.scorer.id.version, detail, "")
            append(self.store, connection, [act])


@dataclass(frozen=True, slots=True, eq=False)
class _Known:
    """What the store tells of some households.

    Attributes
    ----------
    taken : sequence of Waiting
        The households.
    subjects : mapping of int to Subject
        By number.
    events : mapping of int to list of Row
        Events that nobody has looked at.
    before : mapping of int to ndarray
        Features as they were last known.
    standing : mapping of int to Row
        What was last said.
    inputs : Inputs
        Features of those that are at risk now.
    """

    taken: Sequence[Waiting]
    subjects: Mapping[int, Subject]
    events: Mapping[int, list[Row[Any]]]
    before: Mapping[int, Matrix]
    standing: Mapping[int, Row[Any]]
    inputs: Inputs


@dataclass(frozen=True, slots=True, eq=False)
class _Said:
    """What is said of them now, by number."""

    features: Mapping[int, Matrix]
    scores: Mapping[int, Mapping[str, Any]]


def _read(connection: Connection, serving: Serving, some: Sequence[Waiting], as_of: dt.date) -> _Known:
    before = snapshots.last_kept(connection, serving.snapshots, [one.household for one in some])
    taken = _of_few_shards(connection, serving.scorer, some, before)
    numbers = [one.household for one in taken]
    subjects = subjects_of(connection, numbers)
    alone = [subject for number, subject in subjects.items() if number in before]
    others = [subject for number, subject in subjects.items() if number not in before]
    inputs = [make_alone(connection, serving.scorer, alone, before, as_of)] if alone else []
    inputs += [_with_neighbours(connection, serving.scorer, others, as_of)] if others else []
    return _Known(
        taken,
        subjects,
        events_since(connection, taken),
        before,
        scores.standings_of(connection, numbers),
        stacked(serving.scorer.schema, inputs),
    )


def _of_few_shards(
    connection: Connection, scorer: Scorer, some: Sequence[Waiting], before: Mapping[int, Matrix]
) -> Sequence[Waiting]:
    """Leave out whoever lives in yet another shard that would have to be read as a whole; those struck first stay."""
    others = sorted((one for one in some if one.household not in before), key=lambda one: one.first_event)
    subjects = subjects_of(connection, [one.household for one in others])
    if not subjects:
        return some
    home = homes(shards(connection, scorer.programme), {subject.area_path for subject in subjects.values()})
    own = {one.household: home[subjects[one.household].area_path] for one in others if one.household in subjects}
    few = list(dict.fromkeys(own.values()))[:MOST_SHARDS]
    return [one for one in some if own.get(one.household, few[0]) in few]


def _with_neighbours(connection: Connection, scorer: Scorer, subjects: Sequence[Subject], as_of: dt.date) -> Inputs:
    """Make the features of households of which none were kept: with all of their shard, since rates look at everyone."""
    every = shards(connection, scorer.programme)
    home = homes(every, {subject.area_path for subject in subjects})
    wanted = {subject.household_id for subject in subjects}
    found = []
    for shard in sorted(set(home.values())):
        made = make(connection, scorer, every[shard], as_of).inputs
        found.append(made.where(np.array([one in wanted for one in made.household_id], dtype=bool)))
    return stacked(scorer.schema, found)


def _said(serving: Serving, known: _Known) -> _Said:
    numbers = {subject.household_id: number for number, subject in known.subjects.items()}
    found = serving.scorer.score_rows(known.inputs, REASONS)
    rows = packed(known.inputs, len(serving.scorer.schema.features))
    return _Said(
        {numbers[score["household_id"]]: row for score, row in zip(found, rows, strict=True)},
        {numbers[score["household_id"]]: score for score in found},
    )


def _keep(
    work: Rescoring,
    connection: Connection,
    serving: Serving,
    known: _Known,
    said: _Said,
    as_of: dt.date,
    now: dt.datetime,
) -> int:
    """Keep features, scores and alerts; return how many alerts people are told of."""
    scorer, store = serving.scorer, work.store
    own = {
        number: snapshots.Features(said.scores[number]["snapshot_digest"], row) for number, row in said.features.items()
    }
    # the first that is said of this model's features may be of whoever an event struck
    snapshots.keep_schema(store, connection, scorer.programme)
    snapshots.keep(store, connection, serving.snapshots, as_of, own, now)
    numbers = sorted(said.scores)
    scores.say(
        store,
        connection,
        [known.subjects[number] for number in numbers],
        [said.scores[number] for number in numbers],
        scored_at=now,
        step=scorer.programme.file.change_step,
    )
    # whoever is no longer at risk leaves the queue
    gone = sorted(set(known.subjects) - set(numbers))
    connection.execute(delete(standings).where(standings.c.household.in_(gone), standings.c.as_of <= as_of))
    in_force = work.rules(scorer)
    now_standing = scores.standings_of(connection, numbers)
    told = raise_alerts(
        store,
        connection,
        drafts(_cases(scorer, known, said), in_force.rules, scorer, as_of),
        {number: row.score for number, row in now_standing.items()},
        as_of=as_of,
        now=now,
        cooldown=in_force.cooldown,
        bands=scorer.names.bands,
    )
    return len(told)


def _cases(scorer: Scorer, known: _Known, said: _Said) -> list[Case]:
    groups = {column.name: column.group for column in scorer.programme.dictionary.table(EVENTS)}
    return [
        Case(
            subject,
            [_struck(row, groups) for row in known.events[number]],
            known.before.get(number),
            said.features.get(number),
            _standing(known.standing.get(number)),
            said.scores.get(number),
        )
        for number, subject in sorted(known.subjects.items())
    ]


def _struck(row: Row[Any], groups: Mapping[str, str]) -> Struck:
    return Struck(row.event, groups.get(row.kind, ""), Origin(row.origin) if row.origin else None, row.kind)


def _standing(row: Row[Any] | None) -> Standing | None:
    return None if row is None else Standing(row.probability, row.band)
