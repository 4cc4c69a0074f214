"""Shared fixtures: a third programme that exists only as YAML and CSV, its data, and a bundle trained on them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import settings

from riskmodel.features.snapshot import build_snapshot
from riskmodel.features.timeline import Timeline, timeline
from riskmodel.panel.panel import Panel, read_panel
from riskmodel.programme.loading import load_programme
from riskmodel.programme.programme import Programme
from riskmodel.registry.bundle import BundleFiles
from riskmodel.registry.champion import promote
from riskmodel.scoring.scorer import Scorer

settings.register_profile("riskmodel", derandomize=True, deadline=None, max_examples=50)
settings.load_profile("riskmodel")

DATA = Path(__file__).parent / "data"
NOW = dt.datetime(2021, 6, 1, 12, tzinfo=dt.UTC)
TODAY = NOW.date()
AS_OF = dt.date(2021, 1, 1)
YEARS = range(2013, 2021)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that have slow tests: begun last, one of them would keep one worker busy and the others idle."""
    slow = {item.path for item in items if item.get_closest_marker("slow") is not None}
    items.sort(key=lambda item: item.path not in slow)


def make_tiny_tables(households: int = 600, seed: int = 7) -> dict[str, pd.DataFrame]:
    """Invent tinyland: incomes that persist from year to year, and illnesses that cost."""
    rng = np.random.default_rng(seed)
    ids = [f"{number:018d}" for number in range(1, households + 1)]
    villages = rng.choice([f"{side}{place}" for side in "ns" for place in range(1, 5)], households)
    size = rng.integers(1, 7, households)
    land = rng.random(households) < 0.5
    level = rng.normal(0.35, 0.35, households) + 0.1 * land
    observations, events = [], []
    for year in YEARS:
        level = 0.35 + 0.75 * (level - 0.35) + rng.normal(0, 0.2, households)
        ill = rng.random(households) < 0.08
        line = 100 + (year - 2013) * 5
        income = np.round(np.exp(level - 0.4 * ill) * line * size, 2)
        observations.append(
            pd.DataFrame(
                {
                    "hhid": ids,
                    "period_end": f"{year}-12-31",
                    "recorded_on": f"{year}-12-31",
                    "inc": income,
                    "size": size,
                    "owns_land": np.where(land, "true", "false"),
                }
            )
        )
        day = [f"{year}-{month:02d}-15" for month in rng.integers(1, 13, households)]
        cost = np.round(rng.gamma(2, 40, households), 2)
        ill_rows = pd.DataFrame(
            {"household_id": ids, "kind": "illness", "occurred_on": day, "recorded_on": day, "amount": cost}
        )
        events.append(ill_rows[ill])
    homes = rng.choice(["brick", "mud", "tent"], households, p=[0.6, 0.3, 0.1])
    people = pd.DataFrame(
        {
            "hhid": ids,
            "village": villages,
            "female": np.where(rng.random(households) < 0.3, "1", "0"),
            "home": homes,
            "settled_on": "2010-05-01",
        }
    )
    # a household missed in a year, as panels have
    seen = pd.concat(observations, ignore_index=True)
    seen = seen[rng.random(len(seen)) > 0.03].reset_index(drop=True)
    return {"households": people, "observations": seen, "events": pd.concat(events, ignore_index=True)}


@dataclass(frozen=True)
class Tiny:
    """Tinyland: its programme, data folder, panel and timeline."""

    programme: Programme
    folder: Path
    panel: Panel
    line: Timeline


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    """Return tinyland read from its CSV files."""
    folder = tmp_path_factory.mktemp("tinyland")
    for name, table in make_tiny_tables().items():
        table.to_csv(folder / f"{name}.csv", index=False)
    programme = load_programme(DATA / "tiny" / "tiny.yaml")
    panel = read_panel(programme, folder, TODAY)
    return Tiny(programme, folder, panel, timeline(panel, programme))


@pytest.fixture(scope="session")
def tiny_snapshot(tiny: Tiny) -> pd.DataFrame:
    """Return tinyland's cohort as of 2021-01-01."""
    return build_snapshot(tiny.programme, tiny.line, AS_OF)


@pytest.fixture(scope="session")
def tiny_bundle(tiny: Tiny, tmp_path_factory: pytest.TempPathFactory) -> BundleFiles:
    """Return a bundle trained on tinyland through the whole of `riskmodel train`."""
    from riskmodel.training.train import TrainRequest, train

    root = tmp_path_factory.mktemp("trained")
    request = TrainRequest(tiny.programme, tiny.folder, root / "models", root / "work", None, 0, 0, NOW)
    return train(request).bundle


@pytest.fixture(scope="session")
def models_dir(tiny_bundle: BundleFiles) -> Path:
    """Return a folder of bundles in which tinyland's is the champion."""
    models = tiny_bundle.path.parent.parent
    promote(
        models,
        tiny_bundle.programme,
        tiny_bundle.version,
        by="A. Tester",
        reason="for the tests",
        at=NOW,
        expected_champion=None,
        simulated=False,
        second="S. Second",
    )
    return models


@pytest.fixture(scope="session")
def scorer(tiny_bundle: BundleFiles) -> Scorer:
    """Return a scorer of tinyland's bundle."""
    return Scorer(tiny_bundle)
