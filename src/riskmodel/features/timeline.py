"""A panel as arrays in the order of time, and the one rule of what was known on a date."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskmodel.panel.checking import text_or_none
from riskmodel.panel.panel import Panel, area_at_level
from riskmodel.programme.programme import Programme

Positions = npt.NDArray[np.int64]
Days = npt.NDArray[np.datetime64]
Values = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Rows:
    """Dated rows of one table (or one kind of event), sorted by household, day and day of record.

    Attributes
    ----------
    household : ndarray of int, shape (n,)
        Position of the household in ``Timeline.household_ids``.
    day : ndarray of datetime64[D], shape (n,)
        End of the period, or day of the event.
    recorded : ndarray of datetime64[D], shape (n,)
        Day on which the row entered the system.
    month : ndarray of int, shape (n,)
        ``day`` as months since year 0, for distances in whole months.
    columns : mapping of str to ndarray, shape (n,)
        Values; float64, or objects for categories.
    replaces : bool
        Whether a later record of the same household and day takes the place of an earlier one.
    """

    household: Positions
    day: Days
    recorded: Days
    month: Positions
    columns: Mapping[str, np.ndarray]
    replaces: bool

    def known(self, as_of: dt.date, delay_days: int = 0) -> Positions:
        """Return the rows that were known on a date, ascending.

        A row is known from the day after it was recorded (and its column's delay has passed): a correction that
        came later is invisible, and of several records of one period only the latest known one counts.

        Parameters
        ----------
        as_of : date
            Cut-off, exclusive.
        delay_days : int
            Extra days until a column may be used.
        """
        cutoff = np.datetime64(as_of, "D") - np.timedelta64(delay_days, "D")
        index = np.flatnonzero(self.recorded < cutoff)
        if not self.replaces or not len(index):
            return index
        household, day = self.household[index], self.day[index]
        superseded = np.zeros(len(index), bool)
        superseded[:-1] = (household[1:] == household[:-1]) & (day[1:] == day[:-1])
        return index[~superseded]


@dataclass(frozen=True, slots=True)
class Timeline:
    """Everything a panel holds, ready to be asked what was known when.

    Attributes
    ----------
    household_ids : ndarray of str, shape (n_households,)
        Ids, ascending.
    households : DataFrame
        The households table in that order.
    observations : mapping of str to Rows
        By table.
    events : mapping of str to Rows
        By kind; each has the columns ``amount`` and ``cause``.
    area_positions : mapping of level to ndarray of int
        Per household the position of its area at a level; -1 where it has none.
    area_codes : mapping of level to ndarray of object
        Per household the code of that area; None where it has none.
    observed_until : date
        Day after the last period or event: later dates would ask about a time that nobody watched.
    end : date
        Day after the last record, corrections included: the latest date on which anything more was known.
    """

    household_ids: np.ndarray
    households: pd.DataFrame
    observations: Mapping[str, Rows]
    events: Mapping[str, Rows]
    area_positions: Mapping[str, Positions]
    area_codes: Mapping[str, np.ndarray]
    observed_until: dt.date
    end: dt.date

    @property
    def size(self) -> int:
        """Number of households."""
        return len(self.household_ids)


def timeline(panel: Panel, programme: Programme) -> Timeline:
    """Turn a panel into arrays; done once, asked many times."""
    ids = panel.households["household_id"].to_numpy(dtype=object)
    position = pd.Series(np.arange(len(ids)), index=ids)
    observations = {
        name: _rows(table, position, "period_end", replaces=True) for name, table in panel.observations.items()
    }
    kinds = [column.name for column in programme.dictionary.table("events")]
    by_kind = dict(list(panel.events.groupby("kind", sort=True)))
    empty = panel.events.iloc[:0]
    events = {kind: _rows(by_kind.get(kind, empty), position, "occurred_on", replaces=False) for kind in kinds}
    everything = (*observations.values(), *events.values())
    areas = {level: _areas(panel, level) for level in programme.file.areas.levels}
    return Timeline(
        household_ids=ids,
        households=panel.households,
        observations=observations,
        events=events,
        area_positions={level: positions for level, (positions, _) in areas.items()},
        area_codes={level: codes for level, (_, codes) in areas.items()},
        observed_until=_day_after([rows.day for rows in everything]),
        end=_day_after([rows.recorded for rows in everything]),
    )


def _rows(table: pd.DataFrame, position: pd.Series, day_column: str, *, replaces: bool) -> Rows:
    day = table[day_column].to_numpy(dtype="datetime64[D]")
    skip = {"household_id", "kind", "recorded_on", day_column}
    columns = {str(name): _values(table[name]) for name in table.columns if name not in skip}
    return Rows(
        household=position.reindex(table["household_id"]).to_numpy(dtype="int64"),
        day=day,
        recorded=table["recorded_on"].to_numpy(dtype="datetime64[D]"),
        month=month_index(day),
        columns=columns,
        replaces=replaces,
    )


def _day_after(days: list[Days]) -> dt.date:
    """Return the day after the last of all; the first day of the calendar where there is none."""
    last = [one.max() for one in days if len(one)]
    return max(last).astype(object) + dt.timedelta(days=1) if last else dt.date.min


def _values(column: pd.Series) -> np.ndarray:
    if pd.api.types.is_float_dtype(column):
        return np.asarray(column, dtype="float64")
    if pd.api.types.is_datetime64_any_dtype(column):
        return np.asarray(column, dtype="datetime64[D]")
    return text_or_none(column)


def month_index(days: Days) -> Positions:
    """Return calendar months as whole numbers, so that their differences are months."""
    return days.astype("datetime64[M]").astype("int64")


def _areas(panel: Panel, level: str) -> tuple[Positions, np.ndarray]:
    """Return each household's area at a level, as a position and as its code."""
    at_level = panel.households["area_code"].map(area_at_level(panel.areas, level))
    positions, _ = pd.factorize(at_level, sort=True)
    return positions.astype("int64"), text_or_none(at_level)
