"""Households asked for by id: who they are, on which date, and which model answers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import Connection

from riskmodel.errors import Fault, NotFound, ValuesInvalid
from riskmodel.programme.programme import AreaRow
from riskmodel.scoring.inputs import Inputs, stacked
from riskmodel.service.errors import NotAtRisk
from riskmodel.service.features import features_of
from riskmodel.service.places import Places
from riskmodel.service.serving import Serving
from riskmodel.service.state import State
from riskmodel.service.store.households import Subject, area_rows, find
from riskmodel.service.store.scores import standing_dates

NOT_FOUND, NOT_AT_RISK = "not_found", "not_at_risk"


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked.

    Attributes
    ----------
    ids : tuple of str
        Households.
    as_of : date or None
        Only what was recorded before it counts; the date of each household's standing score where None.
    version : str or None
        The model that answers. Where None, the one that was live on ``as_of``; the champion if that is None too.
    area_path : str
        Area that whoever asks may see; empty for all.
    """

    ids: tuple[str, ...]
    as_of: dt.date | None
    version: str | None
    area_path: str


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What can be answered.

    Attributes
    ----------
    serving : Serving
        The model.
    inputs : Inputs
        Features, one row a household.
    subjects : tuple of Subject
        The households of those rows.
    refused : tuple of (int, str)
        Places in the question that have no answer, each with its reason.
    """

    serving: Serving
    inputs: Inputs
    subjects: tuple[Subject, ...]
    refused: tuple[tuple[int, str], ...]


def ask(state: State, question: Question) -> Found:
    """Find what answers a question.

    Raises
    ------
    ValuesInvalid
        If the date is in the future.
    NoModelThen, NotFound
        If there is no model to answer.
    Overloaded
        If features have to be made anew, and too many others ask for that.
    """
    if question.as_of is not None and question.as_of > state.today():
        raise ValuesInvalid("request", [Fault("as_of", "future", "expected a date that is not in the future")])
    serving = _serving(state, question)
    with state.store.reading() as connection:
        return _found(connection, serving, question, state.places)


def ask_one(state: State, question: Question) -> Found:
    """Find what answers a question about one household.

    Raises
    ------
    NotFound
        If there is none of that id in the area that may be seen.
    NotAtRisk
        If it was not at risk on the date.
    """
    found = ask(state, question)
    for _, reason in found.refused:
        if reason == NOT_AT_RISK:
            raise NotAtRisk(
                "the household was not among those at risk on that date, so it has no score; ask for another date"
            )
        raise NotFound("no such household")
    return found


def _serving(state: State, question: Question) -> Serving:
    if question.version is not None:
        return state.versions.version(question.version)
    return state.versions.champion() if question.as_of is None else state.versions.live_on(question.as_of)


def _found(connection: Connection, serving: Serving, question: Question, workshop: Places) -> Found:
    known = find(connection, question.ids, question.area_path)
    days = _days(connection, question, list(known.values()))
    blocks: list[Inputs] = []
    answered: list[int] = []
    for day in sorted(set(days.values())):
        places = [
            place for place, one in enumerate(question.ids) if one in known and days.get(known[one].household) == day
        ]
        subjects = [known[question.ids[place]] for place in places]
        inputs, at_risk = features_of(connection, serving, subjects, day, workshop)
        blocks.append(inputs)
        answered += [places[row] for row in at_risk]
    order = np.argsort(np.array(answered, dtype="int64"), kind="stable")
    inputs = stacked(serving.scorer.schema, blocks).where(order)
    answered_places = set(answered)
    refused = [
        (place, NOT_AT_RISK if one in known else NOT_FOUND)
        for place, one in enumerate(question.ids)
        if place not in answered_places
    ]
    return Found(serving, inputs, tuple(known[question.ids[place]] for place in sorted(answered)), tuple(refused))


def _days(connection: Connection, question: Question, subjects: Sequence[Subject]) -> dict[int, dt.date]:
    """Return the date that is asked about, by household; those that no score stands for have none."""
    numbers = [subject.household for subject in subjects]
    if question.as_of is not None:
        return dict.fromkeys(numbers, question.as_of)
    return standing_dates(connection, numbers)


def areas_of(state: State, subjects: Sequence[Subject]) -> dict[str, AreaRow]:
    """Return the areas where some households live, and the one above each, by code."""
    with state.store.reading() as connection:
        return dict(area_rows(connection, [subject.area_code for subject in subjects]))
