"""The run's record in MLflow: a laboratory notebook, never the path that serves. The only module that knows MLflow."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

# read by MLflow when it is imported: no usage reports, and nothing is ever unpickled
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_ALLOW_PICKLE_DESERIALIZATION", "false")

import lightgbm as lgb
import mlflow
import mlflow.lightgbm

from riskmodel.errors import UsageError
from riskmodel.evaluation.ranking import METRICS
from riskmodel.registry.bundle import BundleFiles
from riskmodel.training.judging import Backtest

DATABASE = "mlflow.db"


class Tracker:
    """One open run."""

    def __init__(self, run_id: str) -> None:
        self.run_id = run_id

    def log_params(self, params: Mapping[str, Any]) -> None:
        """Record what the run was asked to do."""
        mlflow.log_params({name: str(value)[:6000] for name, value in params.items()})

    def log_backtest(self, backtested: Backtest) -> None:
        """Record every fold's figures, each fold a step in time, and the pooled ones."""
        for step, result in enumerate(backtested.folds):
            mlflow.log_metrics(
                {"events": result.events, "rate": result.rate, "predicted_rate": result.predicted_rate}, step=step
            )
            mlflow.log_metrics(_flat(result.table), step=step)
        mlflow.log_metrics({f"pooled.{name}": value for name, value in _flat(backtested.pooled).items()})

    def log_bundle(self, booster: lgb.Booster, bundle: BundleFiles) -> None:
        """Record the native booster, the card, the evaluation and the digests."""
        mlflow.set_tags(
            {
                "bundle_version": bundle.version,
                "bundle_digest": bundle.digest,
                "data_digest": bundle.manifest["data_digest"],
            }
        )
        for name in ("card.md", "evaluation.json"):
            mlflow.log_text(bundle.files[name].decode(), name)
        # named requirements: MLflow would otherwise start a process to find them out
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            mlflow.lightgbm.log_model(booster, name="model", pip_requirements=["lightgbm"])


def _flat(table: Mapping[str, Mapping[str, Any]]) -> dict[str, float]:
    """Name every figure ``who.metric``; MLflow refuses NaN, so undefined ones are left out."""
    return {
        f"{name}.{metric}": metrics[metric].value
        for name, metrics in table.items()
        for metric in METRICS
        if metrics[metric].value == metrics[metric].value
    }


@contextmanager
def tracked(work: Path, experiment: str, run_name: str, address: str | None = None) -> Iterator[Tracker]:
    """Open a run; it ends as failed if the body raises.

    Parameters
    ----------
    work : Path
        Folder of the database and the artefacts.
    experiment, run_name : str
        Where the run stands.
    address : str, optional
        MLflow's tracking address; an SQLite file below ``work`` where None.

    Raises
    ------
    UsageError
        If the notebook can't be opened.
    """
    work.mkdir(parents=True, exist_ok=True)
    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.ERROR)
    try:
        mlflow.set_tracking_uri(address or f"sqlite:///{(work / DATABASE).resolve()}")
        if mlflow.get_experiment_by_name(experiment) is None:
            mlflow.create_experiment(experiment, artifact_location=(work / "mlruns").resolve().as_uri())
        mlflow.set_experiment(experiment)
    except mlflow.exceptions.MlflowException as error:
        raise UsageError(
            f"MLflow can't be opened: {str(error).splitlines()[0]}; check RISKMODEL_TRACKING_URI"
        ) from None
    with mlflow.start_run(run_name=run_name) as run:
        yield Tracker(run.info.run_id)
