"""What happened within a window: an office's decision, hardship whatever an office decided, and either of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from riskmodel.features.making import Knowledge, value
from riskmodel.features.timeline import Rows, Timeline, Values, month_index
from riskmodel.programme.calendar import add_months
from riskmodel.programme.lines import MONTHS_PER_PERIOD
from riskmodel.programme.outcome import EventKind, EventWithin, Objective
from riskmodel.programme.programme import Programme

NEVER = np.datetime64("9999-12-31", "D")


@dataclass(frozen=True, slots=True)
class Window:
    """``[start, end)``, as far as it was recorded before ``known_by``."""

    start: np.datetime64
    end: np.datetime64
    known_by: dt.date

    def inside(self, rows: Rows) -> np.ndarray:
        """Return the rows of the window that were known, ascending."""
        index = rows.known(self.known_by)
        return index[(rows.day[index] >= self.start) & (rows.day[index] < self.end)]


def window_of(as_of: dt.date, horizon_months: int, known_by: dt.date) -> Window:
    """Return the window that starts on a date."""
    end = np.datetime64(add_months(as_of, horizon_months), "D")
    return Window(np.datetime64(as_of, "D"), end, known_by)


def events_within(
    programme: Programme, outcome: EventWithin, line: Timeline, as_of: dt.date, horizon_months: int, known_by: dt.date
) -> Mapping[EventKind, Values]:
    """Return each kind of outcome for every household of the timeline: 1 happened, 0 did not, NaN unknown.

    ``administrative`` is one of the programme's events. ``objective`` is there where the programme says what counts:
    welfare of a period that ends within the window is below the line in force, or a guarantee is lost. A household
    that was below the line before can't fall below it, and one whose period is not recorded is unknown. A window that
    no period ends in shows lost guarantees alone. ``either`` is unknown where one is unknown and the other did not
    happen; of a household that was below the line already the office's decision alone is asked.
    """
    window = window_of(as_of, horizon_months, known_by)
    lost = _first_day(line, outcome.censored_by, window)
    decided = _first_day(line, outcome.events, window)
    administrative = _outcome(decided, lost)
    if outcome.objective is None:
        return {"administrative": administrative}
    knowledge = Knowledge(line, programme.dictionary, as_of)
    poor_before = value(knowledge.column(f"{programme.file.welfare.table}.poor")) == 1
    seen, unrecorded = _objective_day(programme, outcome.objective, line, window, knowledge)
    objective = _outcome(seen, lost)
    objective[unrecorded & (objective == 0)] = np.nan
    either = np.where((administrative == 1) | (objective == 1), 1.0, administrative + objective)
    return {
        "administrative": administrative,
        "objective": np.where(poor_before, np.nan, objective),
        "either": np.where(poor_before, administrative, either),
    }


def cause_within(
    outcome: EventWithin, line: Timeline, as_of: dt.date, horizon_months: int, known_by: dt.date
) -> np.ndarray:
    """Return the recorded cause of each household's first administrative event in the window; None without."""
    window = window_of(as_of, horizon_months, known_by)
    first = _first_day(line, outcome.events, window)
    causes = np.full(line.size, None, dtype=object)
    for kind in outcome.events:
        rows = line.events[kind]
        index = window.inside(rows)
        index = index[rows.day[index] == first[rows.household[index]]]
        causes[rows.household[index]] = rows.columns["cause"][index]
    return causes


def day_within(
    programme: Programme, outcome: EventWithin, line: Timeline, as_of: dt.date, horizon_months: int, known_by: dt.date
) -> np.ndarray:
    """Return the day on which the kind of outcome that is predicted first shows in the window, or :data:`NEVER`."""
    window = window_of(as_of, horizon_months, known_by)
    decided = _first_day(line, outcome.events, window)
    if outcome.objective is None or outcome.predict == "administrative":
        return decided
    seen, _ = _objective_day(programme, outcome.objective, line, window, Knowledge(line, programme.dictionary, as_of))
    return seen if outcome.predict == "objective" else np.minimum(seen, decided)


def _outcome(day: np.ndarray, lost: np.ndarray) -> Values:
    """Tell whether it happened before observation ended."""
    happened = (day < NEVER) & (day <= lost)
    return np.where(happened, 1.0, np.where(lost == NEVER, 0.0, np.nan))


def _first_day(line: Timeline, kinds: Sequence[str], window: Window) -> np.ndarray:
    """Return each household's first day with one of the events inside the window, or :data:`NEVER`."""
    first = np.full(line.size, NEVER)
    for kind in kinds:
        rows = line.events[kind]
        inside = window.inside(rows)
        np.minimum.at(first, rows.household[inside], rows.day[inside])
    return first


def _objective_day(
    programme: Programme, objective: Objective, line: Timeline, window: Window, knowledge: Knowledge
) -> tuple[np.ndarray, np.ndarray]:
    """Return the first day of objective hardship, and whether a period of the window is not recorded."""
    first = _first_day(line, objective.lost_guarantees, window)
    for key in objective.guarantee_columns:
        table, _, name = key.partition(".")
        rows = line.observations[table]
        lacking_before = value(knowledge.column(key)) > 0
        _note(first, rows, window.inside(rows), rows.columns[name] > 0, ~lacking_before)
    unrecorded = np.zeros(line.size, bool)
    if objective.below_line:
        rows = line.observations[programme.file.welfare.table]
        inside = window.inside(rows)
        _note(first, rows, inside, rows.columns["poor"] == 1, np.ones(line.size, bool))
        told = inside[~np.isnan(rows.columns["poor"][inside])]
        counted = np.bincount(rows.household[told], minlength=line.size)
        unrecorded = counted < _periods_ending(window, MONTHS_PER_PERIOD[programme.file.welfare.grain])
    return first, unrecorded


def _note(first: np.ndarray, rows: Rows, inside: np.ndarray, lacking: np.ndarray, counts: np.ndarray) -> None:
    """Lower ``first`` to the day of each row inside that shows hardship of a household that counts."""
    shown = inside[lacking[inside] & counts[rows.household[inside]]]
    np.minimum.at(first, rows.household[shown], rows.day[shown])


def _periods_ending(window: Window, months_per_period: int) -> int:
    """Count the periods whose last day lies inside the window."""
    before, last = month_index(np.array([window.start, window.end], "datetime64[D]"))
    return int(last // months_per_period - before // months_per_period)
