"""A request that is sent again is answered again; of two at once one does what is asked, on both databases."""

from __future__ import annotations

import datetime as dt
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select

from helpers.population import settle
from riskmodel.service.errors import IdempotencyKeyReused, InProgress
from riskmodel.service.store import idempotency as store_idempotency
from riskmodel.service.store.engine import POSTGRES, Store
from riskmodel.service.store.facts import read_fact
from riskmodel.service.store.idempotency import GIVEN_UP_AFTER, Answer, Claim, begin, give_up, keep, question_of
from riskmodel.service.store.tables import facts, idempotency

NOW = dt.datetime(2021, 6, 1, 12, tzinfo=dt.UTC)
ASKED = Claim("user:li", "one", question_of("POST", "/decisions", "h0", {"reason": "seen"}))
ANSWER = Answer(201, '{"decision":1}')


def ask(store: Store, asked: Claim, household: int | None = None, answer: Answer = ANSWER) -> Answer | None:
    """Begin a request, and answer it if nobody did."""
    found = begin(store, asked, NOW)
    if found is None:
        with store.writing() as connection:
            keep(connection, asked, NOW, answer, household)
    return found


def test_the_second_time_the_answer_of_the_first_comes_back(store: Store) -> None:
    [household] = settle(store, ["c1a"])
    assert ask(store, ASKED, household) is None
    assert ask(store, ASKED, household, Answer(500, "never")) == ANSWER
    other = Claim("user:wang", ASKED.key, ASKED.question)
    assert ask(store, other, household) is None


def test_another_question_under_the_same_key(store: Store) -> None:
    ask(store, ASKED)
    with pytest.raises(IdempotencyKeyReused, match="new key") as refused:
        ask(store, Claim(ASKED.actor, ASKED.key, "other"))
    assert (refused.value.code, refused.value.status) == ("idempotency_key_reused", 422)


def test_another_question_while_the_first_is_being_done(store: Store) -> None:
    assert begin(store, ASKED, NOW) is None
    with pytest.raises(IdempotencyKeyReused):
        begin(store, Claim(ASKED.actor, ASKED.key, "other"), NOW)


def test_what_failed_leaves_the_key_free(store: Store) -> None:
    assert begin(store, ASKED, NOW) is None
    give_up(store, ASKED, NOW)
    assert ask(store, ASKED) is None
    # what was answered is never given up
    give_up(store, ASKED, NOW)
    assert ask(store, ASKED) == ANSWER


def test_whoever_comes_second_is_told_to_come_back(store: Store) -> None:
    assert begin(store, ASKED, NOW) is None
    with pytest.raises(InProgress, match="in a moment") as told:
        begin(store, ASKED, NOW + GIVEN_UP_AFTER - dt.timedelta(microseconds=1))
    assert (told.value.code, told.value.status, told.value.headers["retry-after"]) == ("request_in_progress", 409, "1")


def test_whoever_comes_in_the_moment_in_which_the_first_one_fails_is_told_to_come_back(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    if store.backend != POSTGRES:
        pytest.skip("one writes at a time")
    assert begin(store, ASKED, NOW) is None

    def given_up(*arguments: Any) -> Any:
        give_up(store, ASKED, NOW)
        return select(*arguments)

    with monkeypatch.context() as patch, pytest.raises(InProgress):
        patch.setattr(store_idempotency, "select", given_up)
        begin(store, ASKED, NOW)
    assert begin(store, ASKED, NOW) is None


def test_what_was_begun_by_somebody_who_was_killed_is_taken_over(store: Store) -> None:
    later = NOW + GIVEN_UP_AFTER
    assert begin(store, ASKED, NOW) is None
    assert begin(store, ASKED, later) is None
    # the first one was slow, not dead: nothing of it is kept
    with pytest.raises(InProgress), store.writing() as connection:
        connection.execute(facts.insert().values(name="done by", value="the first"))
        keep(connection, ASKED, NOW, Answer(500, "never"))
    give_up(store, ASKED, NOW)
    with store.writing() as connection:
        keep(connection, ASKED, later, ANSWER)
    with store.reading() as connection:
        assert connection.execute(select(idempotency.c.answer)).scalars().all() == [ANSWER.body]
        assert read_fact(connection, "done by") is None


def test_of_many_at_once_one_begins(store: Store) -> None:
    together = threading.Barrier(4)

    def attempt(_: int) -> str:
        together.wait(30)
        try:
            return "begun" if begin(store, ASKED, NOW) is None else "answered"
        except InProgress:
            return "told"

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(attempt, range(4))) == ["begun", "told", "told", "told"]


@pytest.mark.parametrize(
    "other",
    [
        ("PUT", "/decisions", "h0", {"reason": "seen"}),
        ("POST", "/unmasking", "h0", {"reason": "seen"}),
        ("POST", "/decisions", "h1", {"reason": "seen"}),
        ("POST", "/decisions", "h0", {"reason": "Seen"}),
        ("POST", "/decisions", "h0", {"reason": "seen", "as_of": None}),
    ],
)
def test_every_part_of_a_question_counts(other: tuple[str, str, str, dict[str, str | int | None]]) -> None:
    assert question_of(*other) != ASKED.question
