"""Trees of a cluster agree with those of one process in figures, and the bundle made of them is like any other."""

from __future__ import annotations

import os
import re
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import log_loss, roc_auc_score
from typer.testing import CliRunner

from conftest import AS_OF, DATA, Tiny
from riskmodel.cli import app
from riskmodel.errors import NotReady, UsageError
from riskmodel.registry.bundle import BundleFiles, read_bundle
from riskmodel.scoring.cluster import connect
from riskmodel.scoring.scorer import Scorer
from riskmodel.training.cluster import _blocks, check_options, cluster_grower
from riskmodel.training.estimator import RiskClassifier

pytestmark = pytest.mark.slow
PARAMS = {"learning_rate": 0.1, "num_leaves": 7, "min_data_in_leaf": 20, "bagging_fraction": 0.8, "bagging_freq": 1}
AUC_AGREES = 0.01
"""Bounds of bins come from each worker's share; what that does to the figures of a few thousand rows."""


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    with connect(None, 2) as found:
        yield found


@pytest.fixture(scope="module")
def rows() -> tuple[np.ndarray, np.ndarray]:
    """Invent rows with missing values, a category and two directions."""
    rng = np.random.default_rng(3)
    matrix = rng.normal(size=(12_000, 4))
    matrix[:, 3] = rng.integers(0, 4, len(matrix))
    odds = matrix[:, 0] - matrix[:, 2] + (matrix[:, 3] == 2) - 2.0
    matrix[rng.random(len(matrix)) < 0.1, 1] = np.nan
    return matrix, (rng.random(len(matrix)) < 1 / (1 + np.exp(-odds))).astype("float64")


def classifier(**options: Any) -> RiskClassifier:
    given = {"params": PARAMS, "rounds": 60, "categorical": (3,), "monotone": (1, 0, -1, 0), "names": tuple("abcd")}
    return RiskClassifier(**(given | options))


def parameters(model: RiskClassifier) -> dict[str, str]:
    return dict(re.findall(r"^\[(\w+): (.*)\]$", model.booster_.model_to_string(), re.MULTILINE))


def test_figures_agree_with_one_process(client: Any, rows: tuple[np.ndarray, np.ndarray]) -> None:
    matrix, outcome = rows
    grown, test = slice(0, 8000), slice(8000, None)
    weight = np.where(matrix[grown, 0] > 0, 1.0, 0.5)
    here = classifier().fit(matrix[grown], outcome[grown], sample_weight=weight)
    there = classifier(grow=cluster_grower(client)).fit(matrix[grown], outcome[grown], sample_weight=weight)
    for measure in (roc_auc_score, log_loss):
        figures = [measure(outcome[test], model.predict_proba(matrix[test])[:, 1]) for model in (here, there)]
        assert abs(figures[0] - figures[1]) < AUC_AGREES
    assert there.booster_.num_trees() == 60
    assert there.booster_.feature_name() == list("abcd")


def test_settings_are_ours_and_no_address_is_kept(client: Any, rows: tuple[np.ndarray, np.ndarray]) -> None:
    # lambda_l2 and min_gain_to_split by other names of LightGBM's, which its estimator would set back to its defaults
    params = PARAMS | {"reg_lambda": 3.0, "min_gain": 0.01, "eta": 0.05}
    params.pop("learning_rate")
    here = parameters(classifier(params=params).fit(*rows))
    there = parameters(classifier(params=params, grow=cluster_grower(client)).fit(*rows))
    own = {"tree_learner", "num_threads", "num_machines", "time_out"}
    assert {name for name in here.keys() | there.keys() if here.get(name) != there.get(name)} <= own
    assert (there["learning_rate"], there["lambda_l2"], there["machines"]) == ("0.05", "3", "")


def test_directions_hold_and_chances_are_learned(client: Any, rows: tuple[np.ndarray, np.ndarray]) -> None:
    matrix, outcome = rows
    grow = cluster_grower(client)
    model = classifier(grow=grow).fit(matrix, outcome)
    for column, sign in ((0, 1), (2, -1)):
        ladder = np.repeat(matrix[:50], 30, axis=0)
        ladder[:, column] = np.tile(np.linspace(-3, 3, 30), 50)
        steps = np.diff(model.decision_function(ladder).reshape(50, 30), axis=1)
        assert (sign * steps >= 0).all()
    softened = classifier(grow=grow).fit(matrix, outcome, lesson=0.1 + 0.8 * outcome)
    assert "objective=cross_entropy" in softened.booster_.model_to_string()
    assert softened.predict_proba(matrix)[:, 1].mean() == pytest.approx((0.1 + 0.8 * outcome).mean(), abs=0.01)


