"""Every way of making a feature, against plain Python loops that share no code with it."""

from __future__ import annotations

import datetime as dt
import statistics
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.tinyland import (
    AREAS,
    AS_OFS,
    EVENTS,
    IDS,
    OBSERVATIONS,
    line_of,
    rich_events,
    rich_households,
    rich_observations,
    rich_programme,
)
from riskmodel.features.making import Knowledge, area_rate, make, quotient
from riskmodel.features.snapshot import build_snapshot
from riskmodel.programme.dictionary import Feature, How, Kind
from riskmodel.programme.programme import Programme

LINE = {"n": 100, "s": 100}
FIRST_YEAR = 2013


@pytest.fixture(scope="module")
def programme(tmp_path_factory: pytest.TempPathFactory) -> Programme:
    return rich_programme(tmp_path_factory.mktemp("rich"))


@dataclass(frozen=True)
class Fact:
    """One row of one column."""

    day: dt.date
    recorded: dt.date
    value: Any


class Oracle:
    """Answers feature by feature with loops over lists; slow, plain, and its own."""

    def __init__(self, observed: list[Any], happened: list[Any], as_of: dt.date) -> None:
        self.observed, self.happened, self.as_of = observed, happened, as_of
        self.homes = ["brick", "mud", None, "tent"]
        self.settled = [dt.date(2010, 5, 31), dt.date(2020, 3, 30), None, dt.date(2019, 2, 28)]
        self.rooms = [2.0, 3.5, None, 4.0]

    def months_before(self, months: int | None) -> dt.date:
        return dt.date.min if months is None else (pd.Timestamp(self.as_of) - pd.DateOffset(months=months)).date()

    def months_to(self, day: dt.date) -> int:
        return (self.as_of.year - day.year) * 12 + self.as_of.month - day.month

    def facts(self, origin: str, place: int, delay: int) -> list[Fact]:
        """Return the known rows of a column for one household, the oldest first."""
        table, _, name = origin.partition(".")
        found = []
        if table == "events":
            for who, kind, day, days, amount in self.happened:
                if who == IDS[place] and kind == name:
                    at = dt.date.fromisoformat(day)
                    found.append(Fact(at, at + dt.timedelta(days=days), amount))
        else:
            for who, day, days, income, size, land, work in self.observed:
                if who != IDS[place]:
                    continue
                at = dt.date.fromisoformat(day)
                ratio = None
                if income is not None and size is not None:
                    ratio = income / ((LINE[AREAS[place][0]] + 5 * (at.year - FIRST_YEAR)) * size)
                cells = {
                    "income_tin": income,
                    "size": size,
                    "owns_land": None if land is None else float(land == "true"),
                    "work": work,
                    "welfare_to_line": ratio,
                    "poor": None if ratio is None else float(ratio < 1),
                }
                found.append(Fact(at, at + dt.timedelta(days=days), cells[name]))
        known = [fact for fact in found if fact.recorded + dt.timedelta(days=delay) < self.as_of]
        if table != "events":
            latest: dict[dt.date, Fact] = {}
            for fact in sorted(known, key=lambda fact: fact.recorded):
                latest[fact.day] = fact
            known = list(latest.values())
        # missing amounts of one day and record stand last, as the panel sorts them
        return sorted(known, key=lambda fact: (fact.day, fact.recorded, fact.value is None, str_or_number(fact.value)))

    def answer(self, feature: Feature, place: int, delays: dict[str, int], kind: Kind) -> Any:
        table, _, name = feature.origin.partition(".")
        if table == "households":
            return self.of_household(feature, name, place)
        known = self.facts(feature.origin, place, delays[feature.origin])
        start = self.months_before(feature.months)
        inside = [fact for fact in known if fact.day >= start]
        values = [fact.value for fact in inside if fact.value is not None]
        is_event = table == "events"
        match feature.how:
            case How.VALUE:
                return inside[-1].value if inside else None
            case How.PREVIOUS:
                return previous(known, feature.months)
            case How.CHANGE:
                before = previous(known, feature.months)
                now = known[-1].value if known else None
                return None if before is None or now is None else now - before
            case How.MEAN:
                return statistics.fmean(values) if values else None
            case How.DEVIATION:
                return statistics.stdev(values) if len(values) > 1 else None
            case How.SUM:
                return self.total(inside, is_event)
            case How.COUNT:
                if is_event:
                    return len(inside)
                return None if not inside else sum(values) if kind is Kind.BOOLEAN else len(values)
            case How.MONTHS_SINCE:
                counted = [fact for fact in inside if kind is not Kind.BOOLEAN or fact.value == 1]
                return self.months_to(counted[-1].day) if counted else None
            case How.RATIO | How.SHARE_OF:
                below = self.facts(feature.of, place, delays[feature.of])
                if feature.months is None:
                    over, under = known[-1].value if known else None, below[-1].value if below else None
                else:
                    over = self.total(inside, is_event)
                    under = self.total([f for f in below if f.day >= start], feature.of.startswith("events"))
                if over is None or under is None or under <= 0:
                    return None
                share = over / under
                return min(1.0, max(0.0, share)) if feature.how is How.SHARE_OF else share
            case How.AREA_RATE:
                return self.rate_of_others(feature, place, delays)
        raise AssertionError(feature.how)

    def total(self, facts: list[Fact], is_event: bool) -> float | None:
        values = [fact.value for fact in facts if fact.value is not None]
        return sum(values) if values or is_event else None

    def of_household(self, feature: Feature, name: str, place: int) -> Any:
        if feature.how is How.AREA_RATE:
            others = [self.rooms[o] for o in self.seen_neighbours(place, feature.of) if self.rooms[o] is not None]
            return statistics.fmean(others) if others else None
        if name == "settled_on":
            day = self.settled[place]
            return None if day is None or day >= self.as_of else self.months_to(day)
        return self.homes[place] if name == "home" else self.rooms[place]

    def seen_neighbours(self, place: int, level: str) -> list[int]:
        """Return the others of the area that had been observed: nobody knew of the rest."""
        return [o for o in neighbours(place, level) if self.facts("observations.size", o, 0)]

    def rate_of_others(self, feature: Feature, place: int, delays: dict[str, int]) -> float | None:
        start = self.months_before(feature.months)
        values = []
        for other in self.seen_neighbours(place, feature.of):
            inside = [f for f in self.facts(feature.origin, other, delays[feature.origin]) if f.day >= start]
            if feature.origin.startswith("events"):
                values.append(float(bool(inside)))
            elif inside and inside[-1].value is not None:
                values.append(inside[-1].value)
        return statistics.fmean(values) if values else None


