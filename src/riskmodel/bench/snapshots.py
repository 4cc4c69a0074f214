"""Snapshot rows of a simulated county for the champion that ships, as a file of any length and as a request."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from riskmodel.features.encode import MatrixSchema, schema_of
from riskmodel.features.snapshot import ID_COLUMNS, build_snapshot
from riskmodel.features.timeline import timeline
from riskmodel.panel.panel import assemble
from riskmodel.panel.simulated.county import simulate
from riskmodel.programme.freezing import thaw
from riskmodel.registry.bundle import BundleFiles

HOUSEHOLDS, SEED = 5_000, 11
ROW_GROUP = 100_000


@dataclass(frozen=True, slots=True, eq=False)
class Snapshots:
    """Rows that a model may be asked about.

    Attributes
    ----------
    frame : DataFrame
        As ``riskmodel snapshot`` writes them.
    schema : MatrixSchema
        What the model's columns are.
    months : int
        The main horizon.
    """

    frame: pd.DataFrame
    schema: MatrixSchema
    months: int

    def encoded(self, frame: pd.DataFrame) -> npt.NDArray[np.float64]:
        """Return rows as the model's matrix at the main horizon."""
        return self.schema.at_horizon(self.schema.encode(frame), self.months)


def champion_snapshots(bundle: BundleFiles, households: int = HOUSEHOLDS) -> Snapshots:
    """Simulate a county and return its snapshot as of the day after the bundle's training ended."""
    programme = thaw(bundle.json("programme.json"))
    cutoff = dt.date.fromisoformat(str(bundle.manifest["cutoff"]))
    panel = assemble(programme, simulate(households, SEED).tables, cutoff)
    frame = build_snapshot(programme, timeline(panel, programme), cutoff)
    return Snapshots(frame, schema_of(programme), programme.main_horizon)


def write_repeated(frame: pd.DataFrame, rows: int, target: Path, row_group: int = ROW_GROUP) -> None:
    """Write so many rows by repeating a snapshot's, each with an id of its own; never more than a row group in memory."""
    schema = pa.Schema.from_pandas(frame, preserve_index=False)
    with pq.ParquetWriter(target, schema) as writer:
        for first in range(0, rows, row_group):
            place = np.arange(first, min(first + row_group, rows))
            part = frame.iloc[place % len(frame)].copy()
            part["household_id"] = pd.array([f"B{number:09d}" for number in place], dtype="str")
            writer.write_table(pa.Table.from_pandas(part, schema, preserve_index=False), row_group)


def score_request(frame: pd.DataFrame) -> bytes:
    """Return the body of ``POST /v1/scores`` that asks for rows of a snapshot."""
    return json.dumps({"households": households(frame)}).encode()


def households(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return rows as a request names them; what is missing is null."""
    features = frame.drop(columns=[name for name in ID_COLUMNS if name in frame])
    cells = features.astype(object).where(features.notna(), None).to_dict("records")
    return [
        {"household_id": household, "as_of": day.date().isoformat(), "features": row}
        for household, day, row in zip(frame["household_id"], frame["as_of"], cells, strict=True)
    ]
