"""Commands that score and explain households: score, explain."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from riskmodel.commands.options import Bundle, Data, EngineName, Scheduler, Workers, date_of
from riskmodel.errors import UsageError


def score(
    source: Annotated[
        Path | None, typer.Argument(metavar="INPUT", help="Snapshot rows: Parquet, CSV or XLSX.", show_default=False)
    ] = None,
    target: Annotated[
        Path | None,
        typer.Argument(metavar="OUTPUT", help="Parquet file to write, or XLSX or CSV for people.", show_default=False),
    ] = None,
    bundle: Annotated[
        Path | None, typer.Option("--bundle", help="Folder of the bundle; with --store the champion if left out.")
    ] = None,
    store: Annotated[bool, typer.Option("--store", help="Score a cohort of the store, into the store.")] = False,
    as_of: Annotated[
        str | None,
        typer.Option("--as-of", metavar="DATE", help="With --store: only what was recorded before it counts."),
    ] = None,
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
    """Score snapshot rows, or with --store everyone at risk on a date: probability, range, reasons and all else.

    A file of any size: memory does not grow with it. An interrupted run goes on where it stopped.
    """
    if store:
        if source is not None or target is not None:
            raise UsageError("--store reads and writes the store: leave out INPUT and OUTPUT")
        _score_store(bundle, as_of, threads)
        return
    if source is None or target is None or bundle is None or as_of is not None:
        raise UsageError("expected INPUT OUTPUT --bundle BUNDLE, or --store --as-of DATE")
    _score_file(source, target, bundle, reasons, skip_bad_rows, lang, threads, engine, scheduler, workers)


def _score_file(
    source: Path,
    target: Path,
    bundle: Path,
    reasons: int,
    skip_bad_rows: bool,
    lang: str,
    threads: int,
    engine: EngineName,
    scheduler: str | None,
    workers: int,
) -> None:
    import os

    from riskmodel.console import now, progress_bar
    from riskmodel.language import language
    from riskmodel.registry.bundle import read_bundle
    from riskmodel.scoring.batch import BatchRequest, score_file
    from riskmodel.scoring.scorer import Scorer

    scorer = Scorer(read_bundle(bundle), threads or os.cpu_count() or 1)
    request = BatchRequest(source, target, scorer.programme.day_of(now()), reasons, skip_bad_rows, language(lang))
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


def _score_store(bundle: Path | None, as_of: str | None, threads: int) -> None:
    import os

    from riskmodel.commands.operating import opened_store, operator_act
    from riskmodel.commands.options import settings
    from riskmodel.console import now, step
    from riskmodel.registry.bundle import read_bundle
    from riskmodel.registry.champion import approved, open_champion
    from riskmodel.scoring.scorer import Scorer
    from riskmodel.service.alert_rules import AlertRules
    from riskmodel.service.audit import Act, Action
    from riskmodel.service.cohorts import CohortScored, score_cohort
    from riskmodel.service.store.facts import check_programme

    own, instant, day = settings(), now(), date_of(as_of, "--as-of")
    files = open_champion(own.models, own.programme) if bundle is None else approved(own.models, read_bundle(bundle))
    scorer = Scorer(files, threads or os.cpu_count() or 1)
    if day is None or day > scorer.programme.day_of(instant):
        raise UsageError("--as-of: expected a date that is not in the future")
    version = scorer.id.version

    def act_of(scored: CohortScored) -> Act:
        detail = {"version": version, "as_of": day.isoformat(), **asdict(scored)}
        return operator_act(instant, Action.COHORT_SCORED, version, detail)

    with opened_store() as store:
        check_programme(store, files.programme)
        result = score_cohort(
            store,
            scorer,
            day,
            instant,
            act_of,
            lambda share, _: step(f"{share} % of the areas are done"),
            in_force=AlertRules(own.configs)(scorer),
        )
    print(
        f"{result.households:,} households at risk as of {day} scored with {version}: "
        f"{result.added:,} new scores, {result.moved:,} of them moved"
    )


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