def str_or_number(value: Any) -> Any:
    return 0 if value is None or isinstance(value, str) else value


def neighbours(place: int, level: str) -> list[int]:
    """Return the other households of the same village or province."""
    area = AREAS if level == "village" else [code[0] for code in AREAS]
    return [other for other in range(len(IDS)) if other != place and area[other] == area[place]]


def previous(known: list[Fact], months: int | None) -> Any:
    if months is None:
        return known[-2].value if len(known) > 1 else None
    earlier = [fact for fact in known if month(known[-1].day) - month(fact.day) >= months]
    return earlier[-1].value if earlier else None


def month(day: dt.date) -> int:
    return day.year * 12 + day.month


def assert_agrees(programme: Programme, observed: list[Any], happened: list[Any], as_of: dt.date) -> None:
    line = line_of(programme, rich_households(), rich_observations(observed), rich_events(happened))
    snapshot = build_snapshot(programme, line, as_of, np.arange(len(IDS)))
    oracle = Oracle(observed, happened, as_of)
    delays = {column.key: column.known_after_days for column in programme.dictionary.columns}
    for feature in programme.features:
        column = programme.dictionary.column(feature.origin)
        assert column is not None
        for place in range(len(IDS)):
            found = snapshot[feature.name][place]
            wanted = oracle.answer(feature, place, delays, column.kind)
            what = (feature.how, feature.origin, feature.of, feature.months, IDS[place], as_of)
            if wanted is None:
                assert pd.isna(found), what
            elif isinstance(wanted, str):
                assert found == wanted, what
            else:
                assert found == pytest.approx(wanted, rel=1e-12, abs=1e-9), what


@settings(max_examples=80)
@given(observed=OBSERVATIONS, happened=EVENTS, as_of=st.sampled_from(AS_OFS))
def test_every_way_agrees_with_plain_loops(
    programme: Programme, observed: list[Any], happened: list[Any], as_of: dt.date
) -> None:
    assert_agrees(programme, observed, happened, as_of)


def test_every_way_agrees_on_a_full_panel(programme: Programme) -> None:
    """Hypothesis draws few rows; here every household has a long and corrected history."""
    rng = np.random.default_rng(5)
    days = [f"{day:%Y-%m-%d}" for day in pd.date_range("2018-06-30", "2020-12-31", freq="ME")]
    observed, happened = [], []
    for who in IDS:
        for day in days:
            for delay in (0, 40) if rng.random() < 0.3 else (0,):
                income = None if rng.random() < 0.1 else float(rng.integers(0, 4000)) / 4
                size = None if rng.random() < 0.1 else int(rng.integers(1, 9))
                land, work = rng.choice(["true", "false"]), rng.choice(["brick", "mud"])
                observed.append((who, day, delay, income, size, str(land), str(work)))
            if rng.random() < 0.4:
                amount = None if rng.random() < 0.2 else float(rng.integers(0, 400)) / 4
                happened.append((who, str(rng.choice(["illness", "relief"])), day, int(rng.integers(0, 60)), amount))
    for as_of in AS_OFS:
        assert_agrees(programme, observed, happened, as_of)


