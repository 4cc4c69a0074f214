"""A request that is sent again is answered again; of two at once one does what is asked, on both databases."""

from __future__ import annotations

import datetime as dt
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from helpers.population import settle
from riskmodel.service.errors import IdempotencyKeyReused
from riskmodel.service.store.engine import Store
from riskmodel.service.store.idempotency import Answer, Claim, claim, keep, question_of
from riskmodel.service.store.tables import idempotency

NOW = dt.datetime(2021, 6, 1, 12, tzinfo=dt.UTC)
ASKED = Claim("user:li", "one", question_of("POST", "/decisions", "h0", {"reason": "seen"}))
ANSWER = Answer(201, '{"decision":1}')


def ask(store: Store, asked: Claim, household: int, answer: Answer = ANSWER) -> Answer | None:
    """Claim a request, and answer it if nobody did."""
    with store.writing() as connection:
        found = claim(store, connection, asked, household, NOW)
        if found is None:
            keep(connection, asked, answer)
        return found


def test_the_second_time_the_answer_of_the_first_comes_back(store: Store) -> None:
    [household] = settle(store, ["c1a"])
    assert ask(store, ASKED, household) is None
    assert ask(store, ASKED, household, Answer(500, "never")) == ANSWER
    other = Claim("user:wang", ASKED.key, ASKED.question)
    assert ask(store, other, household) is None


def test_another_question_under_the_same_key(store: Store) -> None:
    [household] = settle(store, ["c1a"])
    ask(store, ASKED, household)
    with pytest.raises(IdempotencyKeyReused, match="new key") as refused:
        ask(store, Claim(ASKED.actor, ASKED.key, "other"), household)
    assert (refused.value.code, refused.value.status) == ("idempotency_key_reused", 422)


def test_what_failed_leaves_the_key_free(store: Store) -> None:
    [household] = settle(store, ["c1a"])
    with pytest.raises(ZeroDivisionError), store.writing() as connection:
        claim(store, connection, ASKED, household, NOW)
        raise ZeroDivisionError
    assert ask(store, ASKED, household) is None


def test_whoever_comes_second_waits_for_the_first(store: Store) -> None:
    [household] = settle(store, ["c1a"])
    begun = threading.Event()

    def first() -> None:
        with store.writing() as connection:
            assert claim(store, connection, ASKED, household, NOW) is None
            begun.set()
            # the other one is at the row by now, or soon will be: both must come out the same
            threading.Event().wait(0.2)
            keep(connection, ASKED, ANSWER)

    def second() -> Answer | None:
        begun.wait(30)
        return ask(store, ASKED, household, Answer(500, "never"))

    with ThreadPoolExecutor(2) as pool:
        one, other = pool.submit(first), pool.submit(second)
        one.result(30)
        assert other.result(30) == ANSWER
    with store.reading() as connection:
        assert connection.execute(select(idempotency.c.answer)).scalars().all() == [ANSWER.body]


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
