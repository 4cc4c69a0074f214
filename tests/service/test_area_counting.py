"""The parts of a list add up, for the area, by reason and by the areas below."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select

from conftest import NOW
from helpers.accounts import settings
from riskmodel.service.area_counting import AreaCounts, ListCounts, counts_of, list_counts
from riskmodel.service.metrics import Metrics
from riskmodel.service.state import State
from riskmodel.service.store.area_counts import ListPart
from riskmodel.service.store.area_trees import area_tree
from riskmodel.service.store.case_rows import note
from riskmodel.service.store.tables import area_figures, events, facts, standings

PARTS = st.builds(
    ListPart,
    st.sampled_from(["/c/", "/c/a/", "/c/a/x/", "/c/ab/"]),
    st.sampled_from(["", "income", "health"]),
    *[st.integers(0, 50)] * 5,
)


def test_known_answers() -> None:
    parts = [ListPart("/c/a/x/", "income", 9, 5, 3, 2, 1), ListPart("/c/a/", "health", 3, 1, 1, 0, 0)]
    parts.append(ListPart("/c/ab/", "income", 1, 0, 0, 1, 1))
    by_area = {"a": (12, 6), "x": (9, 5), "ab": (1, 0)}
    assert list_counts(parts, "/c/") == ListCounts(13, 6, 4, 3, 2, {"income": 10, "health": 3}, by_area)
    assert list_counts(parts, "").by_area == {"c": (13, 6), "a": (12, 6), "ab": (1, 0)}
    assert list_counts(parts[:2], "/c/a/").by_area == {"x": (9, 5)}
    assert list_counts([], "/c/") == ListCounts(0, 0, 0, 0, 0, {}, {})


@given(st.lists(PARTS, max_size=20))
def test_nobody_is_lost(parts: list[ListPart]) -> None:
    found = list_counts(parts, "/c/")
    below = [found.by_area.get(code, (0, 0)) for code in ("a", "ab")]
    own = [part for part in parts if part.area_path == "/c/"]
    assert found.listed == sum(found.by_group.values())
    assert found.listed == sum(listed for listed, _ in below) + sum(one.listed for one in own)
    assert found.decided == sum(decided for _, decided in below) + sum(one.decided for one in own)


@pytest.fixture
def state(models_dir: Path, store_copy: str) -> Iterator[State]:
    state = State(settings(models=models_dir, programme="tinyland", store=store_copy), lambda: NOW, Metrics())
    yield state
    state.close()


def counted(state: State, *visited_by: str) -> AreaCounts:
    """Count the widest area of a programme in which some kinds of events tell of a visit."""
    programme = state.versions.champion().scorer.programme
    reviewing = programme.file.reviewing.model_copy(update={"visited_by": visited_by})
    with state.store.reading() as connection:
        tree = area_tree(connection, None, "")
    assert tree is not None
    found = counts_of(state, replace(programme, file=programme.file.model_copy(update={"reviewing": reviewing})), tree)
    assert found is not None
    return found


def first_listed(state: State) -> int:
    with state.store.reading() as connection:
        query = select(standings.c.household).order_by(standings.c.negative_log_odds, standings.c.household_id)
        return connection.execute(query.limit(1)).scalar_one()


def test_visits_count_from_the_scoring_on_where_an_event_tells(state: State) -> None:
    assert counted(state).progress.visited is None
    assert counted(state, "listed").progress.visited == 0
    told = {"kind": "listed", "occurred_on": NOW.date(), "recorded_on": NOW.date(), "source": "x", "fingerprint": "x"}
    with state.store.writing() as connection:
        connection.execute(insert(events).values(household=first_listed(state), **told))
    assert counted(state, "listed").progress.visited == 1
    assert counted(state, "illness").progress.visited == 0
    with state.store.writing() as connection:
        connection.execute(delete(area_figures))
    assert counted(state, "listed").progress.visited is None, "nobody knows which ones came later"


def test_decisions_count_from_the_list_s_first_day_on_and_planned_visits_apart(state: State) -> None:
    def decide(outcome: str) -> tuple[int, int]:
        with state.store.writing() as connection:
            note(state.store, connection, first_listed(state), outcome=outcome, decided_at=NOW)
        visits = counted(state).progress.visits
        return visits.decided, visits.planned

    assert decide("monitor") == (1, 0) and decide("needs_visit") == (0, 1)
    with state.store.writing() as connection:
        # a store whose list was made before that was noted goes by when its figures were counted
        connection.execute(delete(facts).where(facts.c.name == "list_since"))
    assert decide("not_now") == (1, 0)
