"""What a pandas pipeline does for the same answer: encode, score, explain with ``pred_contrib``, rank the reasons."""

from __future__ import annotations

from pathlib import Path

import lightgbm as lgb
import numpy as np
import pandas as pd

from riskmodel.bench.snapshots import Snapshots

REASONS = 5


def pandas_scores(booster: lgb.Booster, known: Snapshots, frame: pd.DataFrame) -> pd.DataFrame:
    """Return score and reasons of each row; LightGBM takes as many threads as it likes."""
    matrix = known.encoded(frame)
    odds = np.asarray(booster.predict(matrix, raw_score=True))
    split = np.asarray(booster.predict(matrix, pred_contrib=True))[:, :-1]
    order = np.argsort(-np.abs(split), axis=1, kind="stable")[:, :REASONS]
    names = np.array(known.schema.names, dtype=object)
    strength = np.take_along_axis(split, order, axis=1)
    reasons = [
        [{"feature": name, "log_odds": value} for name, value in zip(*pair, strict=True)]
        for pair in zip(names[order].tolist(), strength.tolist(), strict=True)
    ]
    return pd.DataFrame(
        {
            "household_id": frame["household_id"].to_numpy(),
            "probability": 1 / (1 + np.exp(-odds)),
            "log_odds": odds,
            "reasons": reasons,
        }
    )


def pandas_file(booster: lgb.Booster, known: Snapshots, source: Path, target: Path) -> None:
    """Score a Parquet file into another."""
    pandas_scores(booster, known, pd.read_parquet(source)).to_parquet(target, index=False)
