"""A score is exact, adds up, stands for its household alone, and comes from the approved model or not at all."""

from __future__ import annotations

import io
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import lightgbm as lgb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shap

from conftest import AS_OF, TODAY, Tiny
from helpers.scores import assert_same_score
from riskmodel.errors import BundleCorrupt
from riskmodel.plots import as_shap
from riskmodel.registry.bundle import BundleFiles
from riskmodel.scoring.columns import SCORE
from riskmodel.scoring.inputs import read_inputs
from riskmodel.scoring.scorer import Scorer


@pytest.fixture(scope="module")
def scores(scorer: Scorer, tiny_snapshot: pd.DataFrame) -> pa.Table:
    table, bad = scorer.score(tiny_snapshot, TODAY)
    assert bad == []
    return table


def test_every_field_of_a_score_is_there(scores: pa.Table, tiny_snapshot: pd.DataFrame) -> None:
    assert scores.schema == SCORE
    assert scores["household_id"].to_pylist() == tiny_snapshot["household_id"].tolist()
    assert set(scores["as_of"].to_pylist()) == {AS_OF}
    filled = set(SCORE.names) - {"probability_without_transfers"}
    assert all(scores[name].null_count == 0 for name in filled)


def test_base_and_contributions_add_up_to_the_log_odds(
    scorer: Scorer, scores: pa.Table, tiny_snapshot: pd.DataFrame
) -> None:
    inputs, _ = read_inputs(scorer.schema, tiny_snapshot, TODAY)
    split = scorer.contributions(inputs.matrix)
    assert np.abs(split.sum(axis=1) - scores["log_odds"].to_numpy()).max() < 1e-9
    for row in scores.to_pylist():
        total = row["base_log_odds"] + sum(group["log_odds"] for group in row["groups"])
        assert total == pytest.approx(row["log_odds"], abs=1e-9)


def test_contributions_are_shaps(tiny_bundle: BundleFiles, scorer: Scorer, tiny_snapshot: pd.DataFrame) -> None:
    # the shap package reads LightGBM models with categories by its path-dependent method, which is what we promise
    inputs, _ = read_inputs(scorer.schema, tiny_snapshot.head(50), TODAY)
    booster = lgb.Booster(model_str=tiny_bundle.files["model.txt"].decode())
    oracle = shap.TreeExplainer(booster)(inputs.matrix)
    found = as_shap(scorer, inputs.matrix)
    assert np.abs(oracle.values - found.values).max() < 1e-10
    assert (
        np.abs(found.values.sum(axis=1) + found.base_values - booster.predict(inputs.matrix, raw_score=True)).max()
        < 1e-9
    )


def test_one_by_one_shuffled_and_threaded_give_the_same(
    scorer: Scorer, scores: pa.Table, tiny_snapshot: pd.DataFrame
) -> None:
    expected = {row["household_id"]: row for row in scores.to_pylist()}
    shuffled, _ = scorer.score(tiny_snapshot.sample(frac=1, random_state=0), TODAY)
    # the same kernel: to the bit
    assert {row["household_id"]: row for row in shuffled.to_pylist()} == expected

    def alone(place: int) -> dict[str, object]:
        table, _ = scorer.score(tiny_snapshot.iloc[[place]], TODAY)
        row: dict[str, object] = table.to_pylist()[0]
        return row

    with ThreadPoolExecutor(16) as pool:
        for row in pool.map(alone, range(0, len(tiny_snapshot), 5)):
            assert_same_score(row, expected[str(row["household_id"])])


def test_probability_is_the_calibrated_log_odds_inside_its_range(scorer: Scorer, scores: pa.Table) -> None:
    odds, probability = scores["log_odds"].to_numpy(), scores["probability"].to_numpy()
    assert (probability == scorer.calibration.probability(odds)).all()
    assert (np.diff(probability[np.argsort(odds)]) >= 0).all()
    for row in scores.to_pylist():
        assert row["interval"]["low"] <= row["probability"] <= row["interval"]["high"]


def test_ranks_and_bands_come_from_the_reference_cohort_not_from_the_request(scorer: Scorer, scores: pa.Table) -> None:
    share = scores["rank_share"].to_numpy()
    # the snapshot is the reference cohort: a tenth of it is in the top tenth
    assert (share <= 0.1).mean() == pytest.approx(0.1, abs=0.01)
    bands = dict(zip(scores["band"].to_pylist(), share, strict=True))
    assert set(bands) == {"high", "watch", "low"}
    for band, of_band in zip(scores["band"].to_pylist(), share, strict=True):
        assert band == ("high" if of_band <= 0.1 else "watch" if of_band <= 0.3 else "low")


