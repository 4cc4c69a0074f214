"""Poverty and monitoring lines by area and period, and which one is in force when."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from riskmodel.errors import Fault
from riskmodel.programme.dictionary_file import read_csv_rows


class Grain(StrEnum):
    """Length of the periods that lines are set for."""

    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


MONTHS_PER_PERIOD = {Grain.MONTH: 1, Grain.QUARTER: 3, Grain.YEAR: 12}


def period_of(day: dt.date, grain: Grain) -> str:
    """Name the period a day falls in: ``2018``, ``2018Q3`` or ``2018-07``.

    >>> period_of(dt.date(2018, 7, 1), Grain.QUARTER)
    '2018Q3'
    """
    match grain:
        case Grain.YEAR:
            return f"{day.year}"
        case Grain.QUARTER:
            return f"{day.year}Q{(day.month + 2) // 3}"
        case Grain.MONTH:
            return f"{day.year}-{day.month:02d}"


def periods_between(first: dt.date, last: dt.date, grain: Grain) -> tuple[str, ...]:
    """Name every period from the one of ``first`` to the one of ``last``."""
    months = MONTHS_PER_PERIOD[grain]
    names: dict[str, None] = {period_of(first, grain): None}
    index = first.year * 12 + first.month - 1
    end = last.year * 12 + last.month - 1
    while index <= end:
        names[period_of(dt.date(index // 12, index % 12 + 1, 1), grain)] = None
        index += months
    names[period_of(last, grain)] = None
    return tuple(names)


@dataclass(frozen=True, slots=True)
class Lines:
    """The table of lines.

    Attributes
    ----------
    grain : Grain
        Length of its periods.
    values : mapping of (area_code, period) to float
        The line, in the programme's currency.
    """

    grain: Grain
    values: Mapping[tuple[str, str], float]

    @property
    def areas(self) -> frozenset[str]:
        """Areas that have lines of their own."""
        return frozenset(area for area, _ in self.values)

    def missing(self, periods: Iterable[str]) -> list[tuple[str, str]]:
        """List the (area, period) pairs without a line, of all areas times ``periods``."""
        return [
            (area, period) for area in sorted(self.areas) for period in periods if (area, period) not in self.values
        ]


def read_lines(path: Path, grain: Grain) -> tuple[Lines, list[Fault]]:
    """Read ``area_code,period,line`` (other columns, such as a source, are for people)."""
    values: dict[tuple[str, str], float] = {}
    faults: list[Fault] = []
    for line_number, row in read_csv_rows(path):
        where = f"{path.name}:{line_number}"
        try:
            key, value = (row["area_code"], row["period"]), float(row["line"])
        except KeyError as error:
            return Lines(grain, {}), [Fault(path.name, "missing_column", f"needs the column {error.args[0]}")]
        except ValueError:
            faults.append(Fault(where, "not_a_number", "line is not a number"))
            continue
        if not 0 < value < float("inf"):
            faults.append(Fault(where, "range", "a line is a positive amount"))
        if key in values:
            faults.append(Fault(where, "duplicate_line", f"area {key[0]} has two lines for {key[1]}"))
        values[key] = value
    return Lines(grain, values), faults
