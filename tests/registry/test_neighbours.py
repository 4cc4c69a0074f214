"""The earlier households of a bundle: read as they were written, or refused."""

from __future__ import annotations

import io

import lightgbm as lgb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from riskmodel.errors import BundleCorrupt
from riskmodel.registry.bundle import BundleFiles
from riskmodel.registry.neighbours import FILE, MOST_ROWS, read_neighbours
from riskmodel.scoring.scorer import Scorer


def written(**columns: object) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.table({name: pa.array(values) for name, values in columns.items()}), buffer)
    return buffer.getvalue()


SOUND = {"as_of": ["2024-01-01"], "fell": [True], "tree_0": np.array([3], "uint16"), "tree_1": np.array([0], "uint16")}


def test_what_was_written_is_read() -> None:
    found = read_neighbours(written(**SOUND), 2)
    assert found.as_of.astype(str).tolist() == ["2024-01-01"]
    assert found.fell.tolist() == [True] and found.leaves.tolist() == [[3, 0]]
    assert found.leaves.dtype == np.uint16


def test_none_may_be_remembered() -> None:
    none = {name: pa.array([], kind) for name, kind in (("as_of", pa.string()), ("fell", pa.bool_()))}
    found = read_neighbours(written(**none, tree_0=pa.array([], pa.uint16())), 1)
    assert found.leaves.shape == (0, 1) and len(found.fell) == len(found.as_of) == 0


@pytest.mark.parametrize(
    "change",
    [
        {"tree_2": [1]},
        {"fell": [None]},
        {"fell": [7.5]},
        {"fell": ["true"]},
        {"as_of": ["soon"]},
        {"as_of": [None]},
        {"tree_1": [-1]},
        {"tree_1": [70_000]},
        {"tree_1": [None]},
        {"tree_1": ["x"]},
    ],
    ids=str,
)
def test_anything_else_is_refused(change: dict[str, list[object]]) -> None:
    with pytest.raises(BundleCorrupt, match=FILE):
        read_neighbours(written(**SOUND | change), 2)


def test_bytes_that_are_no_table_or_far_too_many_rows_are_refused() -> None:
    many = {name: np.repeat(values, MOST_ROWS + 1) for name, values in SOUND.items()}
    for data in (b"", b"PAR1", written(**SOUND)[:-9], written(**many)):
        with pytest.raises(BundleCorrupt, match=FILE):
            read_neighbours(data, 2)


def test_a_trained_bundle_remembers_households_by_the_leaves_that_its_scorer_finds(
    tiny_bundle: BundleFiles, scorer: Scorer
) -> None:
    earlier = scorer.neighbours
    assert 0 < len(earlier.fell) <= MOST_ROWS and 0 < earlier.fell.mean() < 1
    assert scorer.neighbours is earlier, "it is parsed once"
    golden = pq.read_table(io.BytesIO(tiny_bundle.files["golden.parquet"])).to_pandas()
    rows = golden[list(scorer.schema.names)].to_numpy(dtype="float64")
    booster = lgb.Booster(model_str=tiny_bundle.files["model.txt"].decode())
    assert np.array_equal(scorer.leaves(rows), np.asarray(booster.predict(rows, pred_leaf=True)))
    # leaves of both come out of the same trees
    assert (earlier.leaves.max(axis=0) < np.diff(scorer.explainer.forest.trees.leaf_start)).all()
