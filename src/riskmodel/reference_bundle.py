"""Rebuilds the reference bundle that ships in ``models/``: a small simulated county, so that serving works at once."""

from __future__ import annotations

import datetime as dt
import tempfile
from pathlib import Path

from riskmodel.console import now, step
from riskmodel.panel.simulated.county import simulate, write_county
from riskmodel.programme.loading import find_programme, load_programme
from riskmodel.registry.champion import promote_demonstration
from riskmodel.settings import Settings
from riskmodel.training.train import TrainRequest, TrainResult, train

PROGRAMME = "china-county"
HOUSEHOLDS = 5_000
SEED = 0


def build(models: Path, configs: Path, at: dt.datetime) -> TrainResult:
    """Simulate, train and publish; the run's record is thrown away, only the bundle stays.

    Parameters
    ----------
    models, configs : Path
        Where the bundle goes, and where the programme is.
    at : datetime
        Instant that the manifest tells.
    """
    with tempfile.TemporaryDirectory() as scratch:
        data = Path(scratch) / "data"
        write_county(simulate(HOUSEHOLDS, SEED), data)
        programme = load_programme(find_programme(PROGRAMME, configs))
        return train(TrainRequest(programme, data, models, Path(scratch), None, SEED, 0, at), step)


def main() -> None:
    """Rebuild and promote the reference bundle."""
    settings = Settings()
    result = build(settings.models, settings.configs, now())
    promote_demonstration(settings.models, result.bundle, reason="reference bundle, simulated data", at=now())
    size = sum(path.stat().st_size for path in result.bundle.path.iterdir())
    print(f"{result.bundle.path}: {size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
