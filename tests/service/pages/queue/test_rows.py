"""Rows of the visit list: what they say of a household is what the store knows, in the procedure's own days."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from conftest import NOW
from helpers.accounts import settings
from riskmodel.language import LOCALES, language
from riskmodel.service.access import ROLE_PERMISSIONS, Principal, Role
from riskmodel.service.cohorts import LIST_SINCE
from riskmodel.service.metrics import Metrics
from riskmodel.service.pages.deciding.words import decide_deadline
from riskmodel.service.pages.queue.filters import Asked
from riskmodel.service.pages.queue.rows import QueueRow, Scope, rows_of, visits_of
from riskmodel.service.state import State
from riskmodel.service.store.case_rows import note
from riskmodel.service.store.facts import write_fact
from riskmodel.service.store.tables import households, records, scores, snapshots, standings

DAY = dt.timedelta(days=1)
LI = Principal("user", "li", Role.REVIEWER, ROLE_PERMISSIONS[Role.REVIEWER], "")


@pytest.fixture
def state(models_dir: Path, store_copy: str) -> Iterator[State]:
    state = State(settings(models=models_dir, programme="tinyland", store=store_copy), lambda: NOW, Metrics())
    yield state
    state.close()


def first(state: State, code: str = "en") -> QueueRow:
    visits, _ = visits_of(state, "")
    return rows_of(state, Scope(LI, "", "", Asked()), visits, 0, 1, language(code)).rows[0]


def alter(state: State, table: Any, **values: Any) -> None:
    """Change the row of the first household of the list."""
    order = standings.c.negative_log_odds, standings.c.household_id
    with state.store.writing() as connection:
        top = connection.execute(select(standings).order_by(*order)).first()
        assert top is not None
        if table is None:
            note(state.store, connection, top.household, **values)
        else:
            key = table.c.score == top.score
            connection.execute(update(table).where(key).values(**values))


def since(state: State, at: dt.datetime) -> None:
    """Let this period's list have been there since an instant."""
    with state.store.writing() as connection:
        write_fact(state.store, connection, LIST_SINCE, at.isoformat())


@pytest.mark.parametrize(
    ("days", "words", "overdue"),
    [
        (0, "waiting since today", False),
        (1, "1 day waiting", False),
        (15, "15 days waiting", False),
        (16, "1 day overdue (16 days waiting)", True),
        (18, "3 days overdue (18 days waiting)", True),
    ],
)
def test_days_since_the_first_sign(state: State, days: int, words: str, overdue: bool) -> None:
    alter(state, None, waiting_since=NOW - days * DAY, origin="self_report")
    row = first(state)
    assert (row.status, row.waiting, row.overdue) == ("Open", words, overdue)
    assert row.origin == "reported by the household"


def test_by_as_much_as_the_household_s_own_page_says(state: State) -> None:
    alter(state, None, waiting_since=NOW - 18 * DAY, origin="self_report")
    for code in LOCALES:
        own = decide_deadline(language(code), NOW - 18 * DAY, NOW, 15, "UTC")
        assert own is not None and first(state, code).waiting.startswith(own.text)
    assert first(state, "zh").waiting == "已逾期3天（已等待18天）"


def test_without_a_sign_it_waits_since_it_is_in_its_band_and_nothing_is_overdue(state: State) -> None:
    alter(state, standings, band_since=NOW - 40 * DAY)
    row = first(state)
    assert (row.waiting, row.overdue, row.origin) == ("40 days waiting", False, "")
    assert first(state, "zh").waiting == "已等待40天"


def test_what_was_decided_waits_no_more_until_the_next_sign(state: State) -> None:
    since(state, NOW - 9 * DAY)
    alter(state, None, outcome="monitor", decided_at=NOW - 9 * DAY, assignee="li")
    row = first(state)
    assert (row.status, row.waiting, row.overdue, row.assignee) == ("Monitor", "", False, "li")
    alter(state, None, waiting_since=NOW - 2 * DAY, origin="model")
    assert (first(state).status, first(state).waiting) == ("Open", "2 days waiting")


def test_a_decision_about_an_earlier_list_shows_its_date(state: State) -> None:
    alter(state, None, outcome="needs_visit", decided_at=NOW - 9 * DAY)
    since(state, NOW - 8 * DAY)
    day = language("en").date((NOW - 9 * DAY).date())
    assert first(state).status == f"Needs a visit (decided on {day})"
    since(state, NOW - 10 * DAY)
    assert first(state).status == "Needs a visit"


def test_what_is_different_from_last_time(state: State) -> None:
    alter(state, scores, previous_probability=None)
    assert (first(state).changes, first(state).direction) == (("first score",), "")
    alter(state, scores, previous_probability=0.001)
    alter(state, standings, band_since=NOW - 400 * DAY)
    up = first(state)
    assert up.direction == "up" and len(up.changes) == 1 and up.changes[0].startswith("was ")
    alter(state, scores, previous_probability=0.999)
    assert first(state).direction == "down"


def test_a_move_that_is_too_small_to_tell_is_not_told(state: State) -> None:
    with state.store.reading() as connection:
        now = connection.execute(select(standings.c.probability).order_by(standings.c.negative_log_odds)).scalars()
        probability = next(iter(now))
    alter(state, scores, previous_probability=probability - 0.001)
    alter(state, standings, band_since=NOW - 400 * DAY)
    assert first(state).changes == ()


def test_new_in_the_band_with_the_score_that_counts(state: State) -> None:
    with state.store.reading() as connection:
        score = select(scores).join(standings, standings.c.score == scores.c.score)
        row = connection.execute(score.order_by(standings.c.negative_log_odds)).first()
    assert row is not None
    alter(state, scores, previous_probability=row.probability)
    alter(state, standings, band_since=row.scored_at)
    assert first(state).changes == ("new in this band",)


def test_reasons_raise_the_risk_and_are_few(state: State) -> None:
    visits, households = visits_of(state, "")
    assert 0 < visits <= households
    found = rows_of(state, Scope(LI, "", "", Asked()), visits, 0, 50, language("en"))
    assert all(len(row.reasons) <= 2 for row in found.rows) and any(row.reasons for row in found.rows)
    assert [row.rank for row in found.rows] == list(range(1, len(found.rows) + 1))
    assert [subject.household_id for _, subject in found.listed] == [row.household_id for row in found.rows]
    assert found.read == len(found.rows)


def test_a_household_that_cannot_be_scored_is_left_out_but_the_list_goes_on(state: State) -> None:
    visits, _ = visits_of(state, "")
    gone = first(state).household_id
    with state.store.writing() as connection:
        number = select(households.c.household).where(households.c.household_id == gone).scalar_subquery()
        connection.execute(delete(snapshots).where(snapshots.c.household == number))
        connection.execute(delete(records).where(records.c.household == number))
    found = rows_of(state, Scope(LI, "", "", Asked()), visits, 0, 3, language("en"))
    assert (found.read, len(found.rows)) == (3, 2)
    assert gone not in [row.household_id for row in found.rows]
