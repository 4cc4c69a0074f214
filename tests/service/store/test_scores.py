"""Scores are only added, each once; the latest date counts; what moved is told in order, and to nobody beyond the area."""

from __future__ import annotations

import datetime as dt
import threading
from typing import Any

import pytest
from sqlalchemy import delete

from helpers.population import settle
from riskmodel.service.store.engine import Store
from riskmodel.service.store.households import Subject, find
from riskmodel.service.store.scores import (
    moved_after,
    queue,
    queue_size,
    said_of,
    say,
    standing_dates,
    version_said,
)
from riskmodel.service.store.tables import households, scores, standings

NOW = dt.datetime(2021, 6, 1, tzinfo=dt.UTC)
STEP = 0.05


def score(probability: float, as_of: str = "2021-01-01", band: str = "low", digest: str = "m1") -> dict[str, Any]:
    return {
        "as_of": as_of,
        "probability": probability,
        "interval": {"low": probability / 2, "high": probability * 2},
        "band": band,
        "rank_share": 0.5,
        "groups": [{"group": "health", "log_odds": 0.4}, {"group": "work", "log_odds": 0.9}],
        "log_odds": probability * 10 - 5,
        "snapshot_digest": f"{probability}{as_of}",
        "reasons": [{"feature": "age", "log_odds": 0.1, "value": 3.0, "category": None, "typical": 2.0}],
        "model": {"version": f"v-{digest}", "digest": digest},
    }


def subjects(store: Store, *ids: str) -> list[Subject]:
    with store.reading() as connection:
        found = find(connection, ids)
    return [found[one] for one in ids]


def tell(store: Store, people: list[Subject], scores: list[dict[str, Any]]) -> tuple[int, int]:
    with store.writing() as connection:
        said = say(store, connection, people, scores, scored_at=NOW, step=STEP)
    return said.added, said.moved


def test_the_same_is_not_said_twice(store: Store) -> None:
    settle(store, ["c1a"])
    people = subjects(store, "h0")
    assert tell(store, people, [score(0.2)]) == (1, 0)
    assert tell(store, people, [score(0.2)]) == (0, 0)
    assert tell(store, people, [score(0.2, digest="m2")]) == (1, 0)
    # the model of before again: that is news
    assert tell(store, people, [score(0.2)]) == (1, 0)
    with store.reading() as connection:
        said = said_of(connection, people[0].household, 10)
    assert [row.digest for row in said] == ["m1", "m2", "m1"]
    assert said[0].reasons == [["age", 0.1, 3.0, None]]


@pytest.mark.parametrize(
    ("before", "after", "band", "moved"),
    [
        (0.2, 0.25, "low", 1),
        (0.2, 0.2499, "low", 0),
        (0.25, 0.2, "low", 1),
        (0.2, 0.21, "high", 1),
        (0.10, 0.15, "low", 1),
    ],
)
def test_what_moves(store: Store, before: float, after: float, band: str, moved: int) -> None:
    settle(store, ["c1a"])
    people = subjects(store, "h0")
    tell(store, people, [score(before)])
    assert tell(store, people, [score(after, "2021-02-01", band)]) == (1, moved)
    with store.reading() as connection:
        changes = list(moved_after(connection, "", 0, 10))
    assert [(row.previous_probability, row.probability) for row in changes] == [(before, after)] * moved


def test_an_earlier_date_told_later_does_not_count(store: Store) -> None:
    settle(store, ["c1a"])
    people = subjects(store, "h0")
    tell(store, people, [score(0.2, "2021-02-01")])
    assert tell(store, people, [score(0.9, "2021-01-01")]) == (1, 0)
    with store.reading() as connection:
        assert standing_dates(connection, [people[0].household]) == {people[0].household: dt.date(2021, 2, 1)}
        assert said_of(connection, people[0].household, 1)[0].previous_probability is None


