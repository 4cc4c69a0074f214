"""Looks for better settings of the trees, inside the training side only; it can be stopped and taken up again."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import optuna

from riskmodel.errors import TooFewRows, UsageError
from riskmodel.evaluation.ranking import Outcomes, Ranking
from riskmodel.features.encode import MatrixSchema
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
NOTHING_BEYOND = {"feature_fraction": 1.0, "bagging_fraction": 1.0}
"""Ends that no wider range could pass: a setting there is at no bound of the search."""
WHOLE_NUMBERS = ("rounds", "num_leaves", "min_data_in_leaf")
IN_LOGS = ("rounds", "learning_rate", "num_leaves", "min_data_in_leaf", "lambda_l2")
SPLITS = 2
SEARCH_SEED = 23
"""Added to the run's seed, so that no two uses share a stream."""
OWN, OWN_VALUE = "own", "own_value"
"""What marks the trial of the programme's own settings, and where a study keeps their value."""
ENDED = (optuna.trial.TrialState.COMPLETE, optuna.trial.TrialState.PRUNED)
"""Trials that count. One that was killed half-way has told nothing, and is tried again."""
Record = Callable[[int, Mapping[str, float], float | None, str], None]


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What came of a search.

    Attributes
    ----------
    model : Model
        The best settings, the rest as the programme has it; the programme's own where nothing did better.
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

    @property
    def searched(self) -> dict[str, float]:
        """The chosen settings whose bounds could have held them back: none where the programme's own were kept."""
        if self.chosen == self.own:
            return {}
        return {key: value for key, value in self.chosen.items() if NOTHING_BEYOND.get(key) != value}

    def to_json(self) -> dict[str, Any]:
        """Return what the card tells."""
        names = ("value", "own_value", "trials", "pruned")
        return {"chosen": dict(self.chosen), "own": dict(self.own), **{name: getattr(self, name) for name in names}}


@dataclass(frozen=True, slots=True)
class Split:
    """Rows to grow trees on, and others of the main horizon to judge them by: later ones, or of other households."""

    grow: Examples
    judge: Examples


def splits_of(plan: Plan, source: ExampleSource) -> tuple[Split, ...]:
    """Return the latest splits that lie wholly in the training side: its calibration slice, and that of a step before.

    Where a single origin is settled nothing lies later, so one half of the households judges the trees of the other.

    Raises
    ------
    TooFewRows
        If not one split has the events that trees need on both sides.
    """
    programme = plan.programme
    found: list[Split] = []
    fold = fold_at(programme, plan.cutoff)
    while len(found) < SPLITS and not (found and fold.parted_by_household):
        sides = sides_of(plan, source, fold)
        judge = sides.calibration.where(sides.calibration.at_risk).at_horizon(programme.main_horizon)
        if min(judge.events, sides.trees.events) >= MINIMUM_EVENTS:
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
        Name of the study. What trials were measured on is added to it, so that only comparable ones are taken up.
    record : callable
        Told each trial's number, settings, value (of the splits so far where it was given up early) and state.

    Returns
    -------
    SearchResult
        The best settings; the programme's own where nothing did better.

    Raises
    ------
    UsageError
        If not even one trial is asked for.
    TooFewRows
        If the training side is too short to search in.

    Notes
    -----
    Tree-structured Parzen estimator (Bergstra et al. 2011), one trial at a time. Each trial has a stream of its own, so
    a seed gives one sequence whatever the number of threads, and however often the search is stopped between trials. A
    trial whose first split is worse than the median of the others is given up.
    """
    if trials < 1:
        raise UsageError(
            f"found {trials} trials, expected at least 1; leave --trials out to keep the programme's settings"
        )
    optuna.logging.set_verbosity(logging.ERROR)
    splits = splits_of(plan, source)
    study = optuna.create_study(
        storage=f"sqlite:///{storage}",
        study_name=f"{name} {_measured_on(plan, source.schema, splits)}",
        load_if_exists=True,
        direction="maximize",
        pruner=optuna.pruners.MedianPruner(n_startup_trials=5),
    )
    own = _settings(plan.programme.file.model)
    within = {key: float(np.clip(value, *BOUNDS[key])) for key, value in own.items()}
    if not any(OWN in one.user_attrs for one in _waiting_or_ended(study)):
        study.enqueue_trial(within, user_attrs={OWN: True})

    def objective(trial: optuna.Trial) -> float:
        settings = {key: _suggested(trial, key) for key in BOUNDS}
        return _value(plan, source.schema, splits, model_with(plan.programme.file.model, settings), trial)

    def told(_: optuna.Study, trial: optuna.trial.FrozenTrial) -> None:
        record(trial.number, trial.params, trial.value, trial.state.name.lower())

    for place in range(len(study.get_trials(deepcopy=False, states=ENDED)), trials):
        stream = np.random.SeedSequence([plan.seed, SEARCH_SEED, place]).generate_state(1)
        study.sampler = optuna.samplers.TPESampler(seed=int(stream[0]))
        study.optimize(objective, n_trials=1, n_jobs=1, callbacks=[told])
    if OWN_VALUE not in study.user_attrs:
        # own settings beyond the bounds can't be a trial; the nearest that can be is not what the programme says
        first = next(one for one in study.get_trials(states=ENDED) if OWN in one.user_attrs)
        value = first.value if own == within else _value(plan, source.schema, splits, plan.programme.file.model)
        study.set_user_attr(OWN_VALUE, value)
    return _result(study, plan.programme.file.model, own)


def _waiting_or_ended(study: optuna.Study) -> list[optuna.trial.FrozenTrial]:
    return study.get_trials(states=(*ENDED, optuna.trial.TrialState.WAITING))


def _result(study: optuna.Study, model: Model, own: Mapping[str, float]) -> SearchResult:
    """Return the best of the trials and the programme's own settings; these win where nothing is better than they are."""
    own_value = float(study.user_attrs[OWN_VALUE])
    ended = study.get_trials(states=ENDED)
    pruned = sum(one.state is optuna.trial.TrialState.PRUNED for one in ended)
    best = study.best_trial
    if best.value is None or best.value <= own_value:
        return SearchResult(model, own, own, own_value, own_value, len(ended), pruned)
    return SearchResult(model_with(model, best.params), best.params, own, best.value, own_value, len(ended), pruned)


