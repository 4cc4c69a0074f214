"""Loads one table: parted by household, then checked and kept part by part."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import pandas as pd

from riskmodel.panel.checking import REJECTED_COLUMNS, check_table
from riskmodel.panel.partitioning import DiskPartition, Part, Partition
from riskmodel.programme.lines import Lines
from riskmodel.programme.loading import RESERVED
from riskmodel.programme.programme import Programme, TableKind
from riskmodel.service.audit import Act, Action
from riskmodel.service.store.area_rows import keep_area_rows
from riskmodel.service.store.audit_log import append
from riskmodel.service.store.engine import Store
from riskmodel.service.store.event_rows import keep_events
from riskmodel.service.store.household_rows import keep_households
from riskmodel.service.store.keeping import Kept, Loading
from riskmodel.service.store.loads import Counts, Load, begin_part, close_load, counts, note_part, open_load
from riskmodel.service.store.member_rows import keep_members
from riskmodel.service.store.observation_rows import keep_observations
from riskmodel.service.store.refused_rows import RefusedRows
from riskmodel.service.store.sources import Source, rows_a_chunk

Progress = Callable[[str, int, int], None]
"""What is done, rows done, rows in all (0 while nobody knows)."""
KEEPING: Mapping[TableKind, Callable[[Loading, pd.DataFrame], Kept]] = {
    "areas": keep_area_rows,
    "households": keep_households,
    "members": keep_members,
    "observations": keep_observations,
    "events": keep_events,
}
DATED = {"observations", "events"}


@dataclass(frozen=True, slots=True)
class Run:
    """What all tables of a load share.

    Attributes
    ----------
    store, programme
        Where to, and what.
    lines : Lines
        Lines in force, those of data folders included.
    key : bytes
        Key of the pseudonyms.
    actor : str
        Who loads, for the audit.
    now : callable
        Gives the present instant.
    cells_a_part : int
        About how many values are checked and kept at a time.
    spool : Path
        Folder for the parts.
    """

    store: Store
    programme: Programme
    lines: Lines
    key: bytes
    actor: str
    now: Callable[[], dt.datetime]
    cells_a_part: int
    spool: Path


@dataclass(frozen=True, slots=True)
class TableLoaded:
    """What came of a table.

    Attributes
    ----------
    table, source : str
        Its name in the programme, and the file's.
    counts : Counts
        Rows of the whole file, those of interrupted runs included.
    before : bool
        Whether it had been loaded before, so that nothing was done.
    """

    table: str
    source: str
    counts: Counts
    before: bool


def load_table(run: Run, source: Source, refused: RefusedRows, progress: Progress) -> TableLoaded:
    """Load a table, or what an interrupted load left of it.

    Parameters
    ----------
    run : Run
        What all tables share.
    source : Source
        The table's rows.
    refused : RefusedRows
        Takes in the rows that are refused.
    progress : callable
        Is told how far it is.
    """
    kind = run.programme.file.tables[source.table].kind
    columns = len(run.programme.dictionary.table(source.table)) + len(RESERVED[kind])
    # areas lie within one another, so they are kept together
    parts = 1 if kind == "areas" else max(1, -(-source.rows * columns // run.cells_a_part))
    with run.store.writing() as connection:
        file = source.table, source.name, source.sha256
        load = open_load(run.store, connection, *file, parts, run.now(), dated=kind in DATED)
        if load.finished:
            return TableLoaded(source.table, source.name, counts(connection, load.number), before=True)
    with tempfile.TemporaryDirectory(dir=run.spool) as folder:
        partition = _partition(run, source, parts, Path(folder))
        for rows in partition.add(_checked_chunks(run, source, rows_a_chunk(columns))):
            progress(f"reading {source.table}", rows, source.rows)
        _keep_parts(run, source, partition, load, refused, progress)
    return TableLoaded(source.table, source.name, _close(run, source, load), before=False)


def _partition(run: Run, source: Source, parts: int, folder: Path) -> Partition:
    table = run.programme.file.tables[source.table]
    own = "area_code" if table.kind == "areas" else "household_id"
    key = next((name for name, mapped in table.columns.items() if mapped == own), own)
    return Partition(key, parts) if source.in_memory else DiskPartition(key, parts, folder)


def _checked_chunks(run: Run, source: Source, rows: int) -> Iterator[pd.DataFrame]:
    """Give the table's chunks once its columns are known to be the right ones."""
    for place, chunk in enumerate(source.chunks(rows)):
        if not place:
            _check(run, source.table, chunk.iloc[:0])
        yield chunk


def _check(run: Run, table: str, rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    found = check_table(
        rows, table, run.programme.file.tables[table], run.programme.dictionary, run.programme.day_of(run.now())
    )
    return found.accepted, found.rejected


def _keep_parts(
    run: Run, source: Source, partition: Partition, load: Load, refused: RefusedRows, progress: Progress
) -> None:
    done = 0
    for number in range(partition.parts):
        part = partition.part(number)
        if number not in load.done:
            refused.add(_keep_part(run, source, part, number, load))
        done += len(part.rows)
        progress(f"storing {source.table}", done, partition.rows)


def _keep_part(run: Run, source: Source, part: Part, number: int, load: Load) -> pd.DataFrame:
    """Check and keep a part, and return the faults of its rows by the file's own row numbers."""
    accepted, rejected = _check(run, source.table, part.rows)
    kind = run.programme.file.tables[source.table].kind
    with run.store.writing() as connection:
        if not begin_part(connection, source.table, load, number):
            # somebody else, who loads the same file, has kept it meanwhile
            return rejected.iloc[:0]
        loading = Loading(
            run.store, connection, run.programme, run.lines, run.key, source.table, load.number, source.name
        )
        kept = KEEPING[kind](loading, accepted)
        rejections = len(part.rows) - kept.added - kept.known
        note_part(connection, load.number, number, Counts(kept.added, kept.known, rejections))
    faults = [rejected.assign(row=part.positions[rejected["row"].to_numpy(dtype="int64") - 1] + 1)]
    for one in kept.refused:
        rows = part.positions[one.rows] + 1
        faults.append(pd.DataFrame({"table": source.table, "row": rows, "column": one.column, "rule": one.rule}))
    return pd.concat(faults, ignore_index=True)[REJECTED_COLUMNS]


def _close(run: Run, source: Source, load: Load) -> Counts:
    now = run.now()
    with run.store.writing() as connection:
        found = close_load(connection, load.number, now)
        detail = {"table": source.table, "source": source.name, "sha256": source.sha256, **asdict(found)}
        append(run.store, connection, [Act(now, Action.LOADED, run.actor, "", "", detail, "")])
    return found
