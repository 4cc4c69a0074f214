"""Rows of jobs on both databases: one worker at a time, each part once, and nothing that a lost lease could still change."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection

from conftest import NOW
from riskmodel.errors import NotFound
from riskmodel.service.store.engine import Store
from riskmodel.service.store.job_rows import (
    Ending,
    Job,
    JobState,
    Part,
    add_job,
    cancel_job,
    count_part,
    count_parts,
    end_job,
    expire_jobs,
    find_job,
    forget_jobs,
    hold_waiting,
    is_any_free,
    jobs_of,
    refused_rows,
    release,
    renew,
    take_job,
    tell_progress,
)
from riskmodel.service.store.leases import Lease

MINUTE, WEEK = dt.timedelta(minutes=1), dt.timedelta(days=7)
OWNER = "client:monitor"


def job_of(name: str = "a", **changes: Any) -> Job:
    job = Job(name, "events", OWNER, "", JobState.WAITING, "csv", 10, "d", {}, NOW, NOW + WEEK, "r")
    return replace(job, **changes)


def add(store: Store, *jobs: Job) -> None:
    with store.writing() as connection:
        for job in jobs:
            add_job(connection, job)


def do(store: Store, act: Callable[[Connection], Any]) -> Any:
    with store.writing() as connection:
        return act(connection)


def take(store: Store, worker: str = "w", now: dt.datetime = NOW) -> Job | None:
    found: Job | None = do(store, lambda connection: take_job(connection, Lease(worker, now, now + MINUTE)))
    return found


def now_told(store: Store, name: str = "a") -> Job:
    with store.reading() as connection:
        return find_job(connection, name, OWNER)


def test_what_is_added_is_found_by_its_owner_alone(store: Store) -> None:
    job = job_of(options={"reasons": 5, "version": None})
    add(store, job)
    assert now_told(store) == job
    with store.reading() as connection:
        with pytest.raises(NotFound):
            find_job(connection, "a", "client:other")
        assert (jobs_of(connection, OWNER, 10), jobs_of(connection, "client:other", 10)) == ([job], [])


def test_the_oldest_is_taken_first_and_each_by_one_worker(store: Store) -> None:
    add(store, *(job_of(str(age), created_at=NOW - age * MINUTE) for age in range(6)))
    with ThreadPoolExecutor(4) as pool:
        taken = [one for one in pool.map(lambda number: take(store, f"w{number}"), range(8)) if one is not None]
    assert sorted(one.job for one in taken) == [str(age) for age in range(6)]
    assert {(one.state, one.attempts) for one in taken} == {(JobState.RUNNING, 1)}
    assert take(store) is None


def test_what_a_worker_left_is_taken_by_another_one_when_its_lease_is_over(store: Store) -> None:
    add(store, job_of())
    take(store, "first")
    with store.reading() as connection:
        assert not is_any_free(connection, NOW + MINUTE / 2)
        assert is_any_free(connection, NOW + 2 * MINUTE)
    do(store, lambda connection: renew(connection, "a", "first", NOW + 5 * MINUTE))
    assert take(store, "second", NOW + 2 * MINUTE) is None
    again = take(store, "second", NOW + 6 * MINUTE)
    assert again is not None and (again.attempts, again.started_at, again.leased_by) == (2, NOW, "second")
    # the first one may still be alive, and changes nothing any more
    ending = Ending(JobState.DONE, NOW, NOW + WEEK, {})
    part = Part(0, 1, 1, 0, [])
    assert do(store, lambda connection: count_part(connection, "a", "first", part)) is None
    assert do(store, lambda connection: tell_progress(connection, "a", "first", 1, 1)) is None
    assert do(store, lambda connection: end_job(connection, "a", "first", ending)) is None
    assert (now_told(store).state, now_told(store).rows_done) == (JobState.RUNNING, 0)


def test_who_gets_further_may_be_tried_again_as_often_as_the_first(store: Store) -> None:
    add(store, job_of())
    for turn in range(3):
        take(store, f"w{turn}", NOW + turn * 2 * MINUTE)
    assert now_told(store).attempts == 3
    do(store, lambda connection: tell_progress(connection, "a", "w2", 0, 10))
    assert now_told(store).attempts == 3, "it got no further"
    do(store, lambda connection: tell_progress(connection, "a", "w2", 5, 10))
    assert (now_told(store).attempts, now_told(store).rows_total) == (1, 10)


def test_what_is_given_back_counts_as_if_it_had_not_been_taken(store: Store) -> None:
    add(store, job_of())
    take(store)
    do(store, lambda connection: release(connection, "a", "w"))
    again = take(store, "other")
    assert again is not None and again.attempts == 1


def test_what_is_given_back_for_later_rests_until_then(store: Store) -> None:
    add(store, job_of())
    take(store)
    do(store, lambda connection: release(connection, "a", "w", NOW + MINUTE))
    assert take(store, "other", NOW + MINUTE / 2) is None
    again = take(store, "other", NOW + 2 * MINUTE)
    assert again is not None and again.attempts == 1


def test_parts_are_counted_once_and_their_refused_rows_come_in_order(store: Store) -> None:
    add(store, job_of())
    take(store)
    parts = [Part(number, 3, 1, 1, [(3 * number + 1, "kind", "unknown_kind")]) for number in range(3)]
    for part in parts:
        do(store, lambda connection, part=part: count_part(connection, "a", "w", part))
    found = now_told(store)
    assert (found.rows_done, found.accepted, found.refused, found.known) == (9, 3, 3, 0)
    with store.reading() as connection:
        assert count_parts(connection, "a") == 3
        assert [row for row, _, _ in refused_rows(connection, "a")] == [1, 4, 7]
    do(store, lambda connection: end_job(connection, "a", "w", Ending(JobState.DONE, NOW, NOW + WEEK, {})))
    assert now_told(store).known == 3


def test_a_part_is_kept_with_what_is_in_it_or_not_at_all(store: Store) -> None:
    add(store, job_of())
    take(store)
    with pytest.raises(ZeroDivisionError), store.writing() as connection:
        count_part(connection, "a", "w", Part(0, 3, 3, 0, []))
        _ = 1 / 0
    assert now_told(store).rows_done == 0
    with store.reading() as connection:
        assert count_parts(connection, "a") == 0


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (JobState.WAITING, JobState.CANCELLED),
        (JobState.RUNNING, JobState.RUNNING),
        (JobState.DONE, JobState.EXPIRED),
        (JobState.FAILED, JobState.EXPIRED),
        (JobState.CANCELLED, JobState.CANCELLED),
        (JobState.EXPIRED, JobState.EXPIRED),
    ],
)
def test_cancelling(store: Store, state: JobState, expected: JobState) -> None:
    add(store, job_of(state=state))
    for later in (NOW, NOW + MINUTE):
        found = do(store, lambda connection, later=later: cancel_job(connection, "a", OWNER, later))
        assert found.state is expected
        assert found.cancelled_at == (NOW if state in (JobState.WAITING, JobState.RUNNING) else None)
    with pytest.raises(NotFound):
        do(store, lambda connection: cancel_job(connection, "a", "client:other", NOW))


def test_expiring_and_forgetting(store: Store) -> None:
    over = NOW - MINUTE
    states = (JobState.WAITING, JobState.RUNNING, JobState.DONE, JobState.FAILED, JobState.CANCELLED)
    add(store, *(job_of(state.value, state=state, expires_at=over) for state in states), job_of("later"))
    gone = do(store, lambda connection: expire_jobs(connection, NOW))
    assert {one.job for one in gone} == {state.value for state in states} - {"running"}
    assert do(store, lambda connection: expire_jobs(connection, NOW)) == []
    assert do(store, lambda connection: forget_jobs(connection, over)) == 0
    assert do(store, lambda connection: forget_jobs(connection, NOW)) == 4


def test_the_parts_of_a_job_are_forgotten_with_it(store: Store) -> None:
    add(store, job_of())
    take(store)
    do(store, lambda connection: count_part(connection, "a", "w", Part(0, 1, 0, 0, [(1, "kind", "unknown_kind")])))
    do(store, lambda connection: end_job(connection, "a", "w", Ending(JobState.EXPIRED, NOW, NOW, {})))
    assert do(store, lambda connection: forget_jobs(connection, NOW + MINUTE)) == 1
    with store.reading() as connection:
        assert count_parts(connection, "a") == 0


def test_those_that_wait_are_counted_by_owner(store: Store) -> None:
    add(store, job_of("a"), job_of("b"), job_of("c", owner="client:other"), job_of("d", state=JobState.DONE))
    assert do(store, lambda connection: hold_waiting(connection, OWNER)) == 2
