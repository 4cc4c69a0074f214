"""A search repeats itself, goes on where it was stopped or killed, and never does worse than the programme's settings."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from conftest import Tiny
from riskmodel.errors import TooFewRows, UsageError
from riskmodel.programme.programme import Model
from riskmodel.training import search as searching
from riskmodel.training.examples import ExampleSource
from riskmodel.training.fitting import fit_trees
from riskmodel.training.plan import Plan
from riskmodel.training.search import BOUNDS, SearchResult, model_with, search, splits_of

DAY = dt.date(2020, 1, 1)


@pytest.fixture(scope="module")
def source(tiny: Tiny) -> ExampleSource:
    return ExampleSource(tiny.programme, tiny.line)


def plan_of(tiny: Tiny, day: dt.date = DAY, model: Model | None = None, threads: int = 1) -> Plan:
    plan = Plan(tiny.programme, day, tiny.line.end, seed=4, threads=threads)
    if model is None:
        return plan
    return replace(
        plan, programme=replace(plan.programme, file=plan.programme.file.model_copy(update={"model": model}))
    )


def run(
    tiny: Tiny, source: ExampleSource, trials: int, storage: Path, model: Model | None = None, threads: int = 1
) -> tuple[SearchResult, list[Mapping[str, float]]]:
    tried: list[Mapping[str, float]] = []
    plan = plan_of(tiny, model=model, threads=threads)
    result = search(plan, source, trials, storage, "tiny", lambda _n, params, _v, _s: tried.append(params))
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


def test_threads_change_nothing(tiny: Tiny, source: ExampleSource, tmp_path: Path) -> None:
    one, two = (run(tiny, source, 3, tmp_path / f"{threads}.db", threads=threads) for threads in (1, 2))
    assert one == two


def test_a_search_that_was_stopped_ends_as_one_that_was_not(tiny: Tiny, source: ExampleSource, tmp_path: Path) -> None:
    unbroken, tried = run(tiny, source, 5, tmp_path / "a.db")
    _, before = run(tiny, source, 2, tmp_path / "b.db")
    resumed, since = run(tiny, source, 5, tmp_path / "b.db")
    assert (len(before), len(since), resumed.trials) == (2, 3, 5)
    assert [*before, *since] == tried
    assert resumed == unbroken
    assert run(tiny, source, 5, tmp_path / "b.db")[1] == []


class Killed(BaseException):
    """What no handler of ours or of the search's catches, as a kill."""


@pytest.mark.parametrize("place", [0, 1])
def test_a_trial_that_was_killed_is_tried_again(
    tiny: Tiny, source: ExampleSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: int
) -> None:
    unbroken, _ = run(tiny, source, 3, tmp_path / "a.db")
    if place:
        run(tiny, source, place, tmp_path / "b.db")

    def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(searching, "fit_trees", die)
        run(tiny, source, 3, tmp_path / "b.db")
    assert run(tiny, source, 3, tmp_path / "b.db")[0] == unbroken


def test_trials_on_other_rows_or_of_another_programme_are_not_taken_up(
    tiny: Tiny, source: ExampleSource, tmp_path: Path
) -> None:
    run(tiny, source, 2, tmp_path / "a.db")
    other = tiny.programme.file.model.model_copy(update={"rounds": 60})
    assert len(run(tiny, source, 2, tmp_path / "a.db", model=other)[1]) == 2
    earlier = plan_of(tiny, dt.date(2019, 1, 1))
    assert search(earlier, source, 1, tmp_path / "a.db", "tiny", lambda *_: None).trials == 1


def test_own_settings_beyond_the_bounds_are_measured_as_they_are(
    tiny: Tiny, source: ExampleSource, tmp_path: Path
) -> None:
    own = tiny.programme.file.model
    assert own.rounds < BOUNDS["rounds"][0]
    result, _ = run(tiny, source, 1, tmp_path / "a.db")
    plan, splits = plan_of(tiny), splits_of(plan_of(tiny), source)
    precisions = []
    for split in splits:
        odds = fit_trees(plan, source.schema, split.grow).decision_function(split.judge.matrix)
        precisions.append(average_precision_score(split.judge.outcome, odds))
    assert result.own_value == pytest.approx(np.mean(precisions))


def test_the_programmes_own_settings_stay_where_nothing_does_better(
    tiny: Tiny, source: ExampleSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = iter([0.3, 0.2, 0.1, 0.3])
    monkeypatch.setattr(searching, "_value", lambda *_: next(values))
    result, tried = run(tiny, source, 3, tmp_path / "a.db")
    assert len(tried) == 3
    assert result.model == tiny.programme.file.model
    assert result.chosen == result.own
    assert result.value == result.own_value == 0.3


def test_what_does_better_is_chosen(
    tiny: Tiny, source: ExampleSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = iter([0.3, 0.2, 0.4, 0.31])
    monkeypatch.setattr(searching, "_value", lambda *_: next(values))
    result, tried = run(tiny, source, 3, tmp_path / "a.db")
    assert result.chosen == tried[2]
    assert result.model == model_with(tiny.programme.file.model, tried[2])
    assert (result.value, result.own_value) == (0.4, 0.31)


def test_bagging_takes_effect_where_the_programme_never_bagged() -> None:
    settings = {key: low for key, (low, _) in BOUNDS.items()}
    assert model_with(Model(), settings).params["bagging_freq"] == 1
    assert model_with(Model(params={"bagging_freq": 3}), settings).params["bagging_freq"] == 3


def test_no_trials_at_all_are_refused(tiny: Tiny, source: ExampleSource, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="found 0 trials, expected at least 1"):
        run(tiny, source, 0, tmp_path / "a.db")


def test_nothing_of_a_split_is_later_than_the_cut_off_and_judging_is_later_than_growing(
    tiny: Tiny, source: ExampleSource
) -> None:
    splits = splits_of(plan_of(tiny), source)
    assert len(splits) == 2
    for one in splits:
        assert one.grow.as_of.max() < one.judge.as_of.min()
        assert one.judge.as_of.max() <= np.datetime64("2019-01-01")


def test_where_one_origin_is_settled_other_households_judge(
    tiny: Tiny, source: ExampleSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "MINIMUM_EVENTS", 1)  # half of tinyland has few
    (one,) = splits_of(plan_of(tiny, dt.date(2016, 1, 1)), source)
    assert set(one.grow.as_of) == set(one.judge.as_of) == {np.datetime64("2015-01-01")}
    assert not set(one.grow.household) & set(one.judge.household)


def test_too_few_events_to_judge_by_are_refused(
    tiny: Tiny, source: ExampleSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "MINIMUM_EVENTS", 10_000)
    with pytest.raises(TooFewRows, match="too short to search in"):
        splits_of(plan_of(tiny), source)


def test_only_settings_that_a_wider_range_could_move_are_held_against_their_bounds() -> None:
    own = {"rounds": 40.0, "feature_fraction": 0.5}
    kept = SearchResult(Model(), own, own, 0.3, 0.3, 2, 0)
    assert kept.searched == {}
    found = SearchResult(Model(), {"rounds": 1000.0, "feature_fraction": 1.0}, own, 0.4, 0.3, 2, 0)
    assert found.searched == {"rounds": 1000.0}
