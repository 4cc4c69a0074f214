"""Looks for better settings of the trees, inside the training side only; it can be stopped and taken up again."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import optuna

from riskmodel.errors import TooFewRows
from riskmodel.evaluation.ranking import Outcomes, Ranking
from riskmodel.programme.programme import Model
from riskmodel.training.examples import Examples, ExampleSource
from riskmodel.training.fitting import MINIMUM_EVENTS, fit_trees, sides_of
from riskmodel.training.folds import fold_at
from riskmodel.training.plan import Plan

BOUNDS: Mapping[str, tuple[float, float]] = {
    "rounds": (50, 1000),
    "learning_rate": (0.01, 0.2),
    "num_leaves": (4, 63),
    "min_data_in_leaf": (10, 400),
    "feature_fraction": (0.1, 1.0),
    "bagging_fraction": (0.4, 1.0),
    "lambda_l2": (0.1, 100.0),
}
WHOLE_NUMBERS = ("rounds", "num_leaves", "min_data_in_leaf")
IN_LOGS = ("rounds", "learning_rate", "num_leaves", "min_data_in_leaf", "lambda_l2")
SPLITS = 2
Record = Callable[[int, Mapping[str, float], float | None, str], None]


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What came of a search.

    Attributes
    ----------
    model : Model
        The best settings, the rest as the programme has it.
    chosen, own : mapping of str to float
        The best settings, and the programme's own.
    value, own_value : float
        Mean average precision of both.
    trials, pruned : int
        Trials in all, those of earlier runs too, and how many were given up early.
    """

    model: Model
    chosen: Mapping[str, float]
    own: Mapping[str, float]
    value: float
    own_value: float
    trials: int
    pruned: int

    def to_json(self) -> dict[str, Any]:
        """Return what the card tells."""
        names = ("value", "own_value", "trials", "pruned")
        return {"chosen": dict(self.chosen), "own": dict(self.own), **{name: getattr(self, name) for name in names}}


@dataclass(frozen=True, slots=True)
class Split:
    """Rows to grow trees on, and a later slice of the main horizon to judge them by."""

    grow: Examples
    judge: Examples


def splits_of(plan: Plan, source: ExampleSource) -> tuple[Split, ...]:
    """Return the latest splits that lie wholly in the training side: its calibration slice, and that of a step before.

    Raises
    ------
    TooFewRows
        If not one split has the events that trees need on both sides.
    """
    programme = plan.programme
    found: list[Split] = []
    fold = fold_at(programme, plan.cutoff)
    for _ in range(SPLITS):
        sides = sides_of(plan, source, fold)
        judge = sides.calibration.where(sides.calibration.at_risk).at_horizon(programme.main_horizon)
        if not fold.parted_by_household and min(judge.events, sides.trees.events) >= MINIMUM_EVENTS:
            found.append(Split(sides.trees, judge))
        try:
            fold = fold_at(programme, max(one.as_of for one in fold.calibration))
        except TooFewRows:
            break
    if not found:
        raise TooFewRows(f"the training side until {plan.cutoff} is too short to search in; train without --trials")
    return tuple(found)


