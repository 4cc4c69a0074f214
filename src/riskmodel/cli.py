"""The command line: parse, call, print. Heavy imports stay inside commands, so that ``--help`` answers at once."""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from riskmodel.errors import NotFound, RiskError, TooFewRows, UsageError

if TYPE_CHECKING:
    from riskmodel.programme.programme import Programme
    from riskmodel.settings import Settings

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Which households are about to fall (back) into poverty, why, and what would help.",
)

ProgrammeName = Annotated[str, typer.Argument(metavar="PROGRAMME", help="Name in configs/, or path of a YAML file.")]
Data = Annotated[Path, typer.Option("--data", help="Folder with the programme's tables.")]
Models = Annotated[Path | None, typer.Option("--out", help="Folder of the bundles; RISKMODEL_MODELS or models/.")]
Seed = Annotated[int, typer.Option(help="Seed of everything random.")]
Actor = Annotated[str, typer.Option("--by", help="Who does this; it is kept in the history.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; it is kept in the history.")]


def main() -> None:
    """Run the command line; errors are one line on stderr, exit code 1 failed or 2 bad usage or input."""
    try:
        app(standalone_mode=True)
    except RiskError as error:
        print(f"riskmodel: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        sys.exit(1)
    except OSError as error:
        # a full disk or a folder that may not be written: say which, in one line
        print(f"riskmodel: {error.filename or 'a file'}: {error.strerror or error}", file=sys.stderr)
        sys.exit(1)


def _settings() -> Settings:
    from riskmodel.settings import Settings

    return Settings()


def _programme(name: str) -> Programme:
    from riskmodel.programme.loading import find_programme, load_programme

    return load_programme(find_programme(name, _settings().configs))


def _date(text: str | None, option: str) -> dt.date | None:
    if text is None:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{option}: expected a date as YYYY-MM-DD") from None


@app.command()
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


@app.command()
def check(programme: ProgrammeName, data: Data) -> None:
    """Tell what is wrong with a programme and its data: row and rule."""
    from riskmodel.console import now, out, rejection_table
    from riskmodel.panel.panel import read_panel

    loaded = _programme(programme)
    panel = read_panel(loaded, data, now().date())
    rows = sum(len(table) for table in panel.observations.values())
    print(f"{loaded.name}: {len(panel.households):,} households, {rows:,} observations, {len(panel.events):,} events")
    if len(panel.rejected):
        grouped = panel.rejected.groupby(["table", "column", "rule"])["row"].agg(rows="size", first="min").reset_index()
        out.print(rejection_table(grouped.sort_values("rows", ascending=False).to_dict("records"), len(panel.rejected)))
        raise typer.Exit(1)
    if not len(panel.observations[loaded.file.welfare.table]):
        raise TooFewRows(f"the table {loaded.file.welfare.table} holds no sound row")
    print("nothing is wrong")


@app.command()
def snapshot(
    programme: ProgrammeName,
    data: Data,
    target: Annotated[Path, typer.Argument(metavar="OUT", help="Parquet or CSV file to write.")],
    as_of: Annotated[str, typer.Option("--as-of", metavar="DATE", help="Only what was recorded before it is seen.")],
) -> None:
    """Write every feature of the households at risk, as known on a date."""
    from riskmodel.console import now, step
    from riskmodel.features.snapshot import build_snapshot
    from riskmodel.features.timeline import timeline
    from riskmodel.files import replacing
    from riskmodel.panel.panel import read_panel

    day = _date(as_of, "--as-of")
    assert day is not None
    if target.suffix not in (".parquet", ".csv") or not target.parent.is_dir():
        raise UsageError(f"{target}: expected a file ending in .parquet or .csv in a folder that exists")
    loaded = _programme(programme)
    step("reading the panel")
    panel = read_panel(loaded, data, now().date())
    frame = build_snapshot(loaded, timeline(panel, loaded), day)
    if not len(frame):
        raise TooFewRows(
            f"no household is at risk as of {day}: too little was recorded before it, or the cohort excludes all"
        )
    with replacing(target) as partial:
        if target.suffix == ".csv":
            frame.to_csv(partial, index=False, date_format="%Y-%m-%d")
        else:
            frame.to_parquet(partial, index=False)
    _name_rejected(panel.rejected, target)
    print(f"{len(frame):,} households at risk as of {day}, {len(loaded.features)} features each, written to {target}")


def _name_rejected(rejected: object, target: Path) -> None:
    """Write refused rows beside the output and say how many there are."""
    import pandas as pd

    assert isinstance(rejected, pd.DataFrame)
    if len(rejected):
        path = target.with_name(f"{target.name}.rejected.csv")
        rejected.to_csv(path, index=False)
        print(
            f"riskmodel: {len(rejected):,} faults in the data; the rows are left out and named in {path}",
            file=sys.stderr,
        )


@app.command()
def train(
    programme: ProgrammeName,
    data: Data,
    out: Models = None,
    until: Annotated[str | None, typer.Option(metavar="DATE", help="Last day of record that may be used.")] = None,
    seed: Seed = 0,
    threads: Annotated[int, typer.Option(min=0, help="Threads; they do not change the model. 0 takes all.")] = 0,
) -> None:
    """Backtest forward in time beside the baselines, then train and publish a bundle."""
    from riskmodel.console import now, step
    from riskmodel.training.train import TrainRequest
    from riskmodel.training.train import train as run

    settings = _settings()
    loaded = _programme(programme)
    request = TrainRequest(
        loaded,
        data,
        out or settings.models,
        settings.work,
        _date(until, "--until"),
        seed,
        threads,
        now(),
        settings.tracking_uri,
    )
    result = run(request, step)
    evaluation = result.bundle.json("evaluation.json")
    _print_evaluation(evaluation, loaded)
    if not evaluation["folds"]:
        print("no test date is settled by the cut-off; judge the bundle with `riskmodel evaluate` on later data")
    _name_rejected(result.rejected, result.bundle.path)
    print(f"bundle {result.bundle.path} (digest {result.bundle.digest[:12]}), MLflow run {result.run_id}")


def _print_evaluation(evaluation: dict[str, object], programme: Programme, *, folds: bool = True) -> None:
    from riskmodel.console import evaluation_tables, out

    capacity = programme.file.capacity
    words = f"top {capacity.share:.0%}" if capacity.share is not None else f"top {capacity.households:,}"
    for table in evaluation_tables(evaluation, programme.name, words, programme.file.simulated, folds):
        out.print(table)


@app.command()
def evaluate(
    bundle: Annotated[Path, typer.Argument(metavar="BUNDLE", help="Folder of the bundle.")],
    data: Data,
    first: Annotated[
        str | None, typer.Option("--from", metavar="DATE", help="First test date; the cut-off if left out.")
    ] = None,
    last: Annotated[str | None, typer.Option("--to", metavar="DATE", help="Last test date.")] = None,
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
    figures = judge(files, data, _date(first, "--from"), _date(last, "--to"), now().date())
    _print_evaluation(figures, thaw(files.json("programme.json")))
    if json_file is not None:
        with replacing(json_file) as partial:
            partial.write_text(json.dumps(figures, indent=1, allow_nan=False) + "\n", encoding="utf-8")


@app.command()
def score(
    source: Annotated[Path, typer.Argument(metavar="INPUT", help="Snapshot rows: Parquet or CSV.")],
    target: Annotated[Path, typer.Argument(metavar="OUTPUT", help="Parquet file to write.")],
    bundle: Annotated[Path, typer.Option("--bundle", help="Folder of the bundle.")],
    reasons: Annotated[int, typer.Option(min=0, max=50, help="Reasons per household.")] = 5,
    skip_bad_rows: Annotated[bool, typer.Option(help="Score the sound rows and name the others.")] = False,
) -> None:
    """Score snapshot rows: probability, range, reasons and all else that a score carries."""
    from riskmodel.console import now
    from riskmodel.registry.bundle import read_bundle
    from riskmodel.scoring.batch import score_file
    from riskmodel.scoring.scorer import Scorer

    scorer = Scorer(read_bundle(bundle))
    result = score_file(scorer, source, target, today=now().date(), reasons=reasons, skip_bad_rows=skip_bad_rows)
    print(f"{result.scored:,} households scored with {scorer.id.version}, written to {target}")
    if result.rejected:
        print(f"riskmodel: {result.refused:,} rows were refused; they are named in {result.rejected}", file=sys.stderr)


@app.command()
def explain(
    bundle: Annotated[Path, typer.Argument(metavar="BUNDLE", help="Folder of the bundle.")],
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

    print(explain_household(bundle, data, household, _date(as_of, "--as-of"), lang, now().date()))


@app.command()
def models(programme: Annotated[str, typer.Option(help="Whose bundles.")] = "", out: Models = None) -> None:
    """List the bundles, which one serves, and which served before."""
    from riskmodel.registry.champion import history, versions

    settings = _settings()
    folder, name = out or settings.models, programme or settings.programme
    entries = history(folder, name)
    serving = entries[-1].version if entries else None
    known = versions(folder, name)
    if not known:
        raise NotFound(f"{folder} holds no bundle of {name}; `riskmodel train` makes one")
    for version in known:
        print(f"{name}/{version}{'  <- serves' if version == serving else ''}")
    for entry in entries:
        print(f"{entry.at}  {entry.version}  by {entry.by}: {entry.reason}")


@app.command()
def promote(
    bundle: Annotated[Path, typer.Argument(metavar="BUNDLE", help="Folder of the bundle.")],
    by: Actor,
    reason: Reason,
    expected: Annotated[str | None, typer.Option(help="Version that serves now; left out, the one that does.")] = None,
) -> None:
    """Make a bundle the one that serves."""
    from riskmodel.console import now
    from riskmodel.registry.bundle import read_bundle
    from riskmodel.registry.champion import history
    from riskmodel.registry.champion import promote as change
    from riskmodel.scoring.scorer import Scorer

    files = read_bundle(bundle)
    scorer = Scorer(files)
    folder = files.path.resolve().parent.parent
    entries = history(folder, files.programme)
    serving = expected if expected is not None else (entries[-1].version if entries else None)
    simulated = scorer.programme.file.simulated
    entry = change(
        folder,
        files.programme,
        files.version,
        by=by,
        reason=reason,
        at=now(),
        expected_champion=serving,
        simulated=simulated,
    )
    print(f"{files.programme}: {entry.version} serves from {entry.at}")


@app.command()
def rollback(
    by: Actor,
    reason: Reason,
    programme: Annotated[str, typer.Option(help="Whose champion.")] = "",
    out: Models = None,
) -> None:
    """Let the version before serve again."""
    from riskmodel.console import now
    from riskmodel.registry.champion import open_champion
    from riskmodel.registry.champion import rollback as change

    settings = _settings()
    folder, name = out or settings.models, programme or settings.programme
    simulated = bool(open_champion(folder, name).manifest.get("simulated", False))
    entry = change(folder, name, by=by, reason=reason, at=now(), simulated=simulated)
    print(f"{name}: {entry.version} serves again from {entry.at}")


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port.")] = 8000,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes.")] = 1,
) -> None:
    """Serve scores at /v1 and the reviewers' pages at /review."""
    from riskmodel.demo import serve_app

    serve_app(host, port, workers)


@app.command()
def demo(
    serving: Annotated[bool, typer.Option("--serve/--no-serve", help="Serve when done.")] = True,
    households: Annotated[int, typer.Option(min=1000, help="How many households to simulate.")] = 20_000,
    seed: Seed = 0,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port.")] = 8000,
) -> None:
    """Run the embedded default, end to end: simulate, train, promote, evaluate, serve."""
    from riskmodel.demo import run_demo

    run_demo(households=households, seed=seed, port=port, serving=serving)


if __name__ == "__main__":
    main()
