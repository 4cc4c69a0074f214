"""What the command line prints: tables and progress, in plain words."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table

TABLE_WIDTH = 150
"""Columns that the evaluation table takes; where output is no terminal nothing is wrapped."""

out = Console(highlight=False, width=None if sys.stdout.isatty() else TABLE_WIDTH)
err = Console(stderr=True, highlight=False)

NAMES = {
    "model": "riskmodel",
    "last_status": "last status",
    "welfare_rank": "rank by current welfare",
    "department_rules": "department rules",
    "logistic_regression": "logistic regression",
    "proxy_means_test": "proxy means test",
    "alkire_foster": "Alkire-Foster count",
    "vulnerability_expected_poverty": "expected poverty",
    "integer_scorecard": "scorecard on paper",
    "explainable_boosting": "boosting machine",
}


def step(message: str) -> None:
    """Tell what is being done, apart from the results."""
    err.print(f"[dim]· {message}[/dim]")


def evaluation_tables(
    evaluation: Mapping[str, Any], title: str, capacity: str, simulated: bool, folds: bool = True
) -> list[Table]:
    """Return a table a fold and one pooled, each with the model beside its baselines.

    Parameters
    ----------
    evaluation : mapping
        As ``evaluation.json`` holds it.
    title : str
        Name of the programme.
    capacity : str
        What the lists' length is, in words.
    simulated : bool
        Whether to say that the data are.
    folds : bool
        Whether to show each fold beside the pooled table.
    """
    prefix = "[simulated] " if simulated else ""
    tables = []
    for fold in evaluation["folds"] if folds else ():
        head = (
            f"{prefix}{title}: as of {fold['as_of']}, {fold['n']:,} households, {fold['events']:,} fell "
            f"(weighted {fold['rate']:.1%}, predicted {fold['predicted_rate']:.1%}), {fold['censored']:,} unknown"
        )
        tables.append(_table(head, {name: fold[name] for name in NAMES if name in fold}, capacity))
    pooled = evaluation["pooled"]
    if not pooled:
        return []
    dates = ", ".join(fold["as_of"] for fold in evaluation["folds"])
    head = f"{prefix}{title}: all tests pooled by rank ({dates}), {pooled['model']['n']:,} rows, {pooled['model']['events']:,} fell"
    tables.append(_table(head, {name: pooled[name] for name in NAMES if name in pooled}, capacity))
    return tables


def _table(head: str, rows: Mapping[str, Mapping[str, Any]], capacity: str) -> Table:
    # Rich markup would take "[simulated]" for a style
    table = Table(title=head.replace("[", r"\["), title_justify="left", title_style="bold")
    table.add_column("")
    for name in (
        "ROC AUC",
        "average precision",
        f"recall in {capacity}",
        f"precision in {capacity}",
        "lift",
        "riskmodel better by (AP)",
    ):
        table.add_column(name, justify="right")
    for name, metrics in rows.items():
        cells = [
            _figure(metrics, metric)
            for metric in ("roc_auc", "average_precision", "recall_at_capacity", "precision_at_capacity")
        ]
        lift = f"{metrics['lift_at_capacity']:.1f}" if metrics["lift_at_capacity"] is not None else "–"
        gap = _figure(metrics, "model_minus_average_precision") if "model_minus_average_precision" in metrics else ""
        table.add_row(NAMES.get(name, name), *cells, lift, gap, style="bold" if name == "model" else "")
    return table


def _figure(metrics: Mapping[str, Any], name: str) -> str:
    value, interval = metrics[name], metrics[f"{name}_interval"]
    if value is None:
        return "–"
    if None in interval:
        return f"{value:.3f}"
    return f"{value:.3f} ({interval[0]:.3f}–{interval[1]:.3f})"


def rejection_table(rejected: Sequence[Mapping[Any, Any]], total: int) -> Table:
    """Return the most frequent reasons why rows were refused."""
    table = Table(title=f"{total:,} faults; rows with one are left out", title_justify="left")
    for name in ("table", "column", "rule", "rows", "first row"):
        table.add_column(name, justify="right" if name in ("rows", "first row") else "left")
    for row in rejected:
        table.add_row(row["table"], row["column"], row["rule"], f"{row['rows']:,}", f"{row['first']:,}")
    return table


@contextmanager
def progress_bar() -> Iterator[Callable[[str, int, int], None]]:
    """Show how far a job is, with rows a second and the time left; nothing where the error output is no terminal.

    Yields
    ------
    callable
        Takes what is done, rows done, and rows in all (0 while nobody knows).
    """
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,.0f} rows"),
        TextColumn("{task.fields[speed]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=err, disable=not err.is_terminal, transient=True) as bar:
        tasks: dict[str, TaskID] = {}

        def tell(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=total or None, speed="")
            task = bar.tasks[bar.task_ids.index(tasks[what])]
            speed = f"{task.speed:,.0f} rows/s" if task.speed else ""
            bar.update(tasks[what], completed=done, total=total or None, speed=speed)

        yield tell


def now() -> dt.datetime:
    """Return the present instant; the only place that reads the clock for the command line."""
    return dt.datetime.now(dt.UTC)