def search(plan: Plan, source: ExampleSource, trials: int, storage: Path, name: str, record: Record) -> SearchResult:
    """Try settings until there are ``trials`` of them, those of earlier runs counted.

    Parameters
    ----------
    plan : Plan
        Programme, cut-off and seed.
    source : ExampleSource
        Rows.
    trials : int
        How many settings to try in all; the first are the programme's own.
    storage : Path
        SQLite file that keeps the trials, so that a search goes on where it was stopped.
    name : str
        Name of the study: it must change with whatever would make trials incomparable.
    record : callable
        Told each trial's number, settings, value (None where it was given up early) and state.

    Returns
    -------
    SearchResult
        The best settings; the programme's own where nothing did better.

    Notes
    -----
    Tree-structured Parzen estimator (Bergstra et al. 2011), one trial at a time, so that a seed gives one sequence; a
    search that is taken up again goes on with another stream than one that was never stopped. A trial whose first split
    is worse than the median of the others is given up.
    """
    optuna.logging.set_verbosity(logging.ERROR)
    splits = splits_of(plan, source)
    own = _settings(plan.programme.file.model)
    study = optuna.create_study(
        storage=f"sqlite:///{storage}",
        study_name=name,
        load_if_exists=True,
        direction="maximize",
        pruner=optuna.pruners.MedianPruner(n_startup_trials=5),
    )
    done = len(study.trials)
    # a stream of its own for each start, or a search taken up again would repeat its first trials
    study.sampler = optuna.samplers.TPESampler(seed=plan.seed + done, multivariate=False)
    if not done:
        study.enqueue_trial({key: float(np.clip(value, *BOUNDS[key])) for key, value in own.items()})

    def objective(trial: optuna.Trial) -> float:
        settings = {key: _suggested(trial, key) for key in BOUNDS}
        return _value(plan, source, splits, settings, trial)

    def told(_: optuna.Study, trial: optuna.trial.FrozenTrial) -> None:
        record(trial.number, trial.params, trial.value, trial.state.name.lower())

    study.optimize(objective, n_trials=max(0, trials - done), n_jobs=1, callbacks=[told])
    finished = [one for one in study.trials if one.state is optuna.trial.TrialState.COMPLETE]
    best = max(finished, key=lambda one: (one.value or 0.0, -one.number))
    pruned = sum(one.state is optuna.trial.TrialState.PRUNED for one in study.trials)
    return SearchResult(
        model_with(plan.programme.file.model, best.params),
        best.params,
        own,
        float(best.value or 0.0),
        float(finished[0].value or 0.0),
        len(study.trials),
        pruned,
    )


def model_with(model: Model, settings: Mapping[str, float]) -> Model:
    """Return the programme's model with other settings."""
    whole = {key: int(value) if key in WHOLE_NUMBERS else float(value) for key, value in settings.items()}
    params = {key: value for key, value in whole.items() if key != "rounds"}
    return model.model_copy(update={"rounds": int(whole["rounds"]), "params": {**model.params, **params}})


def _settings(model: Model) -> dict[str, float]:
    """Return the programme's own value of each setting; LightGBM's where it says nothing."""
    defaults = {
        "learning_rate": 0.1,
        "num_leaves": 31,
        "min_data_in_leaf": 20,
        "feature_fraction": 1.0,
        "bagging_fraction": 1.0,
        "lambda_l2": 0.0,
    }
    return {"rounds": float(model.rounds)} | {
        key: float(model.params.get(key, default)) for key, default in defaults.items()
    }


def _suggested(trial: optuna.Trial, key: str) -> float:
    low, high = BOUNDS[key]
    if key in WHOLE_NUMBERS:
        return trial.suggest_int(key, int(low), int(high), log=key in IN_LOGS)
    return trial.suggest_float(key, low, high, log=key in IN_LOGS)


def _value(
    plan: Plan, source: ExampleSource, splits: tuple[Split, ...], settings: Mapping[str, float], trial: optuna.Trial
) -> float:
    file = plan.programme.file.model_copy(update={"model": model_with(plan.programme.file.model, settings)})
    tried = replace(plan, programme=replace(plan.programme, file=file))
    values = []
    for step, split in enumerate(splits):
        odds = fit_trees(tried, source.schema, split.grow).decision_function(split.judge.matrix)
        outcomes = Outcomes(split.judge.outcome, split.judge.weight, split.judge.household, 0.05)
        values.append(Ranking(odds, outcomes).measure()["average_precision"])
        trial.report(float(np.mean(values)), step)
        if step + 1 < len(splits) and trial.should_prune():
            raise optuna.TrialPruned
    return float(np.mean(values))