def test_the_programme_of_these_tests_uses_every_way(programme: Programme) -> None:
    """A way that is added without a loop beside it shows up here."""
    assert {feature.how for feature in programme.features} == set(How)


WINDOWS = [
    # as of, months, day of the event, counted?
    ("2020-02-29", 12, "2019-02-28", True),  # a year before 29 February is 28 February
    ("2020-02-29", 12, "2019-02-27", False),
    ("2021-02-28", 12, "2020-02-28", True),
    ("2021-02-28", 12, "2020-02-27", False),
    ("2020-03-31", 1, "2020-02-29", True),  # a month before 31 March is the last day of February
    ("2020-03-31", 1, "2020-02-28", False),
    ("2021-01-01", 12, "2020-01-01", True),
    ("2021-01-01", 12, "2019-12-31", False),
    ("2021-01-01", 12, "2020-12-20", True),
]


@pytest.mark.parametrize(("as_of", "months", "day", "counted"), WINDOWS)
def test_windows_start_on_the_same_day_of_the_month(
    tmp_path: Path, as_of: str, months: int, day: str, counted: bool
) -> None:
    from helpers.tinyland import altered
    from riskmodel.programme.loading import load_programme

    row = {"name": "ill_in_window", "from": "events.illness", "how": "count", "months": str(months)}
    drop = ["illness_count_12m"]

    def edit(words: dict[str, Any]) -> None:
        words |= {"rules": [], "measures": [], "reviewing": {}}

    changed = {"illness": {"known_after_days": "0"}}
    programme = load_programme(altered(tmp_path, edit, changed, [row], drop))
    line = line_of(programme, *_one_household(), _illness(day))
    snapshot = build_snapshot(programme, line, dt.date.fromisoformat(as_of), np.array([0]))
    assert snapshot["ill_in_window"].tolist() == [float(counted)]


def _one_household() -> tuple[pd.DataFrame, pd.DataFrame]:
    from helpers.tinyland import households, observations

    return households(("1", "n1")), observations(("1", "2018-12-31", "2018-12-31", 500, 2, "true"))


def _illness(day: str) -> pd.DataFrame:
    from helpers.tinyland import events

    return events(("1", "illness", day, day, 10))


AREA_CASES = [
    # a village of three: each sees the mean of the other two
    ([1, 0, 0], [0, 0, 0], [0, 0.5, 0.5]),
    # alone in its village: nothing to say, not zero
    ([1, 0], [0, 1], [None, None]),
    # an unknown value is left out, but its household still sees the others
    ([1, None, 0], [0, 0, 0], [0, 0.5, 1]),
    # without an area there are no neighbours
    ([1, 0, 1], [0, 0, -1], [0, 1, None]),
    ([1, 1], [-1, -1], [None, None]),
    ([], [], []),
]


@pytest.mark.parametrize(("values", "areas", "expected"), AREA_CASES)
def test_area_rate_leaves_the_household_itself_out(
    values: list[float | None], areas: list[int], expected: list[float | None]
) -> None:
    found = area_rate(np.array(values, dtype="float64"), np.array(areas, dtype="int64"))
    np.testing.assert_array_equal(found, np.array(expected, dtype="float64"))


@pytest.mark.parametrize(
    ("over", "under", "expected"), [(1, 2, 0.5), (0, 2, 0), (1, 0, None), (1, -2, None), (None, 2, None)]
)
def test_quotients_over_nothing_are_unknown(over: float | None, under: float | None, expected: float | None) -> None:
    found = quotient(np.array([over], dtype="float64"), np.array([under], dtype="float64"))
    np.testing.assert_array_equal(found, np.array([expected], dtype="float64"))


def test_one_knowledge_answers_columns_of_different_delays(programme: Programme) -> None:
    """The memory of known rows must not hand a column without delay's rows to one with a delay."""
    line = line_of(programme, rich_households(), rich_observations([("001", "2020-12-31", 0, 900, 4, "true", "mud")]))
    knowledge = Knowledge(line, programme.dictionary, dt.date(2021, 1, 2))
    by_origin = {(f.origin, f.how, f.months): f for f in programme.features}
    for _ in range(2):
        assert make(by_origin["observations.size", How.VALUE, None], knowledge)[0] == 4
        assert np.isnan(make(by_origin["observations.income_tin", How.VALUE, None], knowledge)[0])
