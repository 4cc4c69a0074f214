"""A bundle of the shipped programme with large trees: what the bars of speed were set on; the shipped trees are small."""

from __future__ import annotations

from pathlib import Path

import lightgbm as lgb
import numpy as np

from riskmodel.bench.invented import Size, Values
from riskmodel.bench.snapshots import Snapshots
from riskmodel.evaluation.calibration import Calibration
from riskmodel.registry.bundle import BundleFiles, publish_bundle, read_bundle
from riskmodel.scoring.scorer import GOLDEN_ROWS
from riskmodel.training.bundling import golden_bytes, model_text
from riskmodel.training.estimator import REPEATABLE

COPIES = 8


def large_bundle(shipped: BundleFiles, known: Snapshots, size: Size, trees: int, models: Path) -> BundleFiles:
    """Publish a bundle that differs from the shipped one in its trees and its golden rows alone.

    Parameters
    ----------
    shipped : BundleFiles
        Whose programme, calibration and reference it keeps: what they cost does not depend on what they say.
    known : Snapshots
        Rows to grow on.
    size : Size
        How large trees may grow.
    trees : int
        How many.
    models : Path
        Folder to publish in.
    """
    matrix = known.encoded(known.frame)
    booster = _grow(known, matrix, size, trees)
    calibration = Calibration.from_json(shipped.json("calibration.json"))
    files = {
        **shipped.files,
        "model.txt": model_text(booster),
        "golden.parquet": golden_bytes(booster, calibration, known.schema, matrix[:GOLDEN_ROWS]),
    }
    listed = ("programme", "version", "digest", "files")
    facts = {name: value for name, value in shipped.manifest.items() if name not in listed}
    return read_bundle(publish_bundle(models, shipped.programme, files, facts))


def _grow(known: Snapshots, matrix: Values, size: Size, trees: int) -> lgb.Booster:
    """Grow trees on chance: copies of a row fall differently, so that leaves never get pure and trees stay large."""
    rng = np.random.default_rng(0)
    rows = np.tile(matrix, (COPIES, 1))
    filled = np.nan_to_num(matrix)
    scale = np.maximum(filled.std(axis=0), 1e-9)
    odds = ((filled - filled.mean(axis=0)) / scale) @ rng.normal(0, 0.3, matrix.shape[1]) - 1
    outcome = (rng.random(len(rows)) < np.tile(1 / (1 + np.exp(-odds)), COPIES)).astype("float64")
    params = {
        **REPEATABLE,
        "objective": "binary",
        "num_leaves": size.leaves,
        "max_depth": size.depth,
        "learning_rate": 0.02,
        "min_data_in_leaf": 20,
    }
    names, categorical = list(known.schema.names), list(known.schema.categorical)
    data = lgb.Dataset(rows, outcome, feature_name=names, categorical_feature=categorical)
    return lgb.train(params, data, num_boost_round=trees)
