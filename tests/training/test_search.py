"""A search repeats itself, goes on where it was stopped, and never returns less than the programme's own settings."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from conftest import Tiny
from riskmodel.errors import TooFewRows
from riskmodel.training.examples import ExampleSource
from riskmodel.training.plan import Plan
from riskmodel.training.search import BOUNDS, SearchResult, search, splits_of

DAY = dt.date(2020, 1, 1)


@pytest.fixture(scope="module")
def source(tiny: Tiny) -> ExampleSource:
    return ExampleSource(tiny.programme, tiny.line)


def plan_of(tiny: Tiny, day: dt.date = DAY) -> Plan:
    return Plan(tiny.programme, day, tiny.line.end, seed=4, threads=1)


def run(
    tiny: Tiny, source: ExampleSource, trials: int, storage: Path
) -> tuple[SearchResult, list[Mapping[str, float]]]:
    tried: list[Mapping[str, float]] = []
    result = search(plan_of(tiny), source, trials, storage, "tiny", lambda _n, params, _v, _s: tried.append(params))
    return result, tried


def test_the_same_seed_tries_the_same_and_own_settings_stand_first(
    tiny: Tiny, source: ExampleSource, tmp_path: Path
) -> None:
    first, tried = run(tiny, source, 4, tmp_path / "a.db")
    second, again = run(tiny, source, 4, tmp_path / "b.db")
    assert tried == again
    assert first == second
    assert tried[0]["rounds"] == max(tiny.programme.file.model.rounds, BOUNDS["rounds"][0])
    assert first.value >= first.own_value
    assert first.model.rounds == first.chosen["rounds"]


def test_trials_of_earlier_runs_count(tiny: Tiny, source: ExampleSource, tmp_path: Path) -> None:
    _, before = run(tiny, source, 2, tmp_path / "a.db")
    result, since = run(tiny, source, 5, tmp_path / "a.db")
    assert (len(before), len(since), result.trials) == (2, 3, 5)
    keys = [tuple(one.items()) for one in (*before, *since)]
    assert len(set(keys)) == 5
    assert run(tiny, source, 5, tmp_path / "a.db")[1] == []


def test_nothing_of_a_split_is_later_than_the_cut_off_and_judging_is_later_than_growing(
    tiny: Tiny, source: ExampleSource
) -> None:
    splits = splits_of(plan_of(tiny), source)
    assert len(splits) == 2
    for one in splits:
        assert one.grow.as_of.max() < one.judge.as_of.min()
        assert one.judge.as_of.max() <= np.datetime64("2019-01-01")


def test_too_short_a_training_side_is_refused(tiny: Tiny, source: ExampleSource) -> None:
    with pytest.raises(TooFewRows, match="too short to search in"):
        splits_of(plan_of(tiny, dt.date(2016, 1, 1)), source)
