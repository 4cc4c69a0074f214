"""``neighbours.parquet`` of a bundle: what became of earlier households, each once and without its id."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from riskmodel.errors import BundleCorrupt
from riskmodel.explain.neighbours import MOST_SALT_BYTES, Neighbours

FILE = "neighbours.parquet"
MOST_ROWS = 5000
SALT = b"salt"
"""Key of the file's metadata."""
LEADS, TREE = "leads_", "tree_"


def neighbours_table(remembered: Neighbours) -> pa.Table:
    """Return the table that :func:`read_neighbours` reads."""
    columns = [
        pa.array(remembered.as_of.astype("datetime64[D]").astype(str).tolist(), pa.string()),
        pa.array(remembered.fell),
        pa.array(remembered.cause.tolist(), pa.string()),
        pa.array(remembered.marks),
        *(pa.array(flags) for flags in remembered.leading.T),
        *(pa.array(leaves) for leaves in remembered.leaves.astype("uint16").T),
    ]
    return pa.table(columns, schema=_schema(remembered.groups, remembered.leaves.shape[1], remembered.salt))


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
    try:
        file = pq.ParquetFile(io.BytesIO(data))
        if file.metadata.num_rows > MOST_ROWS:
            raise ValueError
        return _read(file.read(), trees)
    except (ValueError, TypeError, KeyError, OSError, pa.ArrowException):
        raise BundleCorrupt(
            f"{FILE} of the bundle does not hold at most {MOST_ROWS} earlier households, with a leaf of each of the "
            f"model's {trees} trees; publish the bundle again"
        ) from None


def _read(table: pa.Table, trees: int) -> Neighbours:
    groups = tuple(name.removeprefix(LEADS) for name in table.column_names if name.startswith(LEADS))
    salt = table.schema.metadata[SALT]
    expected = _schema(groups, trees, salt)
    if not table.schema.equals(expected) or any(column.null_count for column in table.columns):
        raise ValueError
    return Neighbours(
        np.array(table["as_of"].to_pylist(), dtype="datetime64[D]"),
        table["fell"].to_numpy(),
        table["cause"].to_numpy(),
        groups,
        _matrix(table, [f"{LEADS}{group}" for group in groups], "bool"),
        table["mark"].to_numpy(),
        salt,
        _matrix(table, [f"{TREE}{place}" for place in range(trees)], "uint16"),
    )


def _schema(groups: Sequence[str], trees: int, salt: bytes) -> pa.Schema:
    if len(salt) > MOST_SALT_BYTES:
        raise ValueError
    fields = [("as_of", pa.string()), ("fell", pa.bool_()), ("cause", pa.string()), ("mark", pa.uint8())]
    fields += [(f"{LEADS}{group}", pa.bool_()) for group in groups]
    fields += [(f"{TREE}{place}", pa.uint16()) for place in range(trees)]
    return pa.schema(fields, metadata={SALT: salt})


def _matrix(table: pa.Table, names: Sequence[str], kind: str) -> np.ndarray:
    by_column = np.array([table[name].to_numpy() for name in names], dtype=kind).reshape(len(names), table.num_rows)
    return np.ascontiguousarray(by_column.T)
