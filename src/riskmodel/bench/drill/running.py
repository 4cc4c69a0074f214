"""Runs the drill and tells what was asked and what was reached."""

from __future__ import annotations

import datetime as dt
import random
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from riskmodel.bench.drill.database import crash_under_load, figures_of
from riskmodel.bench.drill.killed import Deciding, decide_while_killed
from riskmodel.bench.drill.killed import figures_of as killed_figures
from riskmodel.bench.drill.load import SHARE_OF_CAPACITY, capacity_a_second, flood, flood_figures, steady
from riskmodel.bench.drill.place import HOUSEHOLDS, WORKERS, Place, place
from riskmodel.bench.drill.postgres import own_postgres
from riskmodel.bench.drill.server import own_server
from riskmodel.bench.machine import machine_facts
from riskmodel.bench.report import Figure
from riskmodel.bench.running import PROGRAMME
from riskmodel.bench.servers import ending_when_told
from riskmodel.registry.champion import open_champion

Told = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Lengths:
    """How long each part takes.

    Attributes
    ----------
    crashes, crash_every : float
        Seconds under load while the database crashes, and seconds from its return to the next crash.
    steady : float
        Seconds under steady load.
    flood : float
        Seconds of the flood.
    decisions, kills : int
        How many decisions are made by the page's form, and how often the server is killed meanwhile.
    """

    crashes: float
    crash_every: float
    steady: float
    flood: float
    decisions: int
    kills: int


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the drill."""

    title: str
    figures: tuple[Figure, ...]

    @property
    def met(self) -> bool:
        """Whether every bar is met."""
        return all(figure.met for figure in self.figures)


def usual_lengths(minutes: float) -> Lengths:
    """Return the lengths of the whole drill.

    Two minutes of crashes, so many minutes of steady load, a flood of 20 s, and 5,000 decisions over 20 kills.
    """
    return Lengths(120, 10, 60 * minutes, 20, 5_000, 20)


def run_drill(models: Path, lengths: Lengths, now: dt.datetime, tell: Told) -> tuple[Part, ...]:
    """Hold the whole drill: the parts one after the other, on the same processes.

    Parameters
    ----------
    models : Path
        Folder whose champion of the simulated county serves.
    lengths : Lengths
        How long each part takes.
    now : datetime
        The present instant.
    tell : callable
        Told what is being done.
    """
    bundle = open_champion(models, PROGRAMME)
    with (
        ending_when_told(),
        tempfile.TemporaryDirectory() as scratch,
        own_postgres() as database,
    ):
        tell("filling the store and starting the service")
        with place(models, bundle, database.url, Path(scratch), now) as here:
            tell(f"crashing the database for {lengths.crashes:g} s")
            crashes = crash_under_load(here, database, lengths.crashes, lengths.crash_every, tell)
            parts = [Part("The database crashes under load", figures_of(crashes, database.url))]
            rate = SHARE_OF_CAPACITY * capacity_a_second(here)
            tell(f"asking {rate:.0f} times a second for {lengths.steady:g} s")
            parts.append(Part("Steady load", steady(here, rate, lengths.steady)))
            tell(f"a flood of {lengths.flood:g} s")
            parts.append(Part("A flood", flood_figures(flood(here, lengths.flood))))
            tell(f"killing the server {lengths.kills} times")
            parts.append(_kill(models, here, lengths))
    return tuple(parts)


def _kill(models: Path, here: Place, lengths: Lengths) -> Part:
    asked = Deciding(here.token, here.households, lengths.decisions, lengths.kills)
    with own_server(models, PROGRAMME, here.store_url, WORKERS) as server:
        found = decide_while_killed(server, asked, random.Random("kills"))
    return Part("The server is killed while people decide", killed_figures(found, here.store_url))


def to_markdown(parts: Sequence[Part], measured_on: dt.date) -> str:
    """Return docs/drill.md."""
    machine = ", ".join(f"{name} {value}" for name, value in machine_facts().items() if name in ("cores", "python"))
    lines = [
        "# The drill",
        "",
        f"Made by `make drill` on {measured_on.isoformat()} ({machine}); do not edit. The service in {WORKERS} processes "
        f"(`riskmodel serve`), a PostgreSQL and whoever asks share this machine; the store holds {HOUSEHOLDS:,} simulated "
        "households. Scores are single households by features, with reasons, access and audit. The database crashes in "
        "immediate mode, as if its power went, and stays away for half a second; decisions are sent again with the same "
        "`Idempotency-Key` until they are acknowledged. At the end a second server on the same store is killed again and "
        "again, with all of its processes, while people decide by the page's form; a form that got no answer is sent again as "
        "it was.",
    ]
    for part in parts:
        lines += ["", f"## {part.title}", "", "| figure | reached | asked | met |", "|---|---|---|---|"]
        lines += [_row(figure) for figure in part.figures]
    return "\n".join(lines) + "\n"


def _row(figure: Figure) -> str:
    value, bar = figure.values.middle, figure.bar
    reached = f"{value:,.0f}" if float(value).is_integer() else f"{value:,.2f}"
    asked = "–" if bar is None else f"{bar.sense.value} {bar.limit:g}{' ' * bool(figure.unit)}{figure.unit}"
    met = "–" if bar is None else "yes" if figure.met else "**no**"
    return f"| {figure.name} | {reached}{' ' * bool(figure.unit)}{figure.unit} | {asked} | {met} |"
