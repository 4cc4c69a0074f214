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
CHAMPION, PREVIOUS = "champion", "previous"
"""Aliases of the registered model ``riskmodel-<programme>``; they follow the registry's pointer, which is the truth."""


class Tracker:
    """One open run."""

    def __init__(self, run_id: str) -> None:
        self.run_id = run_id

    def log_params(self, params: Mapping[str, Any]) -> None:
        """Record what the run was asked to do."""
        mlflow.log_params({name: str(value)[:6000] for name, value in params.items()})

    def log_trial(self, number: int, settings: Mapping[str, float], value: float | None, state: str) -> None:
        """Record one trial of a search as a child of this run."""
        with mlflow.start_run(run_name=f"trial {number}", nested=True, parent_run_id=self.run_id):
            mlflow.log_params(dict(settings))
            mlflow.set_tag("state", state)
            if value is not None:
                mlflow.log_metric("average_precision", value)

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
    _quiet()
    try:
        mlflow.set_tracking_uri(address or _address(work))
        if mlflow.get_experiment_by_name(experiment) is None:
            mlflow.create_experiment(experiment, artifact_location=(work / "mlruns").resolve().as_uri())
        mlflow.set_experiment(experiment)
    except mlflow.exceptions.MlflowException as error:
        raise UsageError(
            f"MLflow can't be opened: {str(error).splitlines()[0]}; check RISKMODEL_TRACKING_URI"
        ) from None
    with mlflow.start_run(run_name=run_name) as run:
        yield Tracker(run.info.run_id)


def _address(work: Path) -> str:
    return f"sqlite:///{(work / DATABASE).resolve()}"


def _quiet() -> None:
    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.ERROR)


def move_aliases(
    work: Path, programme: str, wanted: Mapping[str, BundleFiles | None], address: str | None = None
) -> list[str]:
    """Let MLflow's aliases follow the registry's pointer.

    An alias whose bundle MLflow does not know is taken away: none is better than one that names another model.

    Parameters
    ----------
    work : Path
        Folder of the database.
    programme : str
        Whose models; the registered model is ``riskmodel-<programme>``.
    wanted : mapping of alias to BundleFiles or None
        Which bundle each alias should name; None where there is none.
    address : str, optional
        MLflow's address; the SQLite file below ``work`` where None.

    Returns
    -------
    list of str
        What could not be done, one line each. Nothing is raised: the pointer has moved already, and it counts.
    """
    _quiet()
    if address is None and not (work / DATABASE).is_file():
        return [f"MLflow has no database in {work}; its aliases stay as they are"]
    where = address or _address(work)
    # MLflow looks up the model that a version is made of at its own address, whatever its client was given
    mlflow.set_tracking_uri(where)
    client = mlflow.MlflowClient(tracking_uri=where, registry_uri=where)
    name = f"riskmodel-{programme}"
    told = []
    try:
        if not client.search_registered_models(f"name = '{name}'"):
            client.create_registered_model(name, {"programme": programme})
        for alias, bundle in wanted.items():
            version = None if bundle is None else _model_version(client, name, bundle)
            if version is not None:
                client.set_registered_model_alias(name, alias, version)
                continue
            client.delete_registered_model_alias(name, alias)
            if bundle is not None:
                told.append(f"MLflow has no run of {bundle.version}; no model carries the alias {alias}")
    except mlflow.exceptions.MlflowException as error:
        told.append(f"MLflow's aliases were not moved: {str(error).splitlines()[0]}")
    return told


def _model_version(client: mlflow.MlflowClient, name: str, bundle: BundleFiles) -> str | None:
    """Return the registered version of a bundle, made if need be; None where its run or its model is not there."""
    try:
        run = client.get_run(str(bundle.manifest.get("parent_run", "")))
    except mlflow.exceptions.MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
        return None
    # a run of the same name that made other bytes is not this bundle's
    if run.data.tags.get("bundle_digest") != bundle.digest or not run.outputs or not run.outputs.model_outputs:
        return None
    known = client.search_model_versions(f"name = '{name}' and run_id = '{run.info.run_id}'")
    if known:
        return str(known[0].version)
    model_id = run.outputs.model_outputs[0].model_id
    tags = {"bundle_version": bundle.version, "bundle_digest": bundle.digest}
    made = client.create_model_version(name, f"models:/{model_id}", run.info.run_id, tags, model_id=model_id)
    return str(made.version)
