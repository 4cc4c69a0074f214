"""The database crashes again and again under load: nothing that was acknowledged is lost, nothing is done twice."""

from __future__ import annotations

import asyncio
import http.client
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field

from sqlalchemy import select

from riskmodel.bench.drill.asking import Answer, Connections, at_a_rate
from riskmodel.bench.drill.place import Place, reason_of
from riskmodel.bench.drill.postgres import Postgres
from riskmodel.bench.loading import LOOPBACK
from riskmodel.bench.measuring import spread
from riskmodel.bench.report import Figure, at_least, at_most
from riskmodel.errors import AuditBroken
from riskmodel.service.store.audit_log import verified_head
from riskmodel.service.store.engine import Store
from riskmodel.service.store.tables import decisions

SCORES_A_SECOND, DECISIONS_A_SECOND = 20.0, 10.0
DOWN_SECONDS, GIVE_UP_SECONDS = 0.5, 60.0
MOST_OTHER_PERCENT, MOST_READY_SECONDS = 1.0, 5.0


@dataclass(frozen=True, slots=True)
class Crashes:
    """What was answered while the database crashed.

    Attributes
    ----------
    answers : list of Answer
        Every one, those to repeated requests included.
    acknowledged : set of int
        Numbers of the decisions that were answered 201.
    ready_seconds : list of float
        After each return of the database, how long it took until the service was ready.
    """

    answers: list[Answer] = field(default_factory=list)
    acknowledged: set[int] = field(default_factory=set)
    ready_seconds: list[float] = field(default_factory=list)


def crash_under_load(
    here: Place, database: Postgres, seconds: float, every: float, tell: Callable[[str], None]
) -> Crashes:
    """Ask for scores and decide at an even rate while the database crashes.

    Parameters
    ----------
    here : Place
        The service.
    database : Postgres
        Its database.
    seconds : float
        How long it is asked.
    every : float
        Seconds between a return of the database and its next crash.
    tell : callable
        Told what is being done.
    """
    found = Crashes()
    asyncio.run(_crash_under_load(here, database, seconds, every, found))
    tell(f"{len(found.answers):,} answers while the database crashed {len(found.ready_seconds)} times")
    return found


async def _crash_under_load(here: Place, database: Postgres, seconds: float, every: float, found: Crashes) -> None:
    connections, until = Connections(here.port), time.perf_counter() + seconds
    score = here.score_target.request()

    async def ask_for_score(_: int, due: float) -> None:
        found.answers.append(await connections.ask(score, due))

    async def decide(number: int, _: float) -> None:
        give_up = time.perf_counter() + GIVE_UP_SECONDS
        while time.perf_counter() < give_up:
            answer = await connections.ask(here.decision(number))
            found.answers.append(answer)
            if answer.is_success:
                found.acknowledged.add(number)
                return
            # the same request with the same key, as a client does that does not know what became of the first
            await asyncio.sleep(1)

    async with asyncio.TaskGroup() as group:
        group.create_task(at_a_rate(ask_for_score, SCORES_A_SECOND, until))
        group.create_task(at_a_rate(decide, DECISIONS_A_SECOND, until))
        group.create_task(asyncio.to_thread(_crash, here.port, database, until, every, found))
    connections.close()


def _crash(port: int, database: Postgres, until: float, every: float, found: Crashes) -> None:
    while time.perf_counter() + every < until:
        time.sleep(every)
        database.crash()
        time.sleep(DOWN_SECONDS)
        database.start()
        found.ready_seconds.append(_seconds_until_ready(port))


def _seconds_until_ready(port: int) -> float:
    start = time.perf_counter()
    while time.perf_counter() - start < GIVE_UP_SECONDS:
        with closing(http.client.HTTPConnection(LOOPBACK, port, timeout=GIVE_UP_SECONDS)) as connection:
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                break
        time.sleep(0.05)
    return time.perf_counter() - start


def figures_of(found: Crashes, store_url: str) -> tuple[Figure, ...]:
    """Hold what was answered against what the database kept."""
    other = [one.status for one in found.answers if not (one.is_success or one.asks_to_retry)]
    kept, whole = kept_in(store_url)
    lost = sum(kept[reason_of(number)] == 0 for number in found.acknowledged)
    twice = sum(count > 1 for count in kept.values())
    refused = sum(one.asks_to_retry for one in found.answers)
    return (
        _figure("answers", "", len(found.answers)),
        _figure("crashes of the database", "", len(found.ready_seconds)),
        _figure(
            "answers that ask to come back (409 or 503 with `Retry-After`)", "%", 100 * refused / len(found.answers)
        ),
        Figure(
            "answers that are neither that nor a success",
            "%",
            spread([100 * len(other) / len(found.answers)]),
            at_most(MOST_OTHER_PERCENT),
        ),
        _figure("decisions acknowledged", "", len(found.acknowledged)),
        Figure("of those, lost", "", spread([lost]), at_most(0)),
        Figure("decisions kept twice", "", spread([twice]), at_most(0)),
        Figure("the audit's chain is whole (1) or broken (0)", "", spread([float(whole)]), at_least(1)),
        Figure(
            "ready again after the database returned, at most",
            "s",
            spread([max(found.ready_seconds)]),
            at_most(MOST_READY_SECONDS),
        ),
    )


def kept_in(store_url: str) -> tuple[Counter[str], bool]:
    """Return how often each decision was kept, by its reason, and whether the audit is whole."""
    store = Store(store_url)
    try:
        with store.reading() as connection:
            kept = Counter(connection.execute(select(decisions.c.reason)).scalars())
            try:
                verified_head(connection, [])
            except AuditBroken:
                return kept, False
            return kept, True
    finally:
        store.close()


def _figure(name: str, unit: str, value: float) -> Figure:
    return Figure(name, unit, spread([float(value)]))
