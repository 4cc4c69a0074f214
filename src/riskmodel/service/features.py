"""Features of households out of the store: as they were kept, or made anew from what was recorded before a date."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import structlog
from sqlalchemy import Connection

from riskmodel.features.cohort import cohort
from riskmodel.features.making import Knowledge
from riskmodel.features.snapshot import build_snapshot
from riskmodel.features.timeline import Timeline, timeline
from riskmodel.programme.programme import Programme
from riskmodel.scoring.inputs import Inputs, read_inputs, stacked
from riskmodel.scoring.scorer import Scorer
from riskmodel.service.places import Places
from riskmodel.service.serving import Serving
from riskmodel.service.store.households import Subject
from riskmodel.service.store.panels import stored_panel
from riskmodel.service.store.shards import members, shard_of
from riskmodel.service.store.snapshots import kept

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
    """

    inputs: Inputs
    members: Mapping[str, int]


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
    return Made(_inputs(scorer, programme, line, as_of), everyone)


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


def features_of(
    connection: Connection, serving: Serving, subjects: Sequence[Subject], as_of: dt.date, places: Places
) -> tuple[Inputs, list[int]]:
    """Return features of some households as of a date.

    Parameters
    ----------
    connection : Connection
        One state of the store.
    serving : Serving
        The model whose features they are.
    subjects : sequence of Subject
        Which households.
    as_of : date
        The date.
    places : Places
        Where features are made that are not kept.

    Returns
    -------
    Inputs
        Of those that were at risk on the date, in the order given.
    list of int
        The places of those in ``subjects``.

    Raises
    ------
    Overloaded
        If features have to be made, and there is no place for it.
    """
    scorer = serving.scorer
    features = kept(connection, serving.snapshots, as_of, [subject.household for subject in subjects])
    missing = [subject for subject in subjects if subject.household not in features]
    if missing:
        areas = shard_of(connection, scorer.programme, {subject.area_path for subject in missing})
        with places.taken():
            made = make(connection, scorer, areas, as_of)
        rows = packed(made.inputs, len(scorer.schema.features))
        features |= {made.members[one]: row for one, row in zip(made.inputs.household_id, rows, strict=True)}
    at_risk = [place for place, subject in enumerate(subjects) if subject.household in features]
    return _unpacked(scorer, [subjects[place] for place in at_risk], features, as_of), at_risk


def _unpacked(scorer: Scorer, subjects: Sequence[Subject], features: Mapping[int, Matrix], as_of: dt.date) -> Inputs:
    if not subjects:
        return stacked(scorer.schema, ())
    own = np.stack([features[subject.household] for subject in subjects])
    matrix = np.full((len(subjects), len(scorer.schema.names)), np.nan)
    unknown = own == UNKNOWN
    matrix[:, : own.shape[1]] = np.where(unknown, np.nan, own)
    ids = np.array([subject.household_id for subject in subjects], dtype=object)
    return Inputs(ids, np.full(len(subjects), np.datetime64(as_of, "D")), matrix, unknown)
