"""A full run with a search: everything that only `--full` and `--trials` tell stands in the bundle and in MLflow."""

from __future__ import annotations

from pathlib import Path

import mlflow
import pytest

from conftest import NOW, Tiny
from riskmodel.registry.bundle import BundleFiles
from riskmodel.training.train import TrainRequest, train


@pytest.fixture(scope="module")
def full(tiny: Tiny, tmp_path_factory: pytest.TempPathFactory) -> tuple[BundleFiles, Path, str]:
    root = tmp_path_factory.mktemp("full")
    request = TrainRequest(
        tiny.programme, tiny.folder, root / "models", root / "work", None, 0, 0, NOW, full=True, trials=2
    )
    result = train(request)
    return result.bundle, root / "work", result.run_id


@pytest.mark.slow
def test_the_bundle_tells_all_of_it(full: tuple[BundleFiles, Path, str]) -> None:
    evaluation, card = full[0].json("evaluation.json"), full[0].files["card.md"].decode()
    slow = {"vulnerability_expected_poverty", "integer_scorecard", "explainable_boosting"}
    assert slow <= set(evaluation["pooled"])
    assert slow <= set(evaluation["losses"])
    assert {"model", "perfect", "universal", *slow} <= set(evaluation["utility"])
    assert evaluation["search"]["trials"] == 2
    for head in ("A scorecard for paper", "What lists are worth", "What each block of features adds", "Search"):
        assert f"## {head}" in card


@pytest.mark.slow
def test_what_the_search_chose_is_what_the_bundle_was_grown_with(full: tuple[BundleFiles, Path, str]) -> None:
    chosen = full[0].json("evaluation.json")["search"]["chosen"]
    model = full[0].json("programme.json")["file"]["model"]
    assert model["rounds"] == chosen["rounds"]
    assert model["params"]["num_leaves"] == chosen["num_leaves"]


@pytest.mark.slow
def test_trials_are_children_of_the_run(full: tuple[BundleFiles, Path, str]) -> None:
    _, work, run_id = full
    client = mlflow.MlflowClient(f"sqlite:///{work / 'mlflow.db'}")
    experiment = client.get_run(run_id).info.experiment_id
    children = client.search_runs([experiment], f"tags.mlflow.parentRunId = '{run_id}'")
    assert sorted(run.info.run_name or "" for run in children) == ["trial 0", "trial 1"]
    assert all("average_precision" in run.data.metrics for run in children)
