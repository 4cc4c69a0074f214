"""What is different from last time: data and model are parted, and add up to the whole."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update

from conftest import AS_OF, NOW, Tiny
from helpers.accounts import settings
from helpers.stores import closing_store
from helpers.tiny_store import score
from riskmodel.scoring.scorer import Scorer
from riskmodel.service.asking import Question, ask_one
from riskmodel.service.changes import Change, change_of
from riskmodel.service.metrics import Metrics
from riskmodel.service.state import State
from riskmodel.service.store.scores import said_of
from riskmodel.service.store.tables import scores, snapshots, standings

BEFORE = dt.date(2020, 1, 1)


@pytest.fixture
def url(models_dir: Path, store_copy: str, scorer: Scorer, tiny: Tiny) -> str:
    with closing_store(store_copy) as store:
        with store.writing() as connection:
            # told in order: first the year before, then this one
            connection.execute(delete(standings))
            connection.execute(delete(scores))
        score(store, scorer, BEFORE, NOW)
        score(store, scorer, AS_OF, NOW)
    return store_copy


def changes(models_dir: Path, url: str) -> list[Change | None]:
    state = State(settings(models=models_dir, programme="tinyland", store=url), lambda: NOW, Metrics())
    try:
        with state.store.reading() as connection:
            ids = list(connection.execute(select(standings.c.household_id).limit(30)).scalars())
        return [_change(state, one) for one in ids]
    finally:
        state.close()


def _change(state: State, one: str) -> Change | None:
    found = ask_one(state, Question((one,), None, None, ""))
    features = len(found.serving.scorer.schema.features)
    now = found.serving.score(found.inputs, features)[0]
    with state.store.reading() as connection:
        said = said_of(connection, found.subjects[0].household, 24)
        return change_of(connection, found.serving, found.subjects[0], now, said)


def test_by_the_same_model_it_is_all_the_data(models_dir: Path, url: str) -> None:
    found = [one for one in changes(models_dir, url) if one is not None]
    assert len(found) > 15
    for one in found:
        assert (one.as_of, one.same_model) == (BEFORE, True)
        assert one.model_part == pytest.approx(0, abs=1e-12)
        assert one.data_part is not None
        listed = [moved.log_odds for moved in one.moved]
        assert listed == sorted(listed, key=lambda value: -abs(value))
        assert all(moved.before.feature == moved.after.feature for moved in one.moved)


def test_what_another_model_said_is_parted(models_dir: Path, url: str) -> None:
    with closing_store(url) as store, store.writing() as connection:
        own = update(scores).where(scores.c.as_of == BEFORE)
        connection.execute(own.values(digest="another", log_odds=scores.c.log_odds + 0.25))
    found = [one for one in changes(models_dir, url) if one is not None]
    assert {one.same_model for one in found} == {False}
    assert all(one.model_part == pytest.approx(-0.25, abs=1e-9) for one in found)


def test_where_the_data_of_last_time_are_gone_nothing_is_guessed(models_dir: Path, url: str) -> None:
    with closing_store(url) as store, store.writing() as connection:
        connection.execute(delete(snapshots).where(snapshots.c.as_of == BEFORE))
    found = [one for one in changes(models_dir, url) if one is not None]
    assert {(one.data_part, one.model_part, one.moved) for one in found} == {(None, None, ())}


def test_who_was_never_scored_before_has_no_last_time(models_dir: Path, url: str) -> None:
    with closing_store(url) as store, store.writing() as connection:
        connection.execute(delete(scores).where(scores.c.as_of == BEFORE))
    assert set(changes(models_dir, url)) == {None}
