"""The earlier households of a bundle: read as they were written, or refused."""

from __future__ import annotations

import io

import lightgbm as lgb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from conftest import Tiny
from riskmodel.errors import BundleCorrupt
from riskmodel.explain.neighbours import MOST_SALT_BYTES, Neighbours, mark_of, most_alike
from riskmodel.registry.bundle import BundleFiles
from riskmodel.registry.neighbours import FILE, MOST_ROWS, neighbours_table, read_neighbours
from riskmodel.scoring.scorer import Scorer


def written(salt: bytes | None = b"salt", **columns: object) -> bytes:
    table = pa.table({name: pa.array(values) for name, values in columns.items()})
    return as_bytes(table.replace_schema_metadata({} if salt is None else {"salt": salt}))


def as_bytes(table: pa.Table) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(table, buffer)
    return buffer.getvalue()


SOUND = {
    "as_of": ["2024-01-01"],
    "fell": [True],
    "cause": ["income"],
    "mark": np.array([200], "uint8"),
    "leads_income": [True],
    "leads_health": [False],
    "tree_0": np.array([3], "uint16"),
    "tree_1": np.array([0], "uint16"),
}


def test_what_was_written_is_read() -> None:
    found = read_neighbours(written(**SOUND), 2)
    assert found.as_of.astype(str).tolist() == ["2024-01-01"]
    assert found.fell.tolist() == [True] and found.leaves.tolist() == [[3, 0]]
    assert found.leaves.dtype == np.uint16
    assert (found.groups, found.leading.tolist()) == (("income", "health"), [[True, False]])
    assert (found.cause.tolist(), found.marks.tolist(), found.salt) == (["income"], [200], b"salt")
    assert as_bytes(neighbours_table(found)) == written(**SOUND)


def test_none_may_be_remembered() -> None:
    no_one = np.array([], bool)
    none = Neighbours(
        np.array([], "datetime64[D]"),
        no_one,
        np.array([], object),
        ("income",),
        no_one.reshape(0, 1),
        np.array([], "uint8"),
        b"salt",
        np.empty((0, 1), "uint16"),
    )
    found = read_neighbours(as_bytes(neighbours_table(none)), 1)
    assert found.leaves.shape == found.leading.shape == (0, 1) and len(found.fell) == len(found.as_of) == 0


@pytest.mark.parametrize(
    "change",
    [
        {"tree_2": [1]},
        {"fell": [None]},
        {"fell": [7.5]},
        {"fell": ["true"]},
        {"cause": [None]},
        {"mark": [7]},
        {"leads_income": ["yes"]},
        {"household_id": ["1"]},
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
    no_salt, long_salt = (written(salt, **SOUND) for salt in (None, bytes(MOST_SALT_BYTES + 1)))
    for data in (b"", b"PAR1", written(**SOUND)[:-9], written(**many), no_salt, long_salt):
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


def test_a_trained_bundle_leaves_each_household_out_of_those_like_it(
    tiny: Tiny, tiny_bundle: BundleFiles, scorer: Scorer
) -> None:
    """Each household is remembered once, so that a row whose mark is its own is all that could be itself."""
    earlier, ids = scorer.neighbours, tiny.line.household_ids
    assert len(earlier.fell) <= len(ids)
    assert set(earlier.marks.tolist()) <= {mark_of(str(one), earlier.salt) for one in ids}
    for one in ids[:50]:
        own = mark_of(str(one), earlier.salt)
        found = most_alike(earlier, earlier.leaves[0], len(earlier.fell), str(one))
        assert len(found.fell) == (earlier.marks != own).sum()
    names = pq.ParquetFile(io.BytesIO(tiny_bundle.files[FILE])).schema_arrow.names
    assert not any("id" in name.split("_") for name in names), "no ids"
