"""Steady load for minutes, and far more than can be answered for seconds: what memory and times do."""

from __future__ import annotations

import asyncio
import resource
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from riskmodel.bench.drill.asking import BROKEN, REFUSED, Answer, Connections, at_a_rate, p99_ms
from riskmodel.bench.drill.memory import Memory
from riskmodel.bench.drill.place import Place
from riskmodel.bench.measuring import spread
from riskmodel.bench.report import Figure, at_most

SHARE_OF_CAPACITY, CAPACITY_CLIENTS, CAPACITY_SECONDS = 0.7, 16, 5.0
SETTLING_SECONDS = 60.0
MOST_P99_MS, MOST_SLOPE_MIB_A_MINUTE, MOST_GROWTH_MIB = 150, 1, 200
MOST_CONNECTIONS, FILES_FOR_OTHERS = 2_000, 100
RECOVERY_SECONDS, SINGLE_REQUESTS = 5.0, 200


def capacity_a_second(here: Place, seconds: float = CAPACITY_SECONDS) -> float:
    """Measure how many scores a second the service gives to clients that each ask again as soon as they are answered.

    The same clients that ask later: they share the cores with the service, and a cheaper one would leave it more of them.
    """
    return asyncio.run(_capacity(here, seconds))


async def _capacity(here: Place, seconds: float) -> float:
    request, connections, answered = here.score_target.request(), Connections(here.port), 0
    start = time.perf_counter()

    async def client() -> None:
        nonlocal answered
        while time.perf_counter() < start + seconds:
            answer = await connections.ask(request)
            # not in one line: it would add to what was counted before the others' answers came
            answered += answer.is_success

    await asyncio.gather(*(client() for _ in range(CAPACITY_CLIENTS)))
    connections.close()
    return answered / (time.perf_counter() - start)


def steady(here: Place, a_second: float, seconds: float) -> tuple[Figure, ...]:
    """Ask at an even rate and return what times and memory did."""
    answers, memory = asyncio.run(_steady(here, a_second, seconds))
    errors = sum(not one.is_success for one in answers)
    settling = min(SETTLING_SECONDS, seconds / 4)
    slope = memory.slope_mib_a_minute(settling)
    return (
        Figure("asked a second: 70 % of what was measured before", "requests/s", spread([a_second])),
        Figure("answered", "", spread([float(len(answers))])),
        Figure("errors", "", spread([float(errors)]), at_most(0)),
        Figure(
            "99 % answered within, counted from when each was due",
            "ms",
            spread([p99_ms(answers)]),
            at_most(MOST_P99_MS),
        ),
        Figure(
            f"memory of all processes grows, after the first {settling:.0f} s",
            "MiB/min",
            spread([slope]),
            at_most(MOST_SLOPE_MIB_A_MINUTE),
        ),
    )


async def _steady(here: Place, a_second: float, seconds: float) -> tuple[list[Answer], Memory]:
    connections, memory, answers = Connections(here.port), Memory(), list[Answer]()
    request = here.score_target.request()

    async def ask(_: int, due: float) -> None:
        answers.append(await connections.ask(request, due))

    sampling = asyncio.create_task(memory.keep_sampling())
    await at_a_rate(ask, a_second, time.perf_counter() + seconds)
    sampling.cancel()
    connections.close()
    return answers, memory


@dataclass(frozen=True, slots=True)
class Flooded:
    """What came of a flood.

    Attributes
    ----------
    statuses : Counter of int
        Answers by status, broken and refused connections among them.
    without_retry_after : int
        Answers of 429 or 503 that do not say when to ask again.
    connections : int
        How many there were at once.
    growth_mib : float
        By how much memory grew at most.
    after : sequence of Answer
        Single requests, five seconds later.
    """

    statuses: Counter[int]
    without_retry_after: int
    connections: int
    growth_mib: float
    after: Sequence[Answer]

    @property
    def others(self) -> int:
        """How many answers were neither a success nor a refusal for the moment."""
        return sum(count for status, count in self.statuses.items() if status not in (200, 429, 503, REFUSED))


def flood(here: Place, seconds: float) -> Flooded:
    """Ask on as many connections as there may be, each again at once, and look whether all is well soon after."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[0] - FILES_FOR_OTHERS
    return asyncio.run(_flood(here, seconds, min(MOST_CONNECTIONS, most)))


async def _flood(here: Place, seconds: float, clients: int) -> Flooded:
    request, until = here.score_target.request(), time.perf_counter() + seconds
    statuses: Counter[int] = Counter()
    memory, without = Memory(), 0

    async def client() -> None:
        nonlocal without
        own = Connections(here.port)
        while time.perf_counter() < until:
            answer = await own.ask(request)
            statuses[answer.status] += 1
            without += answer.status in (429, 503) and not answer.retry_after
            if answer.status in (BROKEN, REFUSED):
                await asyncio.sleep(0.1)
        own.close()

    sampling = asyncio.create_task(memory.keep_sampling())
    await asyncio.gather(*(client() for _ in range(clients)))
    sampling.cancel()
    await asyncio.sleep(RECOVERY_SECONDS)
    after = Connections(here.port)
    singles = [await after.ask(request) for _ in range(SINGLE_REQUESTS)]
    after.close()
    return Flooded(statuses, without, clients, memory.growth_mib(), singles)


def flood_figures(found: Flooded) -> tuple[Figure, ...]:
    """Return what came of a flood as figures."""
    answered = sum(count for status, count in found.statuses.items() if status not in (BROKEN, REFUSED))
    return (
        Figure(
            "connections at once, each asking again as soon as it is answered", "", spread([float(found.connections)])
        ),
        Figure("answers", "", spread([float(answered)])),
        Figure("of those, scores", "%", spread([100 * found.statuses[200] / max(answered, 1)])),
        Figure("connections that could not be made", "", spread([float(found.statuses[REFUSED])])),
        Figure("anything but 200, 429 and 503", "", spread([float(found.others)]), at_most(0)),
        Figure("429 or 503 without `Retry-After`", "", spread([float(found.without_retry_after)]), at_most(0)),
        Figure("memory of all processes grew at most", "MiB", spread([found.growth_mib]), at_most(MOST_GROWTH_MIB)),
        Figure(
            f"99 % of single requests, {RECOVERY_SECONDS:.0f} s later, answered within",
            "ms",
            spread([p99_ms(found.after)]),
            at_most(MOST_P99_MS),
        ),
    )
