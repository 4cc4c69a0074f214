"""Rows of a table of any length in parts by household: all rows of one household in one part, in the file's order.

Each chunk of rows is sorted by part and written as one Arrow file, a batch a part; a part is read from all files. So
memory holds a chunk or a part, whatever the table's length and order. Parts follow a checksum of the household's id:
those of one table hold the same stretch of checksums as those of another, in the same order.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import ipc

from riskmodel.errors import TableUnreadable

ROWS_A_CHUNK = 1 << 18
COUNTED_BYTES = 1 << 22
CHECKSUMS = 1 << 32
POSITION = "__position__"
Positions = npt.NDArray[np.int64]


def checksums(ids: pd.Series) -> Positions:
    """Return a checksum of each id below 2**32, evenly spread and the same in every version; 0 where there is none."""
    codes, texts = pd.factorize(ids.astype("str"))
    sums = [zlib.crc32(str(text).encode("utf-8", "surrogatepass")) for text in texts]
    # a missing id has the code -1
    return np.array([*sums, 0], dtype="int64")[codes]


def count_rows(path: Path) -> int:
    """Return about how many rows a CSV or Parquet file has, never fewer than it has; the same for the same bytes.

    Raises
    ------
    TableUnreadable
        If a Parquet file is damaged.
    """
    if path.suffix.lower() == ".parquet":
        try:
            return int(pq.read_metadata(path).num_rows)
        except (pa.ArrowException, OSError):
            raise TableUnreadable(f"{path.name} is not a whole Parquet file; write it again") from None
    with path.open("rb") as file:
        pieces = iter(lambda: file.read(COUNTED_BYTES), b"")
        return 1 + sum(piece.count(b"\n") + piece.count(b"\r") for piece in pieces)


@dataclass(frozen=True, slots=True)
class Part:
    """Some households' rows.

    Attributes
    ----------
    rows : DataFrame
        As they were read.
    positions : ndarray of int
        Place of each in the file, 0 for the first.
    """

    rows: pd.DataFrame
    positions: Positions


class Partition:
    """A table's rows in parts, in memory: for a sheet, whose columns may mix types, and for tables that were made.

    Parameters
    ----------
    key : str
        Column that holds the household's id.
    parts : int
        How many parts.
    """

    def __init__(self, key: str, parts: int) -> None:
        self.key, self.parts, self.rows = key, parts, 0
        self._frames: list[tuple[pd.DataFrame, list[int]]] = []

    def add(self, chunks: Iterable[pd.DataFrame]) -> Iterator[int]:
        """Take in the next rows, chunk by chunk; yields how many there are so far."""
        for chunk in chunks:
            part = (checksums(chunk[self.key]) * self.parts) // CHECKSUMS
            order = np.argsort(part, kind="stable")
            frame = chunk.assign(**{POSITION: self.rows + np.arange(len(chunk))}).take(order)
            self._keep(frame, np.searchsorted(part[order], np.arange(self.parts + 1)).tolist())
            self.rows += len(chunk)
            yield self.rows

    def part(self, number: int) -> Part:
        """Return the rows of a part in the file's order."""
        rows = self._read(number)
        return Part(rows.drop(columns=POSITION), rows[POSITION].to_numpy(dtype="int64"))

    def _keep(self, frame: pd.DataFrame, ends: list[int]) -> None:
        self._frames.append((frame, ends))

    def _read(self, number: int) -> pd.DataFrame:
        pieces = [frame.iloc[ends[number] : ends[number + 1]] for frame, ends in self._frames]
        return pd.concat(pieces, ignore_index=True)


class DiskPartition(Partition):
    """A table's rows in parts, in files.

    Parameters
    ----------
    key, parts
        See :class:`Partition`.
    folder : Path
        Empty folder for the files; whoever made it takes it away.
    """

    def __init__(self, key: str, parts: int, folder: Path) -> None:
        super().__init__(key, parts)
        self._folder = folder
        self._files: list[tuple[Path, Mapping[int, int]]] = []

    def _keep(self, frame: pd.DataFrame, ends: list[int]) -> None:
        # each chunk has categories of its own
        names = frame.select_dtypes("category").columns
        batch = pa.RecordBatch.from_pandas(frame.astype(dict.fromkeys(names, "str")), preserve_index=False)
        # the first is without rows, so that a part without any still has the columns
        stretches = [(0, 0), *((first, end) for first, end in pairwise(ends) if first < end)]
        numbers = [number for number, (first, end) in enumerate(pairwise(ends)) if first < end]
        path = self._folder / f"{len(self._files):06d}.arrow"
        with pa.OSFile(str(path), "wb") as sink, ipc.new_file(sink, batch.schema, options=PACKED) as writer:
            for first, end in stretches:
                writer.write_batch(batch.slice(first, end - first))
        self._files.append((path, {number: place for place, number in enumerate(numbers, start=1)}))

    def _read(self, number: int) -> pd.DataFrame:
        pieces = [_batch(path, batches.get(number, 0)) for path, batches in self._files]
        # what has no value in one chunk may have a type in another
        rows: pd.DataFrame = pa.concat_tables(pieces, promote_options="permissive").to_pandas(ignore_metadata=True)
        return rows


PACKED = ipc.IpcWriteOptions(compression="lz4")


def _batch(path: Path, place: int) -> pa.Table:
    with pa.memory_map(str(path)) as source:
        return pa.Table.from_batches([ipc.open_file(source).get_batch(place)])
