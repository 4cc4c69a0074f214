"""Features of households out of the store: as they were kept, or made anew from what was recorded before a date."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import structlog
from sqlalchemy import Connection

from riskmodel.features.cohort import cohort
from riskmodel.features.making import Knowledge
from riskmodel.features.snapshot import build_snapshot
from riskmodel.features.timeline import Timeline, timeline
from riskmodel.programme.dictionary import How
from riskmodel.programme.programme import Programme
from riskmodel.scoring.inputs import Inputs, read_inputs, stacked
from riskmodel.scoring.scorer import Scorer
from riskmodel.service.serving import Serving
from riskmodel.service.store.households import Subject
from riskmodel.service.store.panels import stored_panel
from riskmodel.service.store.shards import homes, members, shards
from riskmodel.service.store.snapshots import kept, whole_shards

Matrix = npt.NDArray[np.float64]
UNKNOWN = np.inf
"""Stands for a category that the model does not know in features that are kept; no feature is infinite."""


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """Features of the households of some areas that are at risk on a date.

    Attributes
    ----------
    inputs : Inputs
        By household_id.
    members : mapping of str to int
        Number of every household of those areas, at risk or not.
    line : Timeline or None
        What was recorded of them all; None where nobody lives there.
    """

    inputs: Inputs
    members: Mapping[str, int]
    line: Timeline | None = None


def make(connection: Connection, scorer: Scorer, area_codes: Sequence[str], as_of: dt.date) -> Made:
    """Make the features of everyone at risk in some areas, which must be whole shards.

    Parameters
    ----------
    connection : Connection
        One state of the store.
    scorer : Scorer
        Whose programme says which features.
    area_codes : sequence of str
        The areas.
    as_of : date
        Cut-off, exclusive: only rows recorded before it are seen.
    """
    programme = scorer.programme
    everyone = members(connection, area_codes)
    if not everyone:
        return Made(stacked(scorer.schema, ()), everyone)
    line = timeline(stored_panel(connection, programme, sorted(everyone.values())), programme)
    return Made(_inputs(scorer, programme, line, as_of), everyone, line)


def make_alone(
    connection: Connection, scorer: Scorer, subjects: Sequence[Subject], last: Mapping[int, Matrix], as_of: dt.date
) -> Inputs:
    """Make the features of some households without their neighbours.

    Parameters
    ----------
    connection : Connection
        One state of the store.
    scorer : Scorer
        Whose programme says which features.
    subjects : sequence of Subject
        The households.
    last : mapping of int to ndarray
        What was last known of each of them: rates of their areas are taken from there, since they look at everyone who
        lives there and change slowly. The next cohort makes them anew.
    as_of : date
        Cut-off, exclusive: only rows recorded before it are seen.

    Returns
    -------
    Inputs
        Of those that are at risk.
    """
    programme = scorer.programme
    numbers = {subject.household_id: subject.household for subject in subjects}
    line = timeline(stored_panel(connection, programme, sorted(numbers.values())), programme)
    inputs = _inputs(scorer, programme, line, as_of)
    rates = [place for place, feature in enumerate(programme.features) if feature.how is How.AREA_RATE]
    if not rates or not len(inputs.household_id):
        return inputs
    matrix = inputs.matrix.copy()
    matrix[:, rates] = np.stack([last[numbers[one]][rates] for one in inputs.household_id])
    return replace(inputs, matrix=matrix)


def _inputs(scorer: Scorer, programme: Programme, line: Timeline, as_of: dt.date) -> Inputs:
    at_risk = cohort(programme, Knowledge(line, programme.dictionary, as_of))
    if not len(at_risk):
        return stacked(scorer.schema, ())
    # the date was checked before: a cohort as of a later day is nobody's question
    inputs, bad = read_inputs(scorer.schema, build_snapshot(programme, line, as_of, at_risk), as_of)
    if bad:
        rules = sorted({f"{cell.column}: {cell.rule}" for cell in bad})
        structlog.get_logger().warning("features_refused", rows=len({cell.row for cell in bad}), rules=rules)
    return inputs.sound(bad)


def packed(inputs: Inputs, features: int) -> Matrix:
    """Return features as they are kept, shape (n, n_features)."""
    return np.where(inputs.unknown, UNKNOWN, inputs.matrix[:, :features])


@dataclass(frozen=True, slots=True, eq=False)
class AtHand:
    """What is kept of some households for a date.

    Attributes
    ----------
    features : mapping of int to ndarray
        By household.
    missing : mapping of str to list of Subject
        Those of whom it is not known whether they were at risk, by the shard that has to be looked at.
    shards : mapping of str to sequence of str
        The areas of each of those shards.
    """

    features: Mapping[int, Matrix]
    missing: Mapping[str, list[Subject]]
    shards: Mapping[str, Sequence[str]]


def at_hand(connection: Connection, serving: Serving, subjects: Sequence[Subject], as_of: dt.date) -> AtHand:
    """Return what is kept of some households for a date, and what is missing."""
    found = kept(connection, serving.snapshots, as_of, [subject.household for subject in subjects])
    others = [subject for subject in subjects if subject.household not in found]
    if not others:
        return AtHand(found, {}, {})
    every, whole = shards(connection, serving.scorer.programme), whole_shards(connection, serving.snapshots, as_of)
    home = homes(every, {subject.area_path for subject in others})
    missing: dict[str, list[Subject]] = {}
    for subject in others:
        if home[subject.area_path] not in whole:
            missing.setdefault(home[subject.area_path], []).append(subject)
    return AtHand(found, missing, {shard: every[shard] for shard in missing})


def made_anew(connection: Connection, scorer: Scorer, known: AtHand, as_of: dt.date) -> dict[int, Matrix]:
    """Return features of the households that are missing and were at risk, shard by shard."""
    found: dict[int, Matrix] = {}
    for shard, subjects in known.missing.items():
        made = make(connection, scorer, known.shards[shard], as_of)
        wanted = {subject.household for subject in subjects}
        rows = zip(made.inputs.household_id, packed(made.inputs, len(scorer.schema.features)), strict=True)
        found |= {made.members[one]: row for one, row in rows if made.members[one] in wanted}
    return found


def inputs_of(scorer: Scorer, subjects: Sequence[Subject], features: Mapping[int, Matrix], as_of: dt.date) -> Inputs:
    """Return kept features as they are scored, one row a household."""
    if not subjects:
        return stacked(scorer.schema, ())
    own = np.stack([features[subject.household] for subject in subjects])
    matrix = np.full((len(subjects), len(scorer.schema.names)), np.nan)
    unknown = own == UNKNOWN
    matrix[:, : own.shape[1]] = np.where(unknown, np.nan, own)
    ids = np.array([subject.household_id for subject in subjects], dtype=object)
    return Inputs(ids, np.full(len(subjects), np.datetime64(as_of, "D")), matrix, unknown)
