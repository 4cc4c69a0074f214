"""Events: how long until what happened is an alert with a new score, and how fast a large file of them is taken in."""

from __future__ import annotations

import datetime as dt
import os
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from riskmodel.bench.drill.memory import MIB, python_children
from riskmodel.bench.drill.postgres import own_postgres
from riskmodel.bench.event_load import Noticed, report_at_a_rate, report_file
from riskmodel.bench.event_place import IN_FILES, SEED, Place, Told, filled, run_command
from riskmodel.bench.measuring import spread
from riskmodel.bench.report import Figure, at_least, at_most
from riskmodel.bench.servers import ending_when_told
from riskmodel.errors import RiskError
from riskmodel.service.store.engine import Store
from riskmodel.service.store.waiting_rows import anybody_waits

A_SECOND, SECONDS = 50.0, 30.0
SMALL_FILE, LARGE_FILE = 10_000, 100_000
MOST_P95_SECONDS, LEAST_A_SECOND, MOST_GROWTH_MIB = 1, 2_000, 64
SCORED_ANEW_SECONDS = 1_800.0


@dataclass(frozen=True, slots=True)
class FileTaken:
    """What came of one large file, after a small one: seconds, and the server's peak memory after each."""

    seconds: float
    anew_seconds: float
    small_peak_mib: float
    large_peak_mib: float


def event_figures(models: Path, today: dt.date, households: int, rounds: int, tell: Told) -> tuple[Figure, ...]:
    """Report illnesses one by one on SQLite and on PostgreSQL, and a large file on SQLite.

    Parameters
    ----------
    models : Path
        Folder whose champion of the simulated county scores and serves.
    today : date
        The present day.
    households : int
        Of the simulated county.
    rounds : int
        How often.
    tell : callable
        Told what is being done.
    """
    with ending_when_told(), tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        tell(f"simulating {households:,} households")
        run_command("simulate", str(folder / "data"), "--households", str(households), "--seed", str(SEED))
        here = filled(models, f"sqlite:///{folder / 'store.db'}", folder, today, tell)
        figures = _alert_figures("SQLite", _noticed(here, rounds, tell))
        figures += _file_figures(_files(here, rounds, tell))
        with own_postgres() as database:
            there = filled(models, database.url, folder, today, tell)
            figures += _alert_figures("PostgreSQL", _noticed(there, rounds, tell))
    return figures


def _noticed(here: Place, rounds: int, tell: Told) -> list[Noticed]:
    """Strike other households each time, since a second illness of one would be no news."""
    each = min(round(A_SECOND * SECONDS), (len(here.households) - 1) // rounds)
    day, found = (here.day - dt.timedelta(days=1)).isoformat(), []
    with here.served() as clients:
        # the worker starts beside the server, and is there a moment later
        report_at_a_rate(clients, here.households[-1:], A_SECOND, day)
        for turn in range(rounds):
            tell(f"reporting {each:,} illnesses, {A_SECOND:g} a second")
            struck = here.households[turn * each : (turn + 1) * each]
            found.append(report_at_a_rate(clients, struck, A_SECOND, day))
    return found


def _files(here: Place, rounds: int, tell: Told) -> list[FileTaken]:
    found = []
    for turn in range(rounds):
        # a server of its own each time: its peak counts from its start
        with here.served() as clients:
            tell(f"reporting files of {SMALL_FILE:,} and of {LARGE_FILE:,} events")
            report_file(clients, _table(here, f"small-{turn}", SMALL_FILE))
            _seconds_until_scored(here, time.perf_counter())
            small, start = _peak_mib(), time.perf_counter()
            seconds = report_file(clients, _table(here, f"large-{turn}", LARGE_FILE))
            large = _peak_mib()
            found.append(FileTaken(seconds, _seconds_until_scored(here, start), small, large))
    return found


def _table(here: Place, name: str, events: int) -> bytes:
    """Return a CSV file of hospital stays in the past month."""
    rng = np.random.default_rng([SEED, events])
    struck = rng.integers(0, len(here.households), events).tolist()
    days = [(here.day - dt.timedelta(days=1 + back)).isoformat() for back in range(30)]
    lines = ["event_id,household_id,kind,occurred_on,amount,cause"]
    lines += [
        f"{name}-{number},{here.households[one]},{IN_FILES},{days[number % 30]},{amount},"
        for number, (one, amount) in enumerate(zip(struck, rng.integers(10, 5_000, events).tolist(), strict=True))
    ]
    return ("\n".join(lines) + "\n").encode()


def _seconds_until_scored(here: Place, start: float) -> float:
    """Wait until nobody is to be scored anew; return the seconds since the start."""
    with closing(Store(here.store_url)) as store:
        while time.perf_counter() - start < SCORED_ANEW_SECONDS:
            with store.reading() as connection:
                if not anybody_waits(connection):
                    return time.perf_counter() - start
            time.sleep(0.2)
    raise RiskError(f"households still waited for a new score after {SCORED_ANEW_SECONDS:g} s")


def _peak_mib() -> float:
    """Return the most memory that the server below this process has held, its worker not counted."""
    [server] = [
        one for one in python_children(os.getpid()) if b"\0serve\0" in Path(f"/proc/{one}/cmdline").read_bytes()
    ]
    status = Path(f"/proc/{server}/status").read_text(encoding="utf-8")
    [kilobytes] = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(kilobytes) * 1024 / MIB


def _alert_figures(database: str, rounds: Sequence[Noticed]) -> tuple[Figure, ...]:
    def quantile(share: float) -> list[float]:
        return [float(np.quantile(one.seconds, share)) for one in rounds]

    name = f"event to new score and alert, {A_SECOND:g} events a second, {database}"
    alerted = [100 * len(one.seconds) / len(one.due) for one in rounds]
    acknowledged = [float(np.quantile(one.answered_seconds, 0.95)) for one in rounds]
    return (
        Figure(f"{name}; half within", "s", spread(quantile(0.5))),
        Figure(f"{name}; 95 % within", "s", spread(quantile(0.95)), at_most(MOST_P95_SECONDS)),
        Figure(f"{name}; 99 % within", "s", spread(quantile(0.99))),
        Figure(f"events that are due an alert and have it, {database}", "%", spread(alerted), at_least(100)),
        Figure(f"events acknowledged, 95 % within, {database}", "s", spread(acknowledged)),
    )


def _file_figures(rounds: Sequence[FileTaken]) -> tuple[Figure, ...]:
    name = f"{LARGE_FILE:,} events in one CSV file"
    grown = [one.large_peak_mib - one.small_peak_mib for one in rounds]
    return (
        Figure(name, "events/s", spread([LARGE_FILE / one.seconds for one in rounds]), at_least(LEAST_A_SECOND)),
        Figure(
            f"peak memory of the server beyond that of a file of {SMALL_FILE:,}; {name}",
            "MiB",
            spread(grown),
            at_most(MOST_GROWTH_MIB),
        ),
        Figure(f"peak memory of the server; {name}", "MiB", spread([one.large_peak_mib for one in rounds])),
        Figure(
            f"until everyone whom they struck is scored anew; {name}", "s", spread([one.anew_seconds for one in rounds])
        ),
    )
