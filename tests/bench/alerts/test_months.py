"""A followed county is what was known on the day: rules that begin, rises and falls are those of two plain snapshots."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from riskmodel.bench.alerts.months import COUNTED, WARM_UP, Falls, Follower, Month, area_paths, follow, month_days
from riskmodel.features.snapshot import build_snapshot
from riskmodel.features.timeline import Timeline, timeline
from riskmodel.panel.panel import assemble
from riskmodel.panel.simulated.county import simulate
from riskmodel.programme.loading import load_programme
from riskmodel.programme.programme import Programme
from riskmodel.registry.champion import open_champion
from riskmodel.scoring.rules import Rules
from riskmodel.scoring.scorer import Scorer
from riskmodel.settings import Settings

TODAY = dt.date(2026, 11, 1)
TABLES = simulate(1500, 3).tables
FIRST, SECOND = dt.date(2023, 5, 1), dt.date(2023, 6, 1)


@pytest.fixture(scope="module")
def programme() -> Programme:
    return load_programme(Settings().configs / "china-county.yaml")


@pytest.fixture(scope="module")
def scorer() -> Scorer:
    return Scorer(open_champion(Settings().models, "china-county"))


@pytest.fixture(scope="module")
def line(programme: Programme) -> Timeline:
    return timeline(assemble(programme, TABLES, TODAY), programme)


@pytest.fixture(scope="module")
def county(programme: Programme, scorer: Scorer, line: Timeline) -> tuple[tuple[Month, ...], Falls]:
    return follow(programme, scorer, line, lambda _: None)


def test_the_last_month_is_the_last_whose_year_is_over_and_settled(programme: Programme, line: Timeline) -> None:
    days = month_days(programme, line)
    assert (days[0], days[-1], len(days)) == (dt.date(2022, 2, 1), dt.date(2025, 1, 1), COUNTED + WARM_UP)
    # the outcome of 2025-01-01 settles on 2026-03-02
    early = replace(line, end=dt.date(2026, 3, 1))
    assert month_days(programme, early)[-1] == dt.date(2024, 12, 1)


def test_a_month_is_held_against_the_one_before(programme: Programme, scorer: Scorer, line: Timeline) -> None:
    follower = Follower(programme, scorer, line)
    follower.month(FIRST, counts=False)
    month = follower.month(SECOND, counts=True)
    rules = Rules(programme.file.rules, scorer.schema.names, scorer.schema.groups)
    paths = dict(zip(line.household_ids, area_paths(line, programme.file.areas.levels), strict=True))
    fired, chance = {}, {}
    for day in (FIRST, SECOND):
        snapshot = build_snapshot(programme, line, day)
        ids, matrix = snapshot["household_id"].tolist(), scorer.schema.encode(snapshot)
        fired[day] = dict(zip(ids, rules.fired(matrix, [paths[one] for one in ids], day), strict=True))
        odds = scorer.log_odds(matrix)
        chance[day] = dict(zip(ids, scorer.calibration.probability(odds), strict=True))
    assert [line.household_ids[one] for one in month.households] == list(fired[SECOND])
    nothing = np.zeros(len(rules.codes), bool)
    for place, one in enumerate(line.household_ids[month.households]):
        begun = fired[SECOND][one] & ~fired[FIRST].get(one, nothing)
        groups = {group for group, flag in zip(rules.groups, begun, strict=True) if flag}
        assert {group for group, flag in zip(follower.groups, month.begins[place], strict=True) if flag} == groups
        rise = chance[SECOND][one] - chance[FIRST].get(one, np.nan)
        assert np.array_equal(month.rise[place], rise, equal_nan=True)
    assert month.begins.any(), "the county is too small to tell anything"


def test_what_is_recorded_later_changes_nothing_said_before(
    programme: Programme, scorer: Scorer, line: Timeline
) -> None:
    """An alert that knew of an illness before any office did would be a warning that nobody could have had."""
    cut = dict(TABLES)
    for name in ("observations", "monthly", "events"):
        cut[name] = TABLES[name][TABLES[name]["recorded_on"] < pd.Timestamp(SECOND)]
    short = timeline(assemble(programme, cut, TODAY), programme)
    months = []
    for one in (line, short):
        follower = Follower(programme, scorer, one)
        follower.month(FIRST, counts=False)
        months.append(follower.month(SECOND, counts=False))
    assert np.isnan(months[1].outcome).all(), "the short county must know less"
    for name in ("households", "log_odds", "rise", "begins"):
        assert np.array_equal(getattr(months[0], name), getattr(months[1], name), equal_nan=name == "rise"), name


def test_falls_are_the_identifications_of_those_at_risk(
    county: tuple[tuple[Month, ...], Falls], line: Timeline
) -> None:
    months, falls = county
    table = TABLES["events"][TABLES["events"]["kind"] == "identified"]
    found = set()
    for month in months:
        ids = set(line.household_ids[month.households])
        ends = pd.Timestamp(month.as_of) + pd.DateOffset(months=1)
        within = (table["occurred_on"] >= pd.Timestamp(month.as_of)) & (table["occurred_on"] < ends)
        rows = table[within & table["household_id"].isin(ids)]
        found |= {
            (row.household_id, row.occurred_on.date(), row.cause, month.as_of >= dt.date(2023, 2, 1))
            for row in rows.itertuples()
        }
    days = [day.astype(object) for day in falls.day]
    told = list(zip(line.household_ids[falls.household], days, falls.cause, falls.counts.tolist(), strict=True))
    assert set(told) == found
    assert len(found) > 20
    assert told == sorted(told, key=lambda one: one[:2])


def test_areas_run_from_the_widest_to_the_households_own(programme: Programme, line: Timeline) -> None:
    paths = area_paths(line, programme.file.areas.levels)
    own = line.households["area_code"]
    assert all(path == f"/{code[:4]}/{code[:6]}/{code}/" for path, code in zip(paths, own, strict=True))
