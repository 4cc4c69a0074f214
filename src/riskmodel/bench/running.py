"""Runs a benchmark by its name and returns its section of the report."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from riskmodel.bench.machine import machine_facts
from riskmodel.bench.report import Figure, Section
from riskmodel.registry.bundle import BundleFiles
from riskmodel.registry.champion import open_champion

PROGRAMME = "china-county"
SCALING_ROWS = 200_000
Measured = tuple[dict[str, str], tuple[Figure, ...]]
"""Conditions in words, and figures."""


@dataclass(frozen=True, slots=True)
class Request:
    """How much to measure.

    Attributes
    ----------
    rows : int
        Rows of the batch and of the training; no more than so many of the explanations.
    trees : int
        Trees of the models that are grown to be explained.
    rounds : int
        Repetitions.
    seconds : float
        How long a server is asked at a time.
    households : int
        Households of the store.
    models : Path
        Folder of the bundles; the champion of ``china-county`` is scored with.
    """

    rows: int
    trees: int
    rounds: int
    seconds: float
    households: int
    models: Path


def run_section(name: str, request: Request, today: dt.date, tell: Callable[[str], None]) -> Section:
    """Run one of :data:`riskmodel.bench.report.ORDER`."""
    conditions, figures = RUNS[name](request, tell)
    return Section(name, today, request.rounds, machine_facts(), conditions, figures)


def _explain(request: Request, tell: Callable[[str], None]) -> Measured:
    from riskmodel.bench.explaining import Load, explanation_figures

    usual = Load()
    load = Load(
        request.trees,
        min(usual.training_rows, request.rows),
        min(usual.rows, request.rows),
        min(usual.slow_rows, request.rows),
    )
    return load.conditions(), explanation_figures(load, request.rounds, tell)


def _serve(request: Request, tell: Callable[[str], None]) -> Measured:
    from riskmodel.bench.loading import generator
    from riskmodel.bench.serving import serving_figures

    bundle = _champion(request)
    figures = serving_figures(request.models, bundle, request.trees, request.seconds, request.rounds, tell)
    return {**_model(bundle), "seconds a turn": f"{request.seconds:g}", "load made by": generator()}, figures


def _store(request: Request, tell: Callable[[str], None]) -> Measured:
    from riskmodel.bench.storing import ASKED, storing_figures

    bundle = _champion(request)
    as_of = dt.date.fromisoformat(str(bundle.manifest["cutoff"]))
    figures = storing_figures(request.models, as_of, request.households, request.rounds, tell)
    return {**_model(bundle), "as of": as_of.isoformat(), "households a turn": f"{ASKED:,}"}, figures


def _events(request: Request, tell: Callable[[str], None]) -> Measured:
    from riskmodel.bench.events import A_SECOND, SECONDS, event_figures
    from riskmodel.console import now

    conditions = {
        "households": f"{request.households:,}",
        "events a second": f"{A_SECOND:g}",
        "seconds": f"{SECONDS:g}",
    }
    figures = event_figures(request.models, now().date(), request.households, request.rounds, tell)
    return {**_model(_champion(request)), **conditions}, figures


def _batch(request: Request, tell: Callable[[str], None]) -> Measured:
    from riskmodel.bench.batch import batch_figures

    bundle = _champion(request)
    conditions = {**_model(bundle), "trees of the large model": str(request.trees), "rows": f"{request.rows:,}"}
    return conditions, batch_figures(bundle, request.rows, request.trees, request.rounds, tell)


def _scaling(request: Request, tell: Callable[[str], None]) -> Measured:
    from riskmodel.bench.scaling import CHUNK_ROWS, scaling_figures

    bundle, rows = _champion(request), min(request.rows, SCALING_ROWS)
    conditions = {"trees of the model": str(request.trees), "rows": f"{rows:,}", "rows a chunk": f"{CHUNK_ROWS:,}"}
    return conditions, scaling_figures(bundle, rows, request.trees, request.rounds, tell)


def _training(request: Request, tell: Callable[[str], None]) -> Measured:
    from riskmodel.bench.training import FEATURES, ROUNDS, training_figures

    tell(f"training on {request.rows:,} rows")
    conditions = {"rows": f"{request.rows:,}", "features": str(FEATURES), "trees": str(ROUNDS)}
    return conditions, training_figures(request.rows, request.rounds)


RUNS: dict[str, Callable[[Request, Callable[[str], None]], Measured]] = {
    "explain": _explain,
    "serve": _serve,
    "store": _store,
    "batch": _batch,
    "scaling": _scaling,
    "training": _training,
    "events": _events,
}


def _champion(request: Request) -> BundleFiles:
    return open_champion(request.models, PROGRAMME)


def _model(bundle: BundleFiles) -> dict[str, str]:
    text = bundle.files["model.txt"]
    columns = text.split(b"feature_names=")[1].split(b"\n")[0].split()
    leaves = [int(one) for one in re.findall(rb"\nnum_leaves=(\d+)", text)]
    shape = f"{len(leaves)} of at most {max(leaves)} leaves"
    return {"shipped model": bundle.version, "trees": shape, "features": str(len(columns))}
