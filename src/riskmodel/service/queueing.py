"""Whom to visit first: a part of the queue, scored anew by the model that gave each household its place."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from riskmodel.programme.programme import AreaRow
from riskmodel.scoring.rows import Row
from riskmodel.service.asking import Found, Question, areas_of, ask
from riskmodel.service.serving import Serving
from riskmodel.service.state import State
from riskmodel.service.store.households import Subject
from riskmodel.service.store.queue_rows import Listed
from riskmodel.service.store.scores import Standing, queue, queue_size


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """A household in the queue.

    Attributes
    ----------
    rank : int
        The first is 1.
    subject : Subject
        The household.
    serving : Serving
        The model that gave it its place.
    score : dict
        Its score, with the texts of its reasons.
    """

    rank: int
    subject: Subject
    serving: Serving
    score: Row


def places(state: State, area_path: str, first: int, count: int, reasons: int) -> list[Place]:
    """Return the places of an area's queue from ``first`` (the head is 0) on.

    Parameters
    ----------
    state : State
        The store and the models.
    area_path : str
        The area; empty for all.
    first, count : int
        Which part.
    reasons : int
        How many reasons each.
    """
    with state.store.reading() as connection:
        standing = queue(connection, area_path, first, count)
    found = scored_now(state, standing, area_path, reasons)
    ranked = [(rank, one.household_id) for rank, one in enumerate(standing, start=first + 1)]
    return [_place(rank, *found[one]) for rank, one in ranked if one in found]


def _place(rank: int, subject: Subject, serving: Serving, score: Row) -> Place:
    return Place(rank, subject, serving, serving.texts.add([score])[0])


def scored_now(
    state: State, standing: Sequence[Standing | Listed], area_path: str, reasons: int
) -> dict[str, tuple[Subject, Serving, Row]]:
    """Return households by id, each with the model that gave it its place and its score by that one, without texts.

    Parameters
    ----------
    state : State
        The store and the models.
    standing : sequence of Standing or Listed
        Which ones, with date and version of the score that counts.
    area_path : str
        The area that may be seen.
    reasons : int
        How many reasons each.
    """
    found: dict[str, tuple[Subject, Serving, Row]] = {}
    for (version, as_of), ids in _questions(standing).items():
        answered = ask(state, Question(tuple(ids), as_of, version, area_path))
        found |= _scored(answered, reasons)
    return found


def _questions(standing: Sequence[Standing | Listed]) -> dict[tuple[str, dt.date], list[str]]:
    questions: dict[tuple[str, dt.date], list[str]] = {}
    for one in standing:
        questions.setdefault((one.version, one.as_of), []).append(one.household_id)
    return questions


def _scored(found: Found, reasons: int) -> dict[str, tuple[Subject, Serving, Row]]:
    scores = found.serving.scorer.score_rows(found.inputs, reasons) if found.subjects else []
    return {
        subject.household_id: (subject, found.serving, score)
        for subject, score in zip(found.subjects, scores, strict=True)
    }


def size(state: State, area_path: str) -> int:
    """Return how many households an area's queue has."""
    with state.store.reading() as connection:
        return queue_size(connection, area_path)


def areas(state: State, found: Sequence[Place]) -> Mapping[str, AreaRow]:
    """Return the areas of some places, and the one above each."""
    return areas_of(state, [place.subject for place in found])