def _measured_on(plan: Plan, schema: MatrixSchema, splits: tuple[Split, ...]) -> str:
    """Return a digest of all that a trial's value hangs on, but for its settings."""
    words = [plan.programme.file.model.model_dump(mode="json"), plan.programme.file.folds.weight_of_poor]
    words += [schema.names, schema.monotone, schema.categorical, dict(BOUNDS), plan.seed]
    digest = hashlib.sha256(json.dumps(words, sort_keys=True).encode())
    for rows in (rows for split in splits for rows in (split.grow, split.judge)):
        for values in (rows.matrix, rows.outcome, rows.lesson, rows.at_risk):
            digest.update(np.ascontiguousarray(values).tobytes())
    return digest.hexdigest()[:12]


def model_with(model: Model, settings: Mapping[str, float]) -> Model:
    """Return the programme's model with other settings; bagging is drawn anew for each tree where it says nothing."""
    whole = {key: int(value) if key in WHOLE_NUMBERS else float(value) for key, value in settings.items()}
    params = {key: value for key, value in whole.items() if key != "rounds"}
    # without a frequency LightGBM takes no notice of bagging_fraction
    frequency = model.params.get("bagging_freq") or 1
    return model.model_copy(
        update={"rounds": int(whole["rounds"]), "params": {**model.params, **params, "bagging_freq": frequency}}
    )


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
    own = {key: float(model.params.get(key, default)) for key, default in defaults.items()}
    if not model.params.get("bagging_freq"):
        own["bagging_fraction"] = 1.0
    return {"rounds": float(model.rounds), **own}


def _suggested(trial: optuna.Trial, key: str) -> float:
    low, high = BOUNDS[key]
    if key in WHOLE_NUMBERS:
        return trial.suggest_int(key, int(low), int(high), log=key in IN_LOGS)
    return trial.suggest_float(key, low, high, log=key in IN_LOGS)


def _value(
    plan: Plan, schema: MatrixSchema, splits: tuple[Split, ...], model: Model, trial: optuna.Trial | None = None
) -> float:
    """Return the mean average precision over splits, each row counted once as in every ranking of households."""
    file = plan.programme.file.model_copy(update={"model": model})
    tried = replace(plan, programme=replace(plan.programme, file=file))
    values = []
    for step, split in enumerate(splits):
        odds = fit_trees(tried, schema, split.grow).decision_function(split.judge.matrix)
        # average precision knows no capacity; any share will do
        outcomes = Outcomes(split.judge.outcome, split.judge.weight, split.judge.household, 0.05)
        values.append(Ranking(odds, outcomes).measure()["average_precision"])
        if trial is None:
            continue
        trial.report(float(np.mean(values)), step)
        if step + 1 < len(splits) and trial.should_prune():
            raise optuna.TrialPruned
    return float(np.mean(values))
