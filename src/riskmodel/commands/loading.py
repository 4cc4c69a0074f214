"""Command that brings data into the store: load."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from riskmodel.commands.operating import opened_store, operator
from riskmodel.commands.options import Data, ProgrammeName, programme_of, settings
from riskmodel.commands.printing import name_rejected

if TYPE_CHECKING:
    from riskmodel.service.store.loading import LoadResult
    from riskmodel.service.store.table_load import TableLoaded


def load(programme: ProgrammeName, data: Data) -> None:
    """Load a data folder into the store; what is there already adds nothing, and an interrupted load goes on."""
    from riskmodel.console import now, progress_bar
    from riskmodel.service.store.loading import LoadRequest
    from riskmodel.service.store.loading import load as load_folder

    loaded, here = programme_of(programme), settings()
    request = LoadRequest(loaded, data, here.work, operator(), now)
    with opened_store() as store, progress_bar() as progress:
        result = load_folder(store, request, progress)
    _print(result)
    name_rejected(result.refused.named(), here.work / data.resolve().name)
    if any(_all_rejected(table) for table in result.tables):
        raise typer.Exit(1)


def _all_rejected(table: TableLoaded) -> bool:
    return table.counts.rejected > 0 and not table.counts.accepted + table.counts.known


def _print(result: LoadResult) -> None:
    from rich.table import Table

    from riskmodel.console import out, rejection_table

    table = Table(title="Loaded", title_justify="left")
    for name in ("table", "file", "new or changed", "known", "rejected", ""):
        table.add_column(name, justify="left" if name in ("table", "file", "") else "right")
    for one in result.tables:
        figures = (one.counts.accepted, one.counts.known, one.counts.rejected)
        note = "loaded before" if one.before else ""
        table.add_row(one.table, one.source, *(f"{figure:,}" for figure in figures), note)
    out.print(table)
    if result.refused.total:
        out.print(rejection_table(result.refused.by_rule(), result.refused.total))
