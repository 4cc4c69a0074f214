"""The command that measures: speed and memory, and the simulated county against its truth."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Benchmark(StrEnum):
    """What can be measured."""

    TRAINING = "training"
    COUNTY = "county"


def bench(
    name: Annotated[Benchmark, typer.Argument(help="What to measure.")] = Benchmark.TRAINING,
    rows: Annotated[int, typer.Option(min=1000, help="Rows of the training benchmark.")] = 1_000_000,
    households: Annotated[int, typer.Option(min=1000, help="Households of each simulated county.")] = 100_000,
    seeds: Annotated[int, typer.Option(min=1, max=50, help="How many counties.")] = 5,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the table as Markdown.")] = None,
    check: Annotated[bool, typer.Option("--check", help="Exit with 1 if a bar is not met.")] = False,
) -> None:
    """Measure, print the table, and tell whether it is what was asked."""
    from riskmodel.files import replacing

    def told(text: str) -> None:
        if out is not None:
            with replacing(out) as partial:
                partial.write_text(text, encoding="utf-8")

    text, met = _training(rows) if name is Benchmark.TRAINING else _county(households, seeds, told)
    print(text)
    told(text)
    if check and not met:
        raise typer.Exit(1)


def _training(rows: int) -> tuple[str, bool]:
    from riskmodel.bench.training import to_markdown, training_cost

    cost = training_cost(rows)
    return to_markdown(cost) + "\n", cost.passes


def _county(households: int, seeds: int, told: Callable[[str], None]) -> tuple[str, bool]:
    from riskmodel.bench.county import against_truth, bars, to_markdown
    from riskmodel.commands.options import programme_of
    from riskmodel.console import now, step

    programme = programme_of("china-county")
    found = []
    for seed in range(seeds):
        found.append(against_truth(programme, households, seed, now().date(), step))
        # a county takes long: what is measured so far is kept, should the next one be stopped
        told(to_markdown(found, households))
    return to_markdown(found, households), all(one.met for one in bars(found))
