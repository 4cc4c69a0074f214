"""The bundle that ships is the one that the code makes: retrained, it gives the same scores."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import numpy as np
import pytest

from riskmodel import reference_bundle
from riskmodel.programme.freezing import freeze
from riskmodel.programme.loading import find_programme, load_programme
from riskmodel.registry.bundle import canonical_json
from riskmodel.registry.champion import champion, open_champion
from riskmodel.scoring.inputs import read_inputs
from riskmodel.scoring.scorer import Scorer
from riskmodel.settings import CHECKOUT

MODELS, CONFIGS = CHECKOUT / "models", CHECKOUT / "configs"
AT = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)


def test_it_is_small_simulated_and_promoted_by_the_demonstration_only() -> None:
    bundle = open_champion(MODELS, reference_bundle.PROGRAMME)
    assert sum(path.stat().st_size for path in bundle.path.iterdir()) < 2_000_000
    assert bundle.manifest["simulated"] is True
    assert champion(MODELS, reference_bundle.PROGRAMME).by == "demo"
    assert "simulated" in bundle.files["card.md"].decode()


def test_its_words_are_those_of_the_programme() -> None:
    """Pages and answers take labels, rules and measures from the bundle, and they are changed in the programme."""
    shipped = open_champion(MODELS, reference_bundle.PROGRAMME).json("programme.json")
    programme = load_programme(find_programme(reference_bundle.PROGRAMME, CONFIGS))
    assert json.loads(canonical_json(freeze(programme))) == shipped, "words are out of date: make bundle"


@pytest.mark.nightly
def test_retraining_gives_the_same_scores(tmp_path: Path) -> None:
    files = open_champion(MODELS, reference_bundle.PROGRAMME)
    reference = files.json("reference.json")
    shipped = Scorer(files)
    result = reference_bundle.build(tmp_path, CONFIGS, AT)
    retrained = Scorer(result.bundle)
    inputs, bad = read_inputs(shipped.schema, result.cohort, AT.date())
    assert bad == []
    ours, theirs = shipped.score_inputs(inputs), retrained.score_inputs(inputs)
    for name in ("probability", "log_odds", "base_log_odds"):
        assert np.abs(ours[name].to_numpy() - theirs[name].to_numpy()).max() <= 1e-6, name
    assert result.bundle.json("reference.json").keys() == reference.keys(), "reference.json is out of date: make bundle"
