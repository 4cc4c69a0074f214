"""What was measured, as values: figures with their bars, by benchmark; from and to JSON."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from riskmodel.bench.measuring import Spread
from riskmodel.errors import UsageError

ORDER = ("explain", "serve", "store", "batch", "scaling", "training", "events")
"""Benchmarks in the order in which they run and are told."""


class Sense(StrEnum):
    """Which side of its bar a figure has to be on."""

    AT_LEAST = "at least"
    AT_MOST = "at most"


@dataclass(frozen=True, slots=True)
class Bar:
    """What is asked of a figure."""

    sense: Sense
    limit: float

    def holds(self, value: float) -> bool:
        """Whether a value is on the right side; what is no number is on neither."""
        return value >= self.limit if self.sense is Sense.AT_LEAST else value <= self.limit


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of a benchmark.

    Attributes
    ----------
    name : str
        What was measured, in words.
    unit : str
        Unit of the values; ``x`` where they are ratios.
    values : Spread
        Over repetitions.
    bar : Bar or None
        What is asked; the median decides, since one disturbed repetition says nothing about the code.
    """

    name: str
    unit: str
    values: Spread
    bar: Bar | None = None

    @property
    def met(self) -> bool:
        """Whether the bar is met; a figure without one always is."""
        return self.bar is None or self.bar.holds(self.values.middle)


@dataclass(frozen=True, slots=True)
class Section:
    """One benchmark's run.

    Attributes
    ----------
    name : str
        One of :data:`ORDER`.
    measured_on : date
        Day of the run.
    rounds : int
        Repetitions.
    machine : mapping of str to str
        Cores and versions; nothing that names a host or a path.
    conditions : mapping of str to str
        Sizes and settings of the run, in words.
    figures : tuple of Figure
        What was measured.
    """

    name: str
    measured_on: dt.date
    rounds: int
    machine: Mapping[str, str]
    conditions: Mapping[str, str]
    figures: tuple[Figure, ...]

    @property
    def met(self) -> bool:
        """Whether every bar is met."""
        return all(figure.met for figure in self.figures)


def at_least(limit: float) -> Bar:
    """Return the bar that asks for at least so much."""
    return Bar(Sense.AT_LEAST, limit)


def at_most(limit: float) -> Bar:
    """Return the bar that asks for at most so much."""
    return Bar(Sense.AT_MOST, limit)


def merged(known: Sequence[Section], section: Section) -> tuple[Section, ...]:
    """Put a section in place of the one of its name, or beside the others."""
    by_name = {one.name: one for one in (*known, section)}
    return tuple(by_name[name] for name in ORDER if name in by_name)


def to_json(sections: Sequence[Section]) -> str:
    """Return sections as JSON."""
    value = [{**asdict(one), "measured_on": one.measured_on.isoformat()} for one in sections]
    return json.dumps({"sections": value}, indent=1, allow_nan=False) + "\n"


def from_json(text: str) -> tuple[Section, ...]:
    """Return the sections that :func:`to_json` wrote.

    Raises
    ------
    UsageError
        If the text is not what it writes.
    """
    try:
        return tuple(_section(one) for one in json.loads(text)["sections"])
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(
            f"not a file of figures ({type(error).__name__}); `riskmodel bench --json` writes one"
        ) from None


def _section(value: Mapping[str, Any]) -> Section:
    if value["name"] not in ORDER:
        raise ValueError(value["name"])
    return Section(
        value["name"],
        dt.date.fromisoformat(value["measured_on"]),
        value["rounds"],
        value["machine"],
        value["conditions"],
        tuple(_figure(one) for one in value["figures"]),
    )


def _figure(value: Mapping[str, Any]) -> Figure:
    bar = value["bar"]
    return Figure(
        value["name"],
        value["unit"],
        Spread(**value["values"]),
        None if bar is None else Bar(Sense(bar["sense"]), bar["limit"]),
    )
