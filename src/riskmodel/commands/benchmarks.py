"""The command that measures: speed and memory beside others, simulated counties, and the drill."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from riskmodel.errors import UsageError

if TYPE_CHECKING:
    from riskmodel.bench.running import Request


class Benchmark(StrEnum):
    """What can be measured."""

    ALL = "all"
    EXPLAIN = "explain"
    SERVE = "serve"
    STORE = "store"
    BATCH = "batch"
    SCALING = "scaling"
    TRAINING = "training"
    EVENTS = "events"
    COUNTY = "county"
    ALERTS = "alerts"
    DRILL = "drill"


def bench(
    name: Annotated[Benchmark, typer.Argument(help="What to measure.")] = Benchmark.ALL,
    rows: Annotated[
        int, typer.Option(min=1000, help="Rows of the batch and of the training; at most so many are explained.")
    ] = 1_000_000,
    trees: Annotated[int, typer.Option(min=1, max=5000, help="Trees of the models that are grown here.")] = 500,
    rounds: Annotated[int, typer.Option(min=1, max=100, help="Repetitions; fewer than 5 say little.")] = 5,
    seconds: Annotated[float, typer.Option(min=0.1, max=600, help="How long a server is asked at a time.")] = 5.0,
    households: Annotated[
        int, typer.Option(min=1000, help="Households of each simulated county, and of the store.")
    ] = 100_000,
    seeds: Annotated[int, typer.Option(min=1, max=50, help="How many counties.")] = 5,
    minutes: Annotated[float, typer.Option(min=0.1, max=1440, help="How long the drill's steady load lasts.")] = 5,
    json: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write the figures beside those already in the file.")
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the page as Markdown.")] = None,
    check: Annotated[bool, typer.Option("--check", help="Exit with 1 if a bar is not met.")] = False,
) -> None:
    """Measure beside others, in turns; print minimum, median and maximum, and tell whether it is what was asked."""
    _check_folders(json, out)
    if name is Benchmark.COUNTY:
        met = _county(households, seeds, out)
    elif name is Benchmark.ALERTS:
        met = _alerts(households, seeds, out)
    elif name is Benchmark.DRILL:
        met = _drill(minutes, out)
    else:
        from riskmodel.bench.running import Request
        from riskmodel.commands.options import settings

        met = _speed(name, Request(rows, trees, rounds, seconds, households, settings().models), json, out)
    if check and not met:
        raise typer.Exit(1)


def _speed(name: Benchmark, request: Request, json: Path | None, out: Path | None) -> bool:
    """Run one benchmark or all; what is measured is kept at once, should a later one fail."""
    from riskmodel.bench.markdown import to_markdown
    from riskmodel.bench.report import ORDER, from_json, merged, to_json
    from riskmodel.bench.running import run_section
    from riskmodel.console import now, step

    known = from_json(json.read_text(encoding="utf-8")) if json is not None and json.is_file() else ()
    names = ORDER if name is Benchmark.ALL else (name.value,)
    for one in names:
        known = merged(known, run_section(one, request, now().date(), step))
        if json is not None:
            _write(json, to_json(known))
        if out is not None:
            _write(out, to_markdown(known))
    measured = [section for section in known if section.name in names]
    print(to_markdown(measured))
    return all(section.met for section in measured)


def _county(households: int, seeds: int, out: Path | None) -> bool:
    from riskmodel.bench.county import against_truth, bars, to_markdown
    from riskmodel.commands.options import programme_of
    from riskmodel.console import now, step

    programme = programme_of("china-county")
    found = []
    for seed in range(seeds):
        found.append(against_truth(programme, households, seed, now().date(), step))
        # a county takes long: what is measured so far is kept, should the next one be stopped
        if out is not None:
            _write(out, to_markdown(found, households))
    print(to_markdown(found, households))
    return all(one.met for one in bars(found))


def _alerts(households: int, seeds: int, out: Path | None) -> bool:
    """Compare rules and the model; nothing is asked of them, so that nothing can be missed."""
    from riskmodel.bench.alerts.page import to_markdown
    from riskmodel.bench.alerts.running import tally_county, unseen_seeds
    from riskmodel.bench.running import PROGRAMME
    from riskmodel.commands.options import programme_of, settings
    from riskmodel.console import now, step
    from riskmodel.registry.champion import open_champion

    programme, bundle = programme_of(PROGRAMME), open_champion(settings().models, PROGRAMME)
    tallies, page = [], ""
    for seed in unseen_seeds(bundle, seeds):
        tallies.append(tally_county(programme, bundle, households, seed, now().date(), step))
        page = to_markdown(tallies, bundle.version, programme.file.alerts.cooldown_days)
        if out is not None:
            _write(out, page)
    print(page)
    return True


def _drill(minutes: float, out: Path | None) -> bool:
    from riskmodel.bench.drill.running import run_drill, to_markdown, usual_lengths
    from riskmodel.commands.options import settings
    from riskmodel.console import now, step

    parts = run_drill(settings().models, usual_lengths(minutes), now(), step)
    page = to_markdown(parts, now().date())
    if out is not None:
        _write(out, page)
    print(page)
    return all(part.met for part in parts)


def _check_folders(*targets: Path | None) -> None:
    """Refuse a file that could not be written before anything is measured for it."""
    for target in targets:
        if target is not None and not target.parent.is_dir():
            raise UsageError(f"{target}: expected a file in a folder that exists")


def _write(target: Path, text: str) -> None:
    from riskmodel.files import replacing

    with replacing(target) as partial:
        partial.write_text(text, encoding="utf-8")
