"""A store of many households: how long loading and scoring take, and one household's score by id, and the pages."""

from __future__ import annotations

import datetime as dt
import http.client
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np

from riskmodel.bench.child import Run, measured
from riskmodel.bench.loading import LOOPBACK, PATIENCE_SECONDS
from riskmodel.bench.measuring import spread
from riskmodel.bench.paging import add_bench_supervisor, page_figures
from riskmodel.bench.repeating import repeat_folder
from riskmodel.bench.report import Figure, at_most
from riskmodel.bench.servers import add_bench_client, ending_when_told, our_server
from riskmodel.errors import RiskError
from riskmodel.service.access import Scope
from riskmodel.service.store.engine import Store
from riskmodel.service.tokens import new_key

Told = Callable[[str], None]
PROGRAMME = "china-county"
ASKED, WARM, SEED = 2_000, 50, 0
MOST_SIMULATED = 100_000
"""Households of the county that is repeated: what a simulation holds in memory grows with them."""
MOST_P95_MS, MOST_MEGABYTES = 20, 2_000


def storing_figures(models: Path, as_of: dt.date, households: int, rounds: int, tell: Told) -> tuple[Figure, ...]:
    """Fill a store with a simulated county, score it, and ask for households one by one.

    Parameters
    ----------
    models : Path
        Folder whose champion scores and serves.
    as_of : date
        Of the cohort.
    households : int
        How many.
    rounds : int
        How often :data:`ASKED` households are asked for; the county is loaded and scored once.
    tell : callable
        Told what is being done.
    """
    with ending_when_told(), tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        url, key = f"sqlite:///{folder / 'store.db'}", new_key()
        own = {
            "RISKMODEL_STORE": url,
            "RISKMODEL_MODELS": str(models.resolve()),
            "RISKMODEL_WORK": str(folder / "work"),
        }
        environment = {**os.environ, **own}
        copies = max(1, households // MOST_SIMULATED)
        simulated, data = str(folder / "simulated"), str(folder / "data")
        tell(f"simulating {households // copies:,} households, and repeating them {copies} times")
        _run(["simulate", simulated, "--households", str(households // copies), "--seed", str(SEED)], environment)
        repeat_folder(Path(simulated), Path(data), copies)
        tell("loading them")
        loaded = _run(["load", PROGRAMME, "--data", data], environment)
        tell("scoring everyone at risk")
        scored = _run(["score", "--store", "--as-of", as_of.isoformat(), "--threads", "1"], environment)
        megabytes = (folder / "store.db").stat().st_size / 1e6
        add_bench_client(url, key, Scope.SCORES_HOUSEHOLDS)
        token = add_bench_supervisor(url)
        tell("asking for households by id")
        with our_server(models, url) as port:
            took = [_asked(port, key, _ids(url, turn)) for turn in range(rounds)]
            tell("opening the reviewers' pages")
            pages = page_figures(port, token, _ids(url, 0), households)
    return (*_filling(households, loaded, scored, megabytes), *_answers(households, took), *pages)


def _run(words: Sequence[str], environment: dict[str, str]) -> Run:
    return measured([sys.executable, "-m", "riskmodel.cli", *words], environment)


def _ids(url: str, turn: int) -> list[str]:
    """Draw households that have a score."""
    from sqlalchemy import func, select

    from riskmodel.service.store.tables import standings

    with closing(Store(url)) as store, store.reading() as connection:
        last = connection.execute(select(func.max(standings.c.household))).scalar_one()
        drawn = np.random.default_rng([SEED, turn]).integers(1, last + 1, 3 * (ASKED + WARM)).tolist()
        query = select(standings.c.household_id).where(standings.c.household.in_(drawn))
        found = sorted(connection.execute(query).scalars())
    order = np.random.default_rng([SEED, turn, 1]).permutation(len(found))
    return [found[place] for place in order[: ASKED + WARM]]


def _asked(port: int, key: str, ids: Sequence[str]) -> np.ndarray:
    """Ask for one household after another; return the milliseconds of each but the first ones."""
    took = []
    with closing(http.client.HTTPConnection(LOOPBACK, port, timeout=PATIENCE_SECONDS)) as connection:
        for one in ids:
            start = time.perf_counter()
            connection.request("GET", f"/v1/households/{one}/score", headers={"authorization": f"Bearer {key}"})
            answer = connection.getresponse()
            body = answer.read()
            took.append(1000 * (time.perf_counter() - start))
            if answer.status != 200:
                raise RiskError(f"the server answered {answer.status}: {body[:200].decode(errors='replace')}")
    return np.array(took[WARM:])


def _filling(households: int, loaded: Run, scored: Run, megabytes: float) -> tuple[Figure, ...]:
    name = f"{households:,} households"
    return (
        Figure(f"{name} loaded", "s", spread([loaded.seconds])),
        Figure(f"peak memory of the load; {name}", "MB", spread([loaded.peak_bytes / 1e6]), at_most(MOST_MEGABYTES)),
        Figure(f"{name} scored into the store", "s", spread([scored.seconds])),
        Figure(f"peak memory of the scoring; {name}", "MB", spread([scored.peak_bytes / 1e6])),
        Figure(f"size of the store; {name}", "MB", spread([megabytes])),
    )


def _answers(households: int, took: Sequence[np.ndarray]) -> tuple[Figure, ...]:
    def quantile(share: float) -> list[float]:
        return [float(np.quantile(one, share)) for one in took]

    name = f"one household's score by id, of {households:,}"
    return (
        Figure(f"{name}; half answered within", "ms", spread(quantile(0.5))),
        Figure(f"{name}; 95 % answered within", "ms", spread(quantile(0.95)), at_most(MOST_P95_MS)),
        Figure(f"{name}; 99 % answered within", "ms", spread(quantile(0.99))),
    )
