"""From a data folder to a published bundle: the whole of `riskmodel train`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

import riskmodel
from riskmodel.features.timeline import timeline
from riskmodel.panel.panel import read_panel
from riskmodel.panel.reading import folder_digest
from riskmodel.programme.programme import Programme
from riskmodel.registry.bundle import BundleFiles, publish_bundle, read_bundle
from riskmodel.training.bundling import bundle_files
from riskmodel.training.examples import ExampleSource
from riskmodel.training.growing import Grower
from riskmodel.training.judging import Backtest
from riskmodel.training.plan import Plan, cutoff_of
from riskmodel.training.run import backtest, check_run, told_in_full, train_final
from riskmodel.training.search import SearchResult, search
from riskmodel.training.tracking import Tracker, tracked

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class TrainRequest:
    """What `riskmodel train` is asked.

    Attributes
    ----------
    programme : Programme
        What is predicted.
    data : Path
        Data folder.
    models, work : Path
        Where the bundle and the run's record go.
    until : date or None
        Last day of record that may be used.
    seed, threads : int
        See :class:`riskmodel.training.run.Plan`.
    tracking_uri : str or None
        MLflow's address; an SQLite file below ``work`` where None.
    trained_by : str
        Who trains; somebody else must promote. Empty where nobody in particular does.
    allowed : frozenset of str
        Codes of checks whose errors do not stop the run; they are written into the bundle.
    full : bool
        Also fit the baselines that take long, and print the scorecard into the card.
    trials : int
        Settings of the trees to try before the backtest, inside the training side of its first test; 0 takes the
        programme's own.
    now : datetime
        Instant of the run, with its time zone; it is written to the manifest and bounds what can have been recorded.
    grow : callable or None
        What grows the trees; this process where None.
    """

    programme: Programme
    data: Path
    models: Path
    work: Path
    until: dt.date | None
    seed: int
    threads: int
    now: dt.datetime
    tracking_uri: str | None = None
    trained_by: str = ""
    allowed: frozenset[str] = frozenset()
    full: bool = False
    trials: int = 0
    grow: Grower | None = None


@dataclass(frozen=True, slots=True)
class TrainResult:
    """What came of it.

    Attributes
    ----------
    bundle : BundleFiles
        The published bundle, read back.
    backtested : Backtest
        How well it did on each later cohort.
    cohort : DataFrame
        Snapshot of the cohort at the cut-off: the households to be scored next.
    rejected : DataFrame
        Rows of the data that were refused.
    run_id : str
        The run in MLflow.
    """

    bundle: BundleFiles
    backtested: Backtest
    cohort: pd.DataFrame
    rejected: pd.DataFrame
    run_id: str


def train(request: TrainRequest, tell: Tell = lambda _: None) -> TrainResult:
    """Read, backtest, train, record and publish.

    Parameters
    ----------
    request : TrainRequest
        What to do.
    tell : callable
        Told in words what is being done.

    Raises
    ------
    InputError
        If the data can't be used.
    TooFewRows
        If there is too little of it.
    CheckFailed
        If a check found an error that is not allowed; nothing is published.
    """
    tell("reading the panel")
    panel = read_panel(request.programme, request.data, request.programme.day_of(request.now))
    line = timeline(panel, request.programme)
    cutoff = cutoff_of(request.programme, line, request.until)
    # tests are judged by all that is known now, unless the run must not look past a day
    judged_by = line.end if request.until is None else request.until + dt.timedelta(days=1)
    plan = Plan(request.programme, cutoff, judged_by, request.seed, request.threads, request.full, request.grow)
    source = ExampleSource(request.programme, line)
    with tracked(request.work, request.programme.name, f"train {cutoff}", request.tracking_uri) as tracker:
        found = _searched(request, plan, source, tracker, tell)
        if found is not None:
            file = request.programme.file.model_copy(update={"model": found.model})
            plan = replace(plan, programme=replace(request.programme, file=file))
            source = ExampleSource(plan.programme, line)
        backtested = backtest(plan, source, tell)
        tell(f"training on everything settled by {cutoff}")
        fitted = train_final(plan, source, backtested)
        backtested = told_in_full(plan, source, backtested, fitted, tell)
        backtested = check_run(plan, source, backtested, fitted, request.allowed, found)
        files = bundle_files(plan, source, backtested, fitted)
        facts = {
            "cutoff": cutoff.isoformat(),
            "data_digest": folder_digest(request.data),
            "code_version": riskmodel.__version__,
            "seed": request.seed,
            "parent_run": tracker.run_id,
            "trained_at": request.now.astimezone(dt.UTC).isoformat(timespec="seconds"),
            "simulated": request.programme.file.simulated,
            "trained_by": request.trained_by,
        }
        bundle = read_bundle(publish_bundle(request.models, request.programme.name, files, facts))
        tell("recording the run in MLflow")
        model = plan.programme.file.model
        tracker.log_params(
            {
                "cutoff": cutoff,
                "seed": request.seed,
                "rounds": model.rounds,
                "features": len(source.schema.names),
                **model.params,
            }
        )
        tracker.log_backtest(backtested)
        tracker.log_bundle(fitted.booster, bundle)
    return TrainResult(bundle, backtested, source.cohort(cutoff).snapshot, panel.rejected, tracker.run_id)


def _searched(
    request: TrainRequest, plan: Plan, source: ExampleSource, tracker: Tracker, tell: Tell
) -> SearchResult | None:
    """Search for settings as known on the date of the first test, so that no test has had a say in them."""
    if not request.trials:
        return None
    folds = request.programme.file.folds
    first = replace(plan, cutoff=min(*folds.tests, *folds.validation, plan.cutoff))
    tell(f"searching among {request.trials} settings on what was known by {first.cutoff}")
    request.work.mkdir(parents=True, exist_ok=True)
    study = f"{request.programme.name} {first.cutoff} seed {request.seed} data {folder_digest(request.data)[:16]}"
    return search(first, source, request.trials, request.work / "search.db", study, tracker.log_trial)