def test_every_worker_holds_a_share(client: Any, rows: tuple[np.ndarray, np.ndarray]) -> None:
    blocks = _blocks(client, sorted(client.nthreads()), rows[1])
    assert np.array_equal(blocks.compute(), np.concatenate([rows[1][::2], rows[1][1::2]]))
    places = client.who_has()
    assert {place for key in places for place in places[key]} == set(client.nthreads())


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"linear_tree": True}, "linear_tree"),
        ({"machines": "127.0.0.1:1"}, "machines"),
        ({"monotone_constraints_method": "advanced"}, "monotone_constraints_method basic alone"),
        ({"mc_method": "intermediate"}, "mc_method"),
        ({"tree_learner": "feature"}, "data or voting"),
    ],
)
def test_what_several_processes_can_not_do_is_refused_by_name(params: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        check_options(params)


@pytest.mark.parametrize("option", ["--threads", "--trials"])
def test_options_of_one_process_are_refused(option: str) -> None:
    words = ["train", str(DATA / "tiny" / "tiny.yaml"), "--data", ".", "--engine", "dask", option, "2"]
    error = CliRunner().invoke(app, words).exception
    assert isinstance(error, UsageError)
    assert option in str(error)


def test_a_bundle_of_the_cluster_is_like_any_other(
    client: Any, tiny: Tiny, tiny_bundle: BundleFiles, tiny_snapshot: pd.DataFrame, tmp_path: Path
) -> None:
    os.environ["RISKMODEL_WORK"] = str(tmp_path / "work")
    try:
        words = [
            "train",
            str(DATA / "tiny" / "tiny.yaml"),
            "--data",
            str(tiny.folder),
            "--out",
            str(tmp_path / "models"),
        ]
        cluster = ["--engine", "dask", "--scheduler", client.scheduler.address]
        asked = CliRunner().invoke(app, [*words, *cluster], catch_exceptions=False)
    finally:
        del os.environ["RISKMODEL_WORK"]
    assert asked.exit_code == 0, asked.output
    assert "LightGBM" not in asked.stdout
    bundle = read_bundle(next((tmp_path / "models" / "tinyland").iterdir()))
    assert b"127.0.0.1" not in bundle.files["model.txt"]
    assert "not to the byte" in bundle.files["card.md"].decode()
    for name in ("roc_auc", "average_precision"):
        here, there = (one.json("evaluation.json")["pooled"]["model"][name] for one in (tiny_bundle, bundle))
        assert abs(here - there) < 0.02
    # golden rows are checked on reading: the answers that LightGBM gave are those of what serves
    scored = Scorer(bundle)
    assert scored.id.version.startswith(str(AS_OF))


def test_a_worker_that_is_killed_in_the_middle_loses_nothing(rows: tuple[np.ndarray, np.ndarray]) -> None:
    with connect(None, 2) as client:
        victim = next(iter(client.run(os.getpid).values()))
        first = set(client.nthreads())
        killed = threading.Timer(1.0, lambda: os.kill(victim, signal.SIGKILL))
        started = time.monotonic()
        killed.start()
        model = classifier(rounds=600, grow=cluster_grower(client)).fit(*rows)
        took = time.monotonic() - started
        killed.join()
        # it was killed while trees were grown
        assert took > 1.0
        assert set(client.nthreads()) != first
    assert model.booster_.num_trees() == 600
    here = classifier(rounds=600).fit(*rows)
    both = [roc_auc_score(rows[1], one.decision_function(rows[0])) for one in (here, model)]
    assert abs(both[0] - both[1]) < AUC_AGREES


def test_workers_that_stay_away_are_told(monkeypatch: pytest.MonkeyPatch, rows: tuple[np.ndarray, np.ndarray]) -> None:
    monkeypatch.setattr("riskmodel.training.cluster.ATTEMPTS", 1)
    monkeypatch.setattr("riskmodel.training.cluster.PATIENCE_SECONDS", 1)
    with connect(None, 1) as client:
        client.cluster.scale(0)
        while client.nthreads():
            time.sleep(0.1)
        with pytest.raises(NotReady, match="workers that stay"):
            classifier(grow=cluster_grower(client)).fit(*rows)
