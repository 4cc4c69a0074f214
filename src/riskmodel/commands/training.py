"""Commands about making and judging models: train, evaluate."""

from __future__ import annotations

import getpass
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from riskmodel.commands.options import (
    Bundle,
    Data,
    EngineName,
    Models,
    ProgrammeName,
    Scheduler,
    Seed,
    Workers,
    date_of,
    programme_of,
    settings,
)
from riskmodel.commands.printing import name_rejected, print_evaluation
from riskmodel.errors import UsageError

if TYPE_CHECKING:
    from riskmodel.training.growing import Grower

Full = Annotated[
    bool,
    typer.Option(
        "--full",
        help="Slow baselines too: expected poverty, a scorecard for paper, a boosting machine; and lists as transfers.",
    ),
]


def train(
    programme: ProgrammeName,
    data: Data,
    out: Models = None,
    until: Annotated[str | None, typer.Option(metavar="DATE", help="Last day of record that may be used.")] = None,
    seed: Seed = 0,
    threads: Annotated[int, typer.Option(min=0, help="Threads; they do not change the model. 0 takes all.")] = 0,
    allow: Annotated[
        list[str] | None, typer.Option(metavar="RM0xx", help="A check whose errors do not stop the run; repeatable.")
    ] = None,
    full: Full = False,
    trials: Annotated[
        int,
        typer.Option(
            min=0, help="Search among so many settings first, earlier trials counted; 0 takes the programme's."
        ),
    ] = 0,
    by: Annotated[str, typer.Option(help="Who trains; somebody else promotes. Your login name if left out.")] = "",
    engine: Annotated[
        EngineName, typer.Option(help="What grows the trees: this process, or many by Dask.")
    ] = EngineName.LOCAL,
    scheduler: Scheduler = None,
    workers: Workers = 0,
) -> None:
    """Backtest forward in time beside the baselines, then train and publish a bundle."""
    from riskmodel.console import now, step
    from riskmodel.training.train import TrainRequest
    from riskmodel.training.train import train as run

    own = settings()
    loaded = programme_of(programme)
    request = TrainRequest(
        loaded,
        data,
        out or own.models,
        own.work,
        date_of(until, "--until"),
        seed,
        threads,
        now(),
        own.tracking_uri,
        by or getpass.getuser(),
        frozenset(allow or ()),
        full,
        trials,
    )
    if engine is EngineName.DASK:
        _check_cluster(threads, trials)
    with ExitStack() as stack:
        if engine is EngineName.DASK:
            request = replace(request, grow=_cluster_grower(stack, scheduler, workers))
        result = run(request, step)
    evaluation = result.bundle.json("evaluation.json")
    print_evaluation(evaluation, loaded)
    if not evaluation["folds"]:
        print("no test date is settled by the cut-off; judge the bundle with `riskmodel evaluate` on later data")
    name_rejected(result.rejected, result.bundle.path)
    print(f"bundle {result.bundle.path} (digest {result.bundle.digest[:12]}), MLflow run {result.run_id}")


def _check_cluster(threads: int, trials: int) -> None:
    if threads:
        raise UsageError("--threads: on a cluster each worker grows with its own threads; leave it out")
    if trials:
        raise UsageError(
            "--trials: settings are searched by one process, where a trial gives the same figures again; "
            "search with --engine local first, write what it found into the programme, then train with dask"
        )


def _cluster_grower(stack: ExitStack, scheduler: str | None, workers: int) -> Grower:
    from riskmodel.scoring.cluster import connect
    from riskmodel.training.cluster import cluster_grower

    return cluster_grower(stack.enter_context(connect(scheduler, workers)))


def evaluate(
    bundle: Bundle,
    data: Data,
    first: Annotated[
        str | None, typer.Option("--from", metavar="DATE", help="First test date; the cut-off if left out.")
    ] = None,
    last: Annotated[str | None, typer.Option("--to", metavar="DATE", help="Last test date.")] = None,
    full: Full = False,
    json_file: Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Write the figures as JSON.")] = None,
) -> None:
    """Judge a bundle on data that it never saw, beside the baselines."""
    import json

    from riskmodel.console import now
    from riskmodel.files import replacing
    from riskmodel.programme.freezing import thaw
    from riskmodel.registry.bundle import read_bundle
    from riskmodel.training.evaluate import evaluate as judge

    files = read_bundle(bundle)
    figures = judge(files, data, date_of(first, "--from"), date_of(last, "--to"), now().date(), full=full)
    print_evaluation(figures, thaw(files.json("programme.json")))
    if json_file is not None:
        with replacing(json_file) as partial:
            partial.write_text(json.dumps(figures, indent=1, allow_nan=False) + "\n", encoding="utf-8")
