"""Makes one feature for every household from the rows that were known on a date.

Every function returns an array over all households of the timeline, missing (NaN) where there is nothing to say.
Sums run in the rows' fixed order, so the same panel always gives the same bits.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from riskmodel.features.timeline import Positions, Rows, Timeline, Values, month_index
from riskmodel.panel.checking import text_or_none
from riskmodel.programme.calendar import add_months
from riskmodel.programme.dictionary import EVENTS, HOUSEHOLDS, Column, Dictionary, Feature, How, Kind


@dataclass(frozen=True, slots=True)
class Known:
    """The rows of one column that were known on a date.

    Attributes
    ----------
    household, month : ndarray of int, shape (n,)
        Household and calendar month of each row.
    day : ndarray of datetime64[D], shape (n,)
        End of the period or day of the event.
    values : ndarray, shape (n,)
        The column's values.
    size : int
        Number of households of the timeline.
    as_of : date
        The date.
    is_event : bool
        Whether having no row means zero (events) or unknown (observations).
    """

    household: Positions
    month: Positions
    day: np.ndarray
    values: np.ndarray
    size: int
    as_of: dt.date
    is_event: bool

    def within(self, months: int | None) -> Known:
        """Keep the rows of the last ``months`` months; all where None."""
        if months is None:
            return self
        return self.where(self.day >= np.datetime64(add_months(self.as_of, -months), "D"))

    def where(self, keep: np.ndarray) -> Known:
        """Keep some rows."""
        return Known(
            self.household[keep],
            self.month[keep],
            self.day[keep],
            self.values[keep],
            self.size,
            self.as_of,
            self.is_event,
        )


class Knowledge:
    """What a timeline tells on one date; remembers which rows were known, for the features that share a table."""

    def __init__(self, line: Timeline, dictionary: Dictionary, as_of: dt.date) -> None:
        self.line = line
        self.dictionary = dictionary
        self.as_of = as_of
        self._known: dict[tuple[str, int], Positions] = {}

    @cached_property
    def seen(self) -> np.ndarray:
        """Which households had been observed at all; of the others nobody knew that they exist."""
        seen = np.zeros(self.line.size, bool)
        for rows in self.line.observations.values():
            seen[rows.household[rows.known(self.as_of)]] = True
        return seen

    def column(self, key: str) -> Known:
        """Return the known rows of ``table.column``, or of a kind of event."""
        column = self.dictionary.column(key)
        assert column is not None, "the programme's loading has checked every reference"
        rows, name = self._rows(column)
        cache_key = (key if column.table == EVENTS else column.table, column.known_after_days)
        if cache_key not in self._known:
            self._known[cache_key] = rows.known(self.as_of, column.known_after_days)
        index = self._known[cache_key]
        return Known(
            rows.household[index],
            rows.month[index],
            rows.day[index],
            rows.columns[name][index],
            self.line.size,
            self.as_of,
            column.table == EVENTS,
        )

    def _rows(self, column: Column) -> tuple[Rows, str]:
        if column.table == EVENTS:
            return self.line.events[column.name], "amount"
        return self.line.observations[column.table], column.name


def last_rows(known: Known) -> Positions:
    """Return the index of each household's last row, ascending by household."""
    return np.flatnonzero(np.diff(known.household, append=-1))


def spread(known: Known, rows: Positions) -> np.ndarray:
    """Lay the values of at most one row a household over all households."""
    is_object = known.values.dtype == object
    out = np.full(known.size, None, dtype=object) if is_object else np.full(known.size, np.nan)
    out[known.household[rows]] = known.values[rows]
    return out


def value(known: Known) -> np.ndarray:
    """Value of the latest row."""
    return spread(known, last_rows(known))


def previous(known: Known, months: int | None) -> np.ndarray:
    """Value of the row before the latest; with ``months``, of the latest row at least so long before it."""
    last = last_rows(known)
    if months is None:
        earlier = np.ones(len(known.household), bool)
        earlier[last] = False
    else:
        latest_month = np.full(known.size, np.iinfo(np.int64).min, dtype="int64")
        latest_month[known.household[last]] = known.month[last]
        earlier = known.month <= latest_month[known.household] - months
    return value(known.where(earlier))


def total(known: Known) -> Values:
    """Sum of the rows; without any, zero for events and missing for observations."""
    present = known.where(~np.isnan(known.values))
    sums = _sums(present, present.values)
    if known.is_event:
        return sums
    return np.where(_counts(present) > 0, sums, np.nan)


def mean(known: Known) -> Values:
    """Mean of the rows that have a value."""
    present = known.where(~np.isnan(known.values))
    with np.errstate(invalid="ignore"):
        return _sums(present, present.values) / _counts(present)


def deviation(known: Known) -> Values:
    """Take the standard deviation of the rows; missing with fewer than two."""
    present = known.where(~np.isnan(known.values))
    counts = _counts(present)
    centred = present.values - mean(present)[present.household]
    squares = _sums(present, centred * centred)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(counts > 1, np.sqrt(squares / (counts - 1)), np.nan)