def test_reasons_are_the_strongest_contributions_with_value_and_typical_value(
    scorer: Scorer, scores: pa.Table, tiny_snapshot: pd.DataFrame
) -> None:
    row, given = scores.to_pylist()[0], tiny_snapshot.iloc[0]
    sizes = [abs(reason["log_odds"]) for reason in row["reasons"]]
    assert sizes == sorted(sizes, reverse=True)
    for reason in row["reasons"]:
        value = given[reason["feature"]]
        if reason["feature"] == "home_kind":
            assert (reason["category"], reason["value"]) == (value, None)
            assert reason["typical_category"] == tiny_snapshot["home_kind"].mode()[0]
        else:
            assert reason["value"] == value or (reason["value"] is None and pd.isna(value))
            assert reason["category"] is None


def test_measures_answer_the_leading_groups_and_their_conditions(scores: pa.Table, tiny_snapshot: pd.DataFrame) -> None:
    ill = dict(zip(tiny_snapshot["household_id"], tiny_snapshot["illness_count_12m"], strict=True))
    offered = [(row["household_id"], {one["measure"] for one in row["measures"]}) for row in scores.to_pylist()]
    assert any("cash" in measures for _, measures in offered)
    assert all(ill[household] >= 1 for household, measures in offered if "clinic" in measures)


def test_the_same_question_has_the_same_digest_and_another_date_another(
    scorer: Scorer, tiny_snapshot: pd.DataFrame
) -> None:
    def digests(frame: pd.DataFrame) -> list[str]:
        return scorer.digests(read_inputs(scorer.schema, frame, TODAY)[0])

    first = digests(tiny_snapshot.head(3))
    assert first == digests(tiny_snapshot.head(3))
    assert len(set(first)) == 3
    assert first != digests(tiny_snapshot.head(3).assign(as_of=pd.Timestamp("2020-01-01")))
    assert digests(tiny_snapshot.head(1).assign(income_change=-0.0)) == digests(
        tiny_snapshot.head(1).assign(income_change=0.0)
    )


def test_horizons_hold_the_main_one(scores: pa.Table) -> None:
    for row in scores.slice(0, 5).to_pylist():
        main = next(one for one in row["horizons"] if one["months"] == row["horizon_months"])
        assert (main["probability"], main["interval"]) == (row["probability"], row["interval"])


def test_risk_never_falls_as_the_horizon_grows(tiny: Tiny, tiny_snapshot: pd.DataFrame) -> None:
    """One model that answers 3, 6 and 12 months is constrained to rise with the horizon."""
    from riskmodel.features.encode import MatrixSchema
    from riskmodel.training.estimator import RiskClassifier

    schema = MatrixSchema(tiny.programme.features, True)
    matrix = schema.encode(tiny_snapshot)
    rng = np.random.default_rng(0)
    rows = np.concatenate([schema.at_horizon(matrix, months) for months in (3, 6, 12)])
    # an outcome that does not care about the horizon, so that only the constraint keeps the order
    fell = rng.random(len(rows)) < np.clip(1.5 - rows[:, 0], 0.05, 0.9)
    model = RiskClassifier({"num_leaves": 15, "min_data_in_leaf": 5}, 50, schema.categorical, schema.monotone)
    model.fit(rows, fell)
    by_horizon = [model.decision_function(schema.at_horizon(matrix, months)) for months in (3, 6, 12)]
    assert (by_horizon[0] <= by_horizon[1]).all()
    assert (by_horizon[1] <= by_horizon[2]).all()


@pytest.mark.parametrize("column", ["log_odds", "probability", "contributions"])
def test_golden_rows_that_come_out_differently_refuse_the_bundle(tiny_bundle: BundleFiles, column: str) -> None:
    golden = pq.read_table(io.BytesIO(tiny_bundle.files["golden.parquet"])).to_pandas()
    assert len(golden) == 64
    golden.at[7, column] = golden.at[7, column] + 1e-9
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_pandas(golden, preserve_index=False), buffer)
    with pytest.raises(BundleCorrupt, match="golden rows"):
        Scorer(replace(tiny_bundle, files={**tiny_bundle.files, "golden.parquet": buffer.getvalue()}))


def test_parts_that_do_not_belong_together_are_refused(tiny_bundle: BundleFiles) -> None:
    words = json.loads(tiny_bundle.files["programme.json"])
    words["dictionary"]["features"].reverse()
    with pytest.raises(BundleCorrupt):
        Scorer(replace(tiny_bundle, files={**tiny_bundle.files, "programme.json": json.dumps(words).encode()}))


@pytest.mark.parametrize("name", ["programme.json", "calibration.json", "reference.json"])
def test_files_that_do_not_parse_are_refused_with_a_clear_error(tiny_bundle: BundleFiles, name: str) -> None:
    with pytest.raises(BundleCorrupt):
        Scorer(replace(tiny_bundle, files={**tiny_bundle.files, name: b"{}"}))
