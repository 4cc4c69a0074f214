"""What is different from last time: the score, and whether the data moved it, or the model."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row

from riskmodel.explain.reasons import Driver
from riskmodel.scoring.rows import Row as Score
from riskmodel.service.features import inputs_of
from riskmodel.service.serving import Serving
from riskmodel.service.store.households import Subject
from riskmodel.service.store.story_rows import features_said

MOST_MOVED = 5
LEAST_MOVED = 0.02
"""Log-odds below which nobody would notice."""


@dataclass(frozen=True, slots=True)
class Moved:
    """A feature whose contribution changed, by the present model.

    Attributes
    ----------
    before, after : Driver
        The feature as it was and as it is.
    """

    before: Driver
    after: Driver

    @property
    def log_odds(self) -> float:
        """By how much it moved the risk."""
        return self.after.log_odds - self.before.log_odds


@dataclass(frozen=True, slots=True)
class Change:
    """What is different from last time.

    Attributes
    ----------
    as_of, version : date, str
        Of the score before.
    probability : float
        What it said.
    band : str
        Its band.
    same_model : bool
        Whether the same model said it.
    data_part, model_part : float or None
        What the data and the model moved, in log-odds; they add up to the whole. None where the data of last time are kept no
        longer.
    moved : tuple of Moved
        What moved most by the data.
    """

    as_of: dt.date
    version: str
    probability: float
    band: str
    same_model: bool
    data_part: float | None
    model_part: float | None
    moved: tuple[Moved, ...]


def change_of(
    connection: Connection, serving: Serving, subject: Subject, score: Score, said: Sequence[Row[Any]]
) -> Change | None:
    """Return what is different from the score before; None where there is none.

    Parameters
    ----------
    connection : Connection
        Of the store.
    serving : Serving
        The model that says what is said now.
    subject : Subject
        The household.
    score : dict
        What is said now, with every feature among its reasons.
    said : sequence of Row
        What was said of it, the newest first.
    """
    before = _before(score, said)
    if before is None:
        return None
    old = _by_this_model(connection, serving, subject, before)
    same_model = before.digest == score["model"]["digest"]
    data_part = None if old is None else score["log_odds"] - old["log_odds"]
    model_part = None if old is None else old["log_odds"] - before.log_odds
    moved = () if old is None else _moved(old, score)
    return Change(
        before.as_of, before.version, before.probability, before.band, same_model, data_part, model_part, moved
    )


def _before(score: Score, said: Sequence[Row[Any]]) -> Row[Any] | None:
    """Return the latest that was said by another model or of other data."""
    now = score["model"]["digest"], score["snapshot_digest"]
    earlier = [row for row in said if row.as_of <= dt.date.fromisoformat(score["as_of"])]
    return next((row for row in earlier if (row.digest, row.snapshot_digest) != now), None)


def _by_this_model(connection: Connection, serving: Serving, subject: Subject, before: Row[Any]) -> Score | None:
    """Return what the present model says of the data of last time."""
    values = features_said(connection, subject.household, before.as_of, serving.snapshots, before.snapshot_digest)
    if values is None:
        return None
    inputs = inputs_of(serving.scorer, [subject], {subject.household: values}, before.as_of)
    return serving.score(inputs, len(serving.scorer.schema.features))[0]


def _moved(old: Score, new: Score) -> tuple[Moved, ...]:
    before = {reason["feature"]: Driver.of(reason) for reason in old["reasons"]}
    after = {reason["feature"]: Driver.of(reason) for reason in new["reasons"]}
    both = [Moved(before[name], after[name]) for name in after if name in before]
    felt = [one for one in both if abs(one.log_odds) >= LEAST_MOVED]
    return tuple(sorted(felt, key=lambda one: (-abs(one.log_odds), one.after.feature))[:MOST_MOVED])