def count(known: Known, kind: Kind) -> Values:
    """Count events; true rows for a boolean; rows with a value otherwise."""
    if known.is_event:
        return _counts(known)
    seen = _counts(known) > 0
    if known.values.dtype == object:
        held = np.array([cell is not None for cell in known.values], bool)
    else:
        held = (known.values == 1) if kind is Kind.BOOLEAN else ~np.isnan(known.values)
    return np.where(seen, _counts(known.where(held)), np.nan)


def months_since(known: Known, kind: Kind) -> Values:
    """Whole months since the latest event, or since the latest true row of a boolean."""
    if not known.is_event and kind is Kind.BOOLEAN:
        known = known.where(known.values == 1)
    rows = last_rows(known)
    out = np.full(known.size, np.nan)
    now = month_index(np.array([known.as_of], dtype="datetime64[D]"))[0]
    out[known.household[rows]] = now - known.month[rows]
    return out


def quotient(numerator: Values, denominator: Values) -> Values:
    """Divide; missing where the denominator is not positive."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(denominator > 0, numerator / denominator, np.nan)


def area_rate(of_household: Values, area: Positions) -> Values:
    """Mean over the other households of the same area; the household itself is left out.

    Parameters
    ----------
    of_household : ndarray, shape (n,)
        One value a household; missing ones are left out.
    area : ndarray of int, shape (n,)
        Position of the household's area, -1 for none.
    """
    counted = ~np.isnan(of_household) & (area >= 0)
    n_areas = int(area.max(initial=-1)) + 1
    sums = np.bincount(area[counted], weights=of_household[counted], minlength=n_areas).astype("float64")
    counts = np.bincount(area[counted], minlength=n_areas).astype("float64")
    if n_areas == 0:
        return np.full(len(area), np.nan)
    others_sum = sums[area] - np.where(counted, of_household, 0.0)
    others = counts[area] - counted
    return np.where(area >= 0, quotient(others_sum, others), np.nan)


def _sums(known: Known, weights: Values) -> Values:
    return np.bincount(known.household, weights=weights, minlength=known.size).astype("float64")


def _counts(known: Known) -> Values:
    return np.bincount(known.household, minlength=known.size).astype("float64")


def make(feature: Feature, knowledge: Knowledge) -> np.ndarray:
    """Make one feature for every household of the timeline.

    Returns
    -------
    ndarray, shape (n_households,)
        float64, or objects (text or None) for a category.
    """
    if feature.table == HOUSEHOLDS:
        return _of_household(feature, knowledge)
    known = knowledge.column(feature.origin)
    column = knowledge.dictionary.column(feature.origin)
    assert column is not None
    if feature.how in _SIMPLE:
        return _SIMPLE[feature.how](known.within(feature.months), column.kind)
    return _COMPOUND[feature.how](feature, knowledge, known)


_SIMPLE: Mapping[How, Callable[[Known, Kind], np.ndarray]] = {
    How.VALUE: lambda known, kind: value(known),
    How.MEAN: lambda known, kind: mean(known),
    How.DEVIATION: lambda known, kind: deviation(known),
    How.SUM: lambda known, kind: total(known),
    How.COUNT: count,
    How.MONTHS_SINCE: months_since,
}


def _of_household(feature: Feature, knowledge: Knowledge) -> np.ndarray:
    """Make a feature from the households table, whose facts have no dates of their own."""
    column = knowledge.line.households[feature.source_name]
    if feature.how is How.MONTHS_SINCE:
        days = column.to_numpy(dtype="datetime64[D]")
        # A date that lies after the as-of date was not known then.
        days = np.where(days < np.datetime64(knowledge.as_of, "D"), days, np.datetime64("NaT", "D"))
        now = month_index(np.array([knowledge.as_of], dtype="datetime64[D]"))[0]
        return np.where(np.isnat(days), np.nan, (now - month_index(days)).astype("float64"))
    numbers: np.ndarray = (
        column.to_numpy(dtype="float64") if feature.column.kind is not Kind.CATEGORY else text_or_none(column)
    )
    if feature.how is How.AREA_RATE:
        return area_rate(np.where(knowledge.seen, numbers, np.nan), knowledge.line.area_positions[feature.of])
    return numbers


def _ratio(feature: Feature, knowledge: Knowledge, known: Known) -> Values:
    below = knowledge.column(feature.of)
    if feature.months is None:
        return quotient(value(known), value(below))
    return quotient(total(known.within(feature.months)), total(below.within(feature.months)))


def _area_rate(feature: Feature, knowledge: Knowledge, known: Known) -> Values:
    recent = known.within(feature.months)
    of_household = (_counts(recent) > 0).astype("float64") if known.is_event else value(recent)
    return area_rate(np.where(knowledge.seen, of_household, np.nan), knowledge.line.area_positions[feature.of])


_COMPOUND: Mapping[How, Callable[[Feature, Knowledge, Known], np.ndarray]] = {
    How.PREVIOUS: lambda feature, knowledge, known: previous(known, feature.months),
    How.CHANGE: lambda feature, knowledge, known: value(known) - previous(known, feature.months),
    How.SHARE_OF: lambda feature, knowledge, known: np.clip(_ratio(feature, knowledge, known), 0.0, 1.0),
    How.RATIO: _ratio,
    How.AREA_RATE: _area_rate,
}
