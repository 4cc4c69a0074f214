"""Rows for the batch and the request: as many as asked, each household once, in what the service takes."""

from __future__ import annotations

from pathlib import Path

import lightgbm as lgb
import numpy as np
import pyarrow.parquet as pq
import pytest
from fastapi.testclient import TestClient

from helpers.accounts import as_client, store_with
from helpers.accounts import client as client_account
from riskmodel.bench.pandas_way import pandas_file
from riskmodel.bench.snapshots import Snapshots, champion_snapshots, score_request, write_repeated
from riskmodel.registry.bundle import BundleFiles
from riskmodel.registry.champion import open_champion
from riskmodel.scoring.scorer import Scorer
from riskmodel.service.app import create_app
from riskmodel.settings import Settings


@pytest.fixture(scope="module")
def bundle() -> BundleFiles:
    return open_champion(Settings().models, "china-county")


@pytest.fixture(scope="module")
def known(bundle: BundleFiles) -> Snapshots:
    return champion_snapshots(bundle, households=400)


def test_a_file_of_any_length_has_row_groups_and_every_household_once(known: Snapshots, tmp_path: Path) -> None:
    rows = 2 * len(known.frame) + 7
    write_repeated(known.frame, rows, tmp_path / "rows.parquet", row_group=100)
    file = pq.ParquetFile(tmp_path / "rows.parquet")
    assert file.metadata.num_rows == rows
    assert file.num_row_groups == -(-rows // 100)
    found = file.read().to_pandas()
    assert found["household_id"].is_unique
    assert list(found.columns) == list(known.frame.columns)


def test_the_service_scores_the_request_as_the_model_scores_the_rows(
    known: Snapshots, bundle: BundleFiles, tmp_path: Path
) -> None:
    rows = known.frame.head(20)
    store_with(tmp_path, clients=[client_account("bench")]).close()
    settings = Settings(store=f"sqlite:///{tmp_path / 'store.db'}")
    with TestClient(create_app(settings), headers=as_client("bench")) as client:
        answer = client.post("/v1/scores", content=score_request(rows), headers={"content-type": "application/json"})
    assert answer.status_code == 200, answer.text
    found = {one["household_id"]: one["log_odds"] for one in answer.json()["scores"]}
    booster = lgb.Booster(model_str=bundle.files["model.txt"].decode())
    expected = booster.predict(known.encoded(rows), raw_score=True)
    assert found == dict(zip(rows["household_id"], expected, strict=True))


def test_the_pandas_pipeline_gives_our_scores_and_reasons(
    known: Snapshots, bundle: BundleFiles, tmp_path: Path
) -> None:
    known.frame.head(20).to_parquet(tmp_path / "in.parquet", index=False)
    booster = lgb.Booster(model_str=bundle.files["model.txt"].decode())
    pandas_file(booster, known, tmp_path / "in.parquet", tmp_path / "out.parquet")
    theirs = pq.read_table(tmp_path / "out.parquet").to_pandas()
    ours, _ = Scorer(bundle).score(known.frame.head(20), known.frame["as_of"].iloc[0].date())
    np.testing.assert_array_equal(theirs["log_odds"], ours["log_odds"].to_numpy())
    assert list(theirs["household_id"]) == ours["household_id"].to_pylist()
