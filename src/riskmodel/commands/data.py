"""Commands about data: simulate, check, snapshot."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from riskmodel.commands.options import Data, EngineName, ProgrammeName, Scheduler, Seed, Workers, date_of, programme_of
from riskmodel.commands.printing import name_rejected
from riskmodel.errors import TooFewRows, UsageError

if TYPE_CHECKING:
    import pandas as pd

    from riskmodel.programme.programme import Programme


def simulate(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to write; must be new or empty.")],
    households: Annotated[int, typer.Option(min=100, max=5_000_000, help="How many households.")] = 20_000,
    seed: Seed = 0,
) -> None:
    """Simulate a county: tables, department feeds, and the truth that no training may read."""
    from riskmodel.console import step
    from riskmodel.panel.simulated.county import simulate as simulate_county
    from riskmodel.panel.simulated.county import write_county

    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} is not empty; name a new folder")
    step(f"simulating {households:,} households (simulated data, seed {seed})")
    write_county(simulate_county(households, seed), folder)
    print(f"simulated county with {households:,} households written to {folder}")


def check(programme: ProgrammeName, data: Data) -> None:
    """Tell what is wrong with a programme and its data: row and rule."""
    from riskmodel.console import now, out, rejection_table
    from riskmodel.panel.panel import read_panel

    loaded = programme_of(programme)
    panel = read_panel(loaded, data, loaded.day_of(now()))
    rows = sum(len(table) for table in panel.observations.values())
    print(f"{loaded.name}: {len(panel.households):,} households, {rows:,} observations, {len(panel.events):,} events")
    if len(panel.rejected):
        grouped = panel.rejected.groupby(["table", "column", "rule"])["row"].agg(rows="size", first="min").reset_index()
        out.print(rejection_table(grouped.sort_values("rows", ascending=False).to_dict("records"), len(panel.rejected)))
        raise typer.Exit(1)
    if not len(panel.observations[loaded.file.welfare.table]):
        raise TooFewRows(f"the table {loaded.file.welfare.table} holds no sound row")
    print("nothing is wrong")


def snapshot(
    programme: ProgrammeName,
    data: Data,
    target: Annotated[Path, typer.Argument(metavar="OUT", help="Parquet or CSV file to write.")],
    as_of: Annotated[str, typer.Option("--as-of", metavar="DATE", help="Only what was recorded before it is seen.")],
    engine: Annotated[
        EngineName, typer.Option(help="This process, or many by Dask that see the folder under its path.")
    ] = EngineName.LOCAL,
    scheduler: Scheduler = None,
    workers: Workers = 0,
) -> None:
    """Write every feature of the households at risk, as known on a date."""
    from riskmodel.console import now
    from riskmodel.files import replacing

    day = date_of(as_of, "--as-of")
    assert day is not None
    if target.suffix not in (".parquet", ".csv") or not target.parent.is_dir():
        raise UsageError(f"{target}: expected a file ending in .parquet or .csv in a folder that exists")
    loaded = programme_of(programme)
    today = loaded.day_of(now())
    if engine is EngineName.DASK:
        frame, rejected = _snapshot_on_cluster(loaded, data, day, today, scheduler, workers)
    else:
        frame, rejected = _snapshot_here(loaded, data, day, today)
    if not len(frame):
        raise TooFewRows(
            f"no household is at risk as of {day}: too little was recorded before it, or the cohort excludes all"
        )
    with replacing(target) as partial:
        if target.suffix == ".csv":
            frame.to_csv(partial, index=False, date_format="%Y-%m-%d")
        else:
            frame.to_parquet(partial, index=False)
    name_rejected(rejected, target)
    print(f"{len(frame):,} households at risk as of {day}, {len(loaded.features)} features each, written to {target}")


def _snapshot_here(programme: Programme, data: Path, day: dt.date, today: dt.date) -> tuple[pd.DataFrame, pd.DataFrame]:
    from riskmodel.console import step
    from riskmodel.features.snapshot import build_snapshot
    from riskmodel.features.timeline import timeline
    from riskmodel.panel.panel import read_panel

    step("reading the panel")
    panel = read_panel(programme, data, today)
    return build_snapshot(programme, timeline(panel, programme), day), panel.rejected


def _snapshot_on_cluster(
    programme: Programme, data: Path, day: dt.date, today: dt.date, scheduler: str | None, workers: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    from riskmodel.console import step
    from riskmodel.scoring.cluster import connect
    from riskmodel.scoring.snapshots import snapshot_on_cluster

    with connect(scheduler, workers) as client:
        step("reading the panel on each worker")
        return snapshot_on_cluster(client, programme, data, day, today)
