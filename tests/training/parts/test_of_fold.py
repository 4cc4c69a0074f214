"""What needs a fold's own model: how it ages, areas' ranges, recalibration, the score without transfers."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from conftest import TODAY, Tiny, make_tiny_tables
from helpers.tinyland import altered
from riskmodel.features.timeline import timeline
from riskmodel.panel.panel import assemble
from riskmodel.programme.loading import load_programme
from riskmodel.registry.bundle import BundleFiles
from riskmodel.training.card_folds import fold_sections
from riskmodel.training.examples import ExampleSource
from riskmodel.training.fitting import fit_fold
from riskmodel.training.folds import Slice, fold_at
from riskmodel.training.parts.of_fold import tell_area_rates, tell_without_transfers
from riskmodel.training.plan import Plan

DAY = dt.date(2019, 1, 1)


@pytest.fixture(scope="module")
def fold(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, ...]:
    """Train tinyland with a shock and with something to take off."""

    def edit(words: dict[str, Any]) -> None:
        words["shock"] = {"log_odds": 3, "source": "made up"}
        words["without_transfers"] = {"share": "village_illness", "scaled": ["income_to_line"]}

    programme = load_programme(altered(tmp_path_factory.mktemp("tiny"), edit))
    line = timeline(assemble(programme, make_tiny_tables(), TODAY), programme)
    source = ExampleSource(programme, line)
    fitted = fit_fold(Plan(programme, DAY, line.end, threads=1), source, fold_at(programme, DAY))
    return programme, source, fitted, source.examples([Slice(DAY, 12)], line.end)


def test_a_shock_raises_the_upper_end_alone(fold: tuple[Any, ...]) -> None:
    programme, source, fitted, seen = fold
    told = tell_area_rates(programme, source.line, fitted, seen)
    for alone, wide in zip(told["spread_alone"]["cells"], told["with_shock"]["cells"], strict=True):
        assert wide["low"] == alone["low"]
        assert wide["high"] > alone["high"] + 0.2
    assert told["with_shock"]["share"] >= told["spread_alone"]["share"]


def test_ranges_that_hold_nothing_are_called_failed(fold: tuple[Any, ...]) -> None:
    """Everybody falls, which no range foresees; the card must say so in words."""
    programme, source, fitted, seen = fold
    everybody = replace(seen, outcome=np.ones(len(seen.outcome)))
    told = tell_area_rates(programme, source.line, replace(fitted, between_periods=0.01), everybody)
    assert told["spread_alone"]["share"] == 0
    assert f"alone failed as of {DAY}" in "\n".join(fold_sections({"area_rates": {str(DAY): told}}))


def test_without_transfers_nobody_is_safer_where_income_counts(fold: tuple[Any, ...]) -> None:
    programme, source, fitted, seen = fold
    told = tell_without_transfers(programme, source, fitted, seen)
    assert told["without_transfers"] > told["with_support"]
    assert "An estimate by association" in "\n".join(fold_sections({"without_transfers": {str(DAY): told}}))


def test_a_model_of_the_fold_before_is_held_against_the_folds_own(tiny_bundle: BundleFiles) -> None:
    ages = tiny_bundle.json("evaluation.json")["ages"]
    assert list(ages) == ["2019-01-01"]
    assert [(one["trained_as_of"], one["months_old"]) for one in ages["2019-01-01"]] == [("2018-01-01", 12)]


def test_a_programme_without_transfers_tells_of_none(tiny_bundle: BundleFiles, tiny: Tiny) -> None:
    assert tiny_bundle.json("evaluation.json")["without_transfers"] == {}
    assert tiny.programme.file.without_transfers is None


def test_what_is_taken_off_must_be_features(tmp_path: Path) -> None:
    from helpers.tinyland import faults_of_file

    path = altered(tmp_path, lambda words: words.update(without_transfers={"share": "aid", "scaled": ["persons"]}))
    assert [(fault.where, fault.rule) for fault in faults_of_file(path)] == [
        ("tiny.yaml: without_transfers", "unknown_feature")
    ]
