"""``neighbours.parquet`` of a bundle: the leaves and outcomes of earlier households, without ids."""

from __future__ import annotations

import io

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from riskmodel.errors import BundleCorrupt
from riskmodel.explain.neighbours import Neighbours

FILE = "neighbours.parquet"
MOST_ROWS = 5000


def read_neighbours(data: bytes, trees: int) -> Neighbours:
    """Return the earlier households that a bundle remembers.

    Parameters
    ----------
    data : bytes
        The file, as :func:`riskmodel.registry.bundle.read_bundle` has verified it.
    trees : int
        How many trees the model has.

    Raises
    ------
    BundleCorrupt
        If it is not the table of a model with so many trees, or has more rows than are ever remembered.
    """
    leaves = pa.schema([(f"tree_{place}", pa.uint16()) for place in range(trees)])
    try:
        file = pq.ParquetFile(io.BytesIO(data))
        if file.metadata.num_rows > MOST_ROWS:
            raise ValueError
        table = file.read()
        found = table.drop_columns(["as_of", "fell"])
        if not found.schema.equals(leaves) or any(column.null_count for column in table.columns):
            raise ValueError
        as_of = np.array(table["as_of"].to_pylist(), dtype="datetime64[D]")
        fell = table["fell"].to_numpy().astype(bool, casting="safe")
    except (ValueError, TypeError, KeyError, OSError, pa.ArrowException):
        raise BundleCorrupt(
            f"{FILE} of the bundle does not hold at most {MOST_ROWS} earlier households, with a leaf of each of the "
            f"model's {trees} trees; publish the bundle again"
        ) from None
    by_tree = np.array([column.to_numpy() for column in found.columns], dtype="uint16").reshape(trees, len(fell))
    return Neighbours(as_of, fell, np.ascontiguousarray(by_tree.T))