def test_the_queue_is_by_risk_then_id_within_an_area(store: Store) -> None:
    settle(store, ["c1a", "c1b", "c10", "c2", "c1a"])
    people = subjects(store, "h0", "h1", "h2", "h3", "h4")
    tell(store, people, [score(one) for one in (0.2, 0.4, 0.9, 0.4, 0.4)])
    with store.reading() as connection:
        assert [one.household_id for one in queue(connection, "", 0, 10)] == ["h2", "h1", "h3", "h4", "h0"]
        assert [one.household_id for one in queue(connection, "", 1, 2)] == ["h1", "h3"]
        assert [one.household_id for one in queue(connection, "/c/c1/", 0, 10)] == ["h1", "h4", "h0"]
        assert (queue_size(connection, ""), queue_size(connection, "/c/c1/"), queue_size(connection, "//")) == (5, 3, 0)


def test_changes_of_another_area_are_not_told(store: Store) -> None:
    settle(store, ["c1a", "c2", "c1b"])
    people = subjects(store, "h0", "h1", "h2")
    tell(store, people, [score(0.2)] * 3)
    tell(store, people, [score(0.8, "2021-02-01")] * 3)
    with store.reading() as connection:
        everything = list(moved_after(connection, "", 0, 10))
        first = list(moved_after(connection, "/c/c1/", 0, 1))
        rest = list(moved_after(connection, "/c/c1/", first[-1].score, 10))
    assert [row.household_id for row in everything] == ["h0", "h1", "h2"]
    assert [row.household_id for row in (*first, *rest)] == ["h0", "h2"]


def test_numbers_are_in_the_order_of_commits(store: Store) -> None:
    settle(store, ["c1a"] * 8)
    people = subjects(store, *(f"h{place}" for place in range(8)))
    threads = [threading.Thread(target=tell, args=(store, [one], [score(0.2)])) for one in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    with store.reading() as connection:
        numbers = [row.score for one in people for row in said_of(connection, one.household, 10)]
    assert sorted(numbers) == list(range(1, 9))


def test_a_number_is_never_given_twice(store: Store) -> None:
    """A cursor at the number of an erased household's score would pass over whoever had it next."""
    settle(store, ["c1a", "c1b"])
    first, second = subjects(store, "h0", "h1")
    tell(store, [first], [score(0.2)])
    with store.writing() as connection:
        for table in (standings, scores, households):
            connection.execute(delete(table).where(table.c.household == first.household))
    tell(store, [second], [score(0.3)])
    with store.reading() as connection:
        assert said_of(connection, second.household, 1)[0].score == 2


def test_a_lost_standing_comes_back_with_the_same_score(store: Store) -> None:
    settle(store, ["c1a"])
    people = subjects(store, "h0")
    tell(store, people, [score(0.2)])
    with store.writing() as connection:
        connection.execute(delete(standings))
    assert tell(store, people, [score(0.2)]) == (0, 0)
    with store.reading() as connection:
        assert queue_size(connection, "") == 1


def test_what_stands_is_never_of_an_earlier_date(store: Store) -> None:
    """Two cohorts at once: who began with the earlier date may come to write last."""
    settle(store, ["c1a"])
    people = subjects(store, "h0")
    tell(store, people, [score(0.2, "2021-01-01")])
    late, begun = threading.Event(), threading.Event()

    def later() -> None:
        begun.wait(30)
        tell(store, people, [score(0.6, "2021-03-01")])
        late.set()

    thread = threading.Thread(target=later)
    thread.start()
    with store.writing() as connection:
        begun.set()
        say(store, connection, people, [score(0.4, "2021-02-01")], scored_at=NOW, step=STEP)
    thread.join(60)
    assert late.is_set()
    assert tell(store, people, [score(0.5, "2021-02-01")]) == (1, 0)
    with store.reading() as connection:
        assert standing_dates(connection, [people[0].household]) == {people[0].household: dt.date(2021, 3, 1)}


def test_which_model_said_what_was_said(store: Store) -> None:
    settle(store, ["c1a", "c1b"])
    people = subjects(store, "h0", "h1")
    tell(store, people, [score(0.2), score(0.3)])
    tell(store, people[:1], [score(0.2, digest="m2")])
    with store.reading() as connection:
        numbers = [one.household for one in people]
        assert version_said(connection, numbers, dt.date(2021, 1, 1)) == "v-m2"
        assert version_said(connection, numbers[1:], dt.date(2021, 1, 1)) == "v-m1"
        assert version_said(connection, numbers, dt.date(2021, 1, 2)) is None
