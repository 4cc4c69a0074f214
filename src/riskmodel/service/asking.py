"""Households asked for by id: who they are, on which date, and which model answers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import Connection

from riskmodel.errors import BundleCorrupt, Fault, NotFound, ValuesInvalid
from riskmodel.programme.programme import AreaRow
from riskmodel.scoring.inputs import Inputs, stacked
from riskmodel.service.errors import NotAtRisk
from riskmodel.service.features import AtHand, Matrix, at_hand, inputs_of, made_anew
from riskmodel.service.serving import Serving
from riskmodel.service.state import State
from riskmodel.service.store.case_reading import said_now
from riskmodel.service.store.households import Subject, area_rows, find
from riskmodel.service.store.scores import standing_dates, version_said

MOST_SHARDS = 3
"""Areas whose features are made anew for one question."""
LATER_THAN_TOMORROW = "expected a date up to tomorrow, as of which all is seen that was recorded until now"
TOO_MANY_AREAS = f"no cohort was scored for that date, so features are made anew: of households in at most {MOST_SHARDS} areas at a time"
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
        The model that answers. Where None, the one that said what was said for ``as_of``, or was live then if nothing was;
        the champion if that is None too.
    area_path : str
        Area that whoever asks may see; empty for all.
    as_listed : bool
        Whether the model that gave the standing score answers, as far as it can still be asked: what the list is ordered
        by. Of several households it is the first one's.
    """

    ids: tuple[str, ...]
    as_of: dt.date | None
    version: str | None
    area_path: str
    as_listed: bool = False


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
        If the date is later than tomorrow, or features of too many areas would have to be made.
    NoModelThen, NotFound
        If there is no model to answer.
    Overloaded
        If features have to be made anew, and too many others ask for that.
    """
    if question.as_of is not None and question.as_of > state.latest_as_of():
        raise ValuesInvalid("request", [Fault("as_of", "future", LATER_THAN_TOMORROW)])
    with state.store.reading() as connection:
        known = find(connection, question.ids, question.area_path)
        serving = _serving(state, connection, question, known)
        dates = _by_date(connection, question, known)
        hands = {day: at_hand(connection, serving, [known[one] for one in ids], day) for day, ids in dates.items()}
    # no connection is held while somebody waits for a place, nor one of the pool's for each who waits
    features = {day: _complete(state, serving, hand, day) for day, hand in hands.items()}
    return _found(question, serving, known, dates, features)


def _complete(state: State, serving: Serving, hand: AtHand, day: dt.date) -> Mapping[int, Matrix]:
    if not hand.missing:
        return hand.features
    if len(hand.missing) > MOST_SHARDS:
        raise ValuesInvalid("request", [Fault("household_ids", "too_many_areas", TOO_MANY_AREAS)])
    with state.places.taken(), state.store.reading() as connection:
        return {**made_anew(connection, serving.scorer, hand, day), **hand.features}


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


def _serving(state: State, connection: Connection, question: Question, known: Mapping[str, Subject]) -> Serving:
    if question.version is not None:
        return state.versions.version(question.version)
    if question.as_listed:
        return _as_listed(state, connection, question, known)
    if question.as_of is None:
        return state.versions.champion()
    said = version_said(connection, [subject.household for subject in known.values()], question.as_of)
    return state.versions.live_on(question.as_of) if said is None else state.versions.version(said)


def _as_listed(state: State, connection: Connection, question: Question, known: Mapping[str, Subject]) -> Serving:
    """Return the model that gave the standing score; the champion where there is none, or its bundle is gone."""
    subject = next((known[one] for one in question.ids if one in known), None)
    said = None if subject is None else said_now(connection, subject.household)
    try:
        return state.versions.champion() if said is None else state.versions.version(said.version)
    except (NotFound, BundleCorrupt):
        return state.versions.champion()


def _by_date(connection: Connection, question: Question, known: Mapping[str, Subject]) -> dict[dt.date, list[str]]:
    """Return the ids by the date that is asked about; those that no score stands for have none."""
    if question.as_of is not None:
        return {question.as_of: list(known)} if known else {}
    days = standing_dates(connection, [subject.household for subject in known.values()])
    found: dict[dt.date, list[str]] = {}
    for one, subject in known.items():
        if subject.household in days:
            found.setdefault(days[subject.household], []).append(one)
    return found


def _found(
    question: Question,
    serving: Serving,
    known: Mapping[str, Subject],
    dates: Mapping[dt.date, Sequence[str]],
    features: Mapping[dt.date, Mapping[int, Matrix]],
) -> Found:
    day_of = {one: day for day, ids in dates.items() for one in ids if known[one].household in features[day]}
    places = [place for place, one in enumerate(question.ids) if one in day_of]
    blocks, order = [], []
    for day in sorted(dates):
        own = [place for place in places if day_of[question.ids[place]] == day]
        order += own
        blocks.append(inputs_of(serving.scorer, [known[question.ids[place]] for place in own], features[day], day))
    rows = np.argsort(np.array(order, dtype="int64"), kind="stable")
    refused = [
        (place, NOT_AT_RISK if one in known else NOT_FOUND)
        for place, one in enumerate(question.ids)
        if one not in day_of
    ]
    subjects = tuple(known[question.ids[place]] for place in places)
    return Found(serving, stacked(serving.scorer.schema, blocks).where(rows), subjects, tuple(refused))


def areas_of(state: State, subjects: Sequence[Subject]) -> dict[str, AreaRow]:
    """Return the areas where some households live, and the one above each, by code."""
    with state.store.reading() as connection:
        return dict(area_rows(connection, [subject.area_code for subject in subjects]))
