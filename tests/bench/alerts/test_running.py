"""A county is tallied whole, and never one that the model was trained on."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from riskmodel.bench.alerts.judging import Tally
from riskmodel.bench.alerts.raising import RULES, WAYS
from riskmodel.bench.alerts.running import tally_county, unseen_seeds
from riskmodel.cli import app
from riskmodel.errors import UsageError
from riskmodel.panel.reading import folder_digest
from riskmodel.panel.simulated.county import simulate, write_county
from riskmodel.programme.loading import load_programme
from riskmodel.programme.programme import Programme
from riskmodel.registry.bundle import BundleFiles
from riskmodel.registry.champion import open_champion
from riskmodel.settings import Settings

TODAY = dt.date(2026, 11, 1)


@pytest.fixture(scope="module")
def programme() -> Programme:
    return load_programme(Settings().configs / "china-county.yaml")


@pytest.fixture(scope="module")
def bundle() -> BundleFiles:
    return open_champion(Settings().models, "china-county")


@pytest.fixture(scope="module")
def tallied(programme: Programme, bundle: BundleFiles) -> Tally:
    return tally_county(programme, bundle, 1500, 3, TODAY, lambda _: None)


def test_every_way_raises_as_many_alerts_as_the_rules(tallied: Tally) -> None:
    assert len(set(tallied.raised.values())) == 1
    assert tallied.raised[RULES] > 100
    unknown = np.array([tallied.unknown[way] for way in WAYS])
    assert np.array_equal(tallied.known.sum(axis=0) + unknown, [tallied.raised[way] for way in WAYS])
    assert (tallied.hits <= tallied.known).all()


def test_more_is_found_than_by_lot(tallied: Tally) -> None:
    """Nothing is said of who is ahead: only that outcomes and alerts are of the same households."""
    found = (~np.isnan(tallied.days)).sum(axis=0)
    assert (found[:-1] > found[-1]).all()
    assert len(tallied.falls) == len(tallied.cause) == len(tallied.days) > 10
    assert tallied.fell / tallied.at_risk == pytest.approx(0.009, abs=0.004)


def test_a_county_that_the_model_was_trained_on_is_refused(
    programme: Programme, bundle: BundleFiles, tmp_path: Path
) -> None:
    write_county(simulate(1500, 3), tmp_path)
    taught = replace(bundle, manifest={**bundle.manifest, "data_digest": folder_digest(tmp_path)})
    with pytest.raises(UsageError, match="seed 3"):
        tally_county(programme, taught, 1500, 3, TODAY, lambda _: None)


def test_seeds_come_after_the_models_own(bundle: BundleFiles) -> None:
    assert unseen_seeds(replace(bundle, manifest={**bundle.manifest, "seed": 4}), 3) == (5, 6, 7)


def test_the_command_writes_the_page_that_it_prints(tmp_path: Path) -> None:
    page = tmp_path / "alerts.md"
    done = CliRunner().invoke(app, ["bench", "alerts", "--households", "1000", "--seeds", "1", "--out", str(page)])
    assert done.exit_code == 0, done.output
    assert page.read_text(encoding="utf-8") in done.output
    assert "1 simulated county of 1,000 households (seed 1)" in page.read_text(encoding="utf-8")
