"""Commands that score and explain households: score, explain."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from riskmodel.commands.options import Bundle, Data, EngineName, Scheduler, Workers, date_of


def score(
    source: Annotated[Path, typer.Argument(metavar="INPUT", help="Snapshot rows: Parquet, CSV or XLSX.")],
    target: Annotated[Path, typer.Argument(metavar="OUTPUT", help="Parquet file to write, or XLSX or CSV for people.")],
    bundle: Annotated[Path, typer.Option("--bundle", help="Folder of the bundle.")],
    reasons: Annotated[int, typer.Option(min=0, max=50, help="Reasons per household.")] = 5,
    skip_bad_rows: Annotated[bool, typer.Option(help="Score the sound rows and name the others.")] = False,
    lang: Annotated[str, typer.Option(help="Language of the words in XLSX and CSV.")] = "en",
    threads: Annotated[int, typer.Option(min=0, help="Threads that explain; 0 for one a core.")] = 0,
    engine: Annotated[
        EngineName, typer.Option(help="This process, or many by Dask (Parquet only).")
    ] = EngineName.LOCAL,
    scheduler: Scheduler = None,
    workers: Workers = 0,
) -> None:
    """Score snapshot rows: probability, range, reasons and all else that a score carries.

    A file of any size: memory does not grow with it. An interrupted run goes on where it stopped.
    """
    import os

    from riskmodel.console import now, progress_bar
    from riskmodel.language import language
    from riskmodel.registry.bundle import read_bundle
    from riskmodel.scoring.batch import BatchRequest, score_file
    from riskmodel.scoring.scorer import Scorer

    scorer = Scorer(read_bundle(bundle), threads or os.cpu_count() or 1)
    request = BatchRequest(source, target, now().date(), reasons, skip_bad_rows, language(lang))
    with ExitStack() as stack:
        own = None
        if engine is EngineName.DASK:
            from riskmodel.scoring.cluster import cluster_engine, connect

            own = cluster_engine(stack.enter_context(connect(scheduler, workers)), bundle)
        result = score_file(scorer, request, stack.enter_context(progress_bar()), own)
    if result.resumed:
        print(f"{result.resumed:,} rows had been finished by an earlier run")
    print(f"{result.scored:,} households scored with {scorer.id.version}, written to {target}")
    if result.rejected:
        print(f"riskmodel: {result.refused:,} rows were refused; they are named in {result.rejected}", file=sys.stderr)


def explain(
    bundle: Bundle,
    data: Data,
    household: Annotated[str, typer.Option(help="Id of the household.")],
    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="DATE", help="Latest date of the panel if left out.")
    ] = None,
    lang: Annotated[str, typer.Option(help="Language of the words.")] = "en",
) -> None:
    """Explain one household's score: what drives it up and down, beside typical values."""
    from riskmodel.console import now
    from riskmodel.explain_one import explain_household

    print(explain_household(bundle, data, household, date_of(as_of, "--as-of"), lang, now().date()))
