"""MLflow keeps the run: parameters, figures per fold, card, digests and the native booster."""

from __future__ import annotations

import shutil
from pathlib import Path

import lightgbm as lgb
import mlflow
import numpy as np
import pandas as pd
import pytest

from conftest import TODAY
from riskmodel.registry.bundle import BundleFiles
from riskmodel.scoring.inputs import read_inputs
from riskmodel.scoring.scorer import Scorer
from riskmodel.training.tracking import DATABASE, tracked


@pytest.fixture
def run(tiny_bundle: BundleFiles) -> mlflow.entities.Run:
    work = tiny_bundle.path.parents[2] / "work"
    mlflow.set_tracking_uri(f"sqlite:///{work / DATABASE}")
    return mlflow.get_run(tiny_bundle.manifest["parent_run"])


def test_the_run_names_what_was_asked_and_what_came_of_it(run: mlflow.entities.Run, tiny_bundle: BundleFiles) -> None:
    assert run.info.status == "FINISHED"
    assert run.data.params["cutoff"] == "2021-01-01"
    assert run.data.tags["bundle_digest"] == tiny_bundle.digest
    assert run.data.tags["data_digest"] == tiny_bundle.manifest["data_digest"]
    evaluation = tiny_bundle.json("evaluation.json")
    assert run.data.metrics["pooled.model.roc_auc"] == pytest.approx(evaluation["pooled"]["model"]["roc_auc"])
    history = mlflow.MlflowClient().get_metric_history(run.info.run_id, "model.roc_auc")
    assert [one.value for one in sorted(history, key=lambda one: one.step)] == pytest.approx(
        [fold["model"]["roc_auc"] for fold in evaluation["folds"]]
    )
    assert mlflow.artifacts.load_text(f"{run.info.artifact_uri}/card.md") == tiny_bundle.files["card.md"].decode()


def test_the_logged_booster_is_the_bundles(
    run: mlflow.entities.Run, tiny_bundle: BundleFiles, scorer: Scorer, tiny_snapshot: pd.DataFrame
) -> None:
    logged = mlflow.lightgbm.load_model(f"runs:/{run.info.run_id}/model")
    assert isinstance(logged, lgb.Booster)
    inputs, _ = read_inputs(scorer.schema, tiny_snapshot, TODAY)
    expected = scorer.score_inputs(inputs)["log_odds"].to_numpy()
    assert np.array_equal(logged.predict(inputs.matrix, raw_score=True), expected)


def test_a_run_that_breaks_is_recorded_as_failed(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="broke"), tracked(tmp_path, "broken", "run") as tracker:
        raise RuntimeError("broke")
    assert mlflow.get_run(tracker.run_id).info.status == "FAILED"


def test_each_folder_has_its_own_notebook_even_when_the_one_before_is_gone(tmp_path: Path) -> None:
    for name in ("first", "second"):
        with tracked(tmp_path / name, "experiment", "run"):
            pass
        shutil.rmtree(tmp_path / "first", ignore_errors=True)
    assert (tmp_path / "second" / DATABASE).is_file()
