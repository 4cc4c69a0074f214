"""The embedded default, end to end: simulate a county, train, promote, load, score, serve. All of it simulated data."""

from __future__ import annotations

import json
import os
import shutil
from contextlib import nullcontext
from pathlib import Path

import pandas as pd

from riskmodel.console import evaluation_tables, now, out, step
from riskmodel.demo_store import Secrets, fill_demo_store
from riskmodel.features.snapshot import ID_COLUMNS
from riskmodel.files import replacing
from riskmodel.programme.loading import find_programme, load_programme
from riskmodel.registry.champion import promote_demonstration
from riskmodel.scoring.scorer import Scorer
from riskmodel.service.metrics import counted_together
from riskmodel.service.work.beside import worker_beside
from riskmodel.settings import Settings
from riskmodel.training.train import TrainRequest, TrainResult, train

PROGRAMME = "china-county"
EXAMPLE_HOUSEHOLDS = 2
SHUTDOWN_SECONDS = 30
"""How long whoever is told to end waits for what it began."""


def run_demo(*, households: int, seed: int, port: int, serving: bool) -> None:
    """Run every step, print one table, then serve if asked.

    Parameters
    ----------
    households, seed : int
        Size and seed of the simulated county.
    port : int
        Where to serve on 127.0.0.1.
    serving : bool
        Whether to serve when done.
    """
    settings = Settings()
    folder = settings.work / "demo"
    result = _trained(settings, folder, households, seed)
    promote_demonstration(folder / "models", result.bundle, reason="demonstration on simulated data", at=now())
    print(f"serving version {result.bundle.version}, digest {result.bundle.digest[:12]} (simulated data)")
    request = folder / "request.json"
    with replacing(request) as partial:
        partial.write_text(json.dumps(example_request(result.cohort), ensure_ascii=False, indent=1), encoding="utf-8")
    programme = load_programme(find_programme(PROGRAMME, settings.configs))
    words = f"top {programme.file.capacity.share:.0%}"
    for table in evaluation_tables(
        result.bundle.json("evaluation.json"), PROGRAMME, words, simulated=True, folds=False
    ):
        out.print(table)
    step("loading the county into the store, and scoring everyone at risk")
    as_of = result.cohort["as_of"].iloc[0].date()
    url, secrets = fill_demo_store(folder, programme, folder / "data", Scorer(result.bundle), as_of, now)
    _print_addresses(port, request, settings.work, secrets, str(result.cohort["household_id"].iloc[0]))
    # the pages are on this machine's loopback address, without HTTPS
    os.environ.update(RISKMODEL_MODELS=str(folder / "models"), RISKMODEL_STORE=url, RISKMODEL_COOKIE_SECURE="false")
    if serving:
        serve_app("127.0.0.1", port, 1)
    else:
        _print_how_to_serve(folder / "models", url)


def _trained(settings: Settings, folder: Path, households: int, seed: int) -> TrainResult:
    from riskmodel.panel.simulated.county import simulate, write_county

    programme = load_programme(find_programme(PROGRAMME, settings.configs))
    data = folder / "data"
    shutil.rmtree(data, ignore_errors=True)
    step(f"simulating a county of {households:,} households (simulated data, seed {seed})")
    write_county(simulate(households, seed), data)
    return train(
        TrainRequest(programme, data, folder / "models", settings.work, None, seed, 0, now(), settings.tracking_uri),
        step,
    )


def example_request(cohort: pd.DataFrame) -> dict[str, object]:
    """Return a body for ``POST /v1/scores`` made of the cohort's first households."""
    features = [name for name in cohort.columns if name not in ID_COLUMNS]
    rows = cohort.head(EXAMPLE_HOUSEHOLDS)
    # missing values are null: JSON has no NaN
    values = rows[features].astype(object).where(rows[features].notna(), None)
    households = [
        {"household_id": household, "as_of": day.date().isoformat(), "features": dict(zip(features, row, strict=True))}
        for household, day, row in zip(rows["household_id"], rows["as_of"], values.to_numpy().tolist(), strict=True)
    ]
    return {"households": households}


def _print_addresses(port: int, request: Path, work: Path, secrets: Secrets, household_id: str) -> None:
    address, key = f"http://127.0.0.1:{port}", f"-H 'authorization: Bearer {secrets.key}'"
    print(f"\nreviewers' page   {address}/review?lang=en  ({address}/review?lang=zh)")
    for role, password in secrets.passwords.items():
        print(f"  sign in as      {role.value:<11} {password}")
    print(f"API               {address}/docs")
    print(f"try it            curl -s {address}/v1/scores {key} -H 'content-type: application/json' --data @{request}")
    print(f"                  curl -s {address}/v1/households/{household_id}/explanation {key}")
    event = {
        "specversion": "1.0",
        "id": "1",
        "source": "demo",
        "type": "serious_illness",
        "subject": household_id,
        "data": {"occurred_on": now().date().isoformat(), "amount": 30000},
    }
    print(
        f"                  curl -s {address}/v1/events {key} -H 'content-type: application/cloudevents+json' "
        f"--data '{json.dumps(event)}'"
    )
    print(f"                  curl -s {address}/v1/alerts {key}")
    print(f"experiments       .venv/bin/mlflow ui --backend-store-uri sqlite:///{work / 'mlflow.db'}")


def _print_how_to_serve(models: Path, url: str) -> None:
    print(
        f"serve it          RISKMODEL_MODELS={models} RISKMODEL_STORE={url} RISKMODEL_COOKIE_SECURE=false riskmodel serve"
    )


def serve_app(host: str, port: int, workers: int, *, working: bool = True) -> None:
    """Serve the API and the pages until interrupted; a process beside does what goes on in the background."""
    import uvicorn

    with counted_together(workers), worker_beside() if working else nullcontext():
        uvicorn.run(
            "riskmodel.asgi:create",
            factory=True,
            host=host,
            port=port,
            workers=workers,
            log_config=None,
            timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        )
