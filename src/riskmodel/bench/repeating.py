"""A data folder as another one many times over, each time with households of its own."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

ID = "household_id"


def repeat_folder(source: Path, target: Path, copies: int) -> None:
    """Write every table of a folder ``copies`` times over; tables without households are copied once.

    Parameters
    ----------
    source, target : Path
        Folders of Parquet files; the target is made.
    copies : int
        How many; ids of copy 3 begin with ``3-``.
    """
    target.mkdir(parents=True)
    for path in sorted(source.glob("*.parquet")):
        with pq.ParquetFile(path) as file:
            times = copies if ID in file.schema_arrow.names else 1
            with pq.ParquetWriter(target / path.name, file.schema_arrow) as writer:
                for copy in range(times):
                    for group in range(file.num_row_groups):
                        table = file.read_row_group(group)
                        writer.write_table(_with_ids(table, copy) if ID in table.schema.names else table)


def _with_ids(table: pa.Table, copy: int) -> pa.Table:
    place = table.schema.names.index(ID)
    column = table.column(place)
    prefix = pa.scalar(f"{copy}-", column.type)
    ids = pc.binary_join_element_wise(prefix, column, pa.scalar("", column.type))
    return table.set_column(place, table.schema.field(place), ids)
