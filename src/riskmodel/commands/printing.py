"""What several commands print."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from riskmodel.evaluation.gates import Check
    from riskmodel.programme.programme import Programme
    from riskmodel.registry.history import Entry
    from riskmodel.registry.verdicts import Kept


WIDTH = 100
"""Columns that verdicts and comparisons take."""


def print_evaluation(evaluation: Mapping[str, Any], programme: Programme, *, folds: bool = True) -> None:
    """Print a table for each fold and one for all of them together, the model beside its baselines."""
    from riskmodel.console import evaluation_tables, out

    capacity = programme.file.capacity
    words = f"top {capacity.share:.0%}" if capacity.share is not None else f"top {capacity.households:,}"
    for table in evaluation_tables(evaluation, programme.name, words, programme.file.simulated, folds):
        out.print(table)
    for line in check_lines(evaluation.get("checks", [])):
        print(line)


def check_lines(checks: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return a line for each code and what was found, with the places where it was found."""
    places: dict[tuple[str, str, str], list[str]] = {}
    for one in checks:
        places.setdefault((one["code"], one["level"], one["words"]), []).append(one["where"])
    return [f"{code} {level}, {', '.join(where)}: {words}" for (code, level, words), where in sorted(places.items())]


def name_rejected(rejected: pd.DataFrame, target: Path) -> None:
    """Write refused rows beside the output and say how many there are."""
    if len(rejected):
        path = target.with_name(f"{target.name}.rejected.csv")
        rejected.to_csv(path, index=False)
        print(
            f"riskmodel: {len(rejected):,} faults in the data; the rows are left out and named in {path}",
            file=sys.stderr,
        )


def history_line(entry: Entry) -> str:
    """Return one entry of the history: since when, which version, by whom, on what grounds, why."""
    one, grounds = entry.promotion, entry.grounds
    people = f"by {one.by}" + (f" with {grounds.second}" if grounds.second else "")
    return f"{one.at}  {one.version}  {people}  (gate: {grounds.gate})  {one.reason}"


def print_verdict(kept: Kept) -> None:
    """Print a verdict as a table of its checks, and the words of each that did not pass."""
    from rich.table import Table

    from riskmodel.console import out

    verdict = kept.verdict
    against = verdict.champion.version if verdict.champion else "the best baseline"
    table = Table(
        title=f"{verdict.candidate.version} against {against}: {verdict.evidence} ({', '.join(verdict.periods)})",
        title_justify="left",
        title_style="bold",
    )
    for name in ("check", "figure", "range", "bound", "result"):
        table.add_column(name, justify="left" if name in ("check", "result") else "right")
    for check in verdict.checks:
        table.add_row(*_cells(check))
    out.print(table, width=WIDTH)
    for check in verdict.checks:
        if check.state != "passed":
            out.print(f"{check.state}: {check.words}", width=WIDTH)
    out.print(f"{'passes' if verdict.passes else 'does not pass'}; kept in gates/{kept.name}", width=WIDTH)


def _cells(check: Check) -> tuple[str, ...]:
    spread = "" if check.low is None or check.high is None else f"{check.low:.3f} to {check.high:.3f}"
    figure, bound = ("" if one is None else f"{one:.3f}" for one in (check.figure, check.bound))
    return check.code, figure, spread, bound, check.state
