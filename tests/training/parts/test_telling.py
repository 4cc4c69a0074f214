"""What is told beside the tables adds up to the tables, and the card says it in words."""

from __future__ import annotations

import numpy as np
import pytest

from conftest import Tiny
from helpers.rows import made_rows
from riskmodel.registry.bundle import BundleFiles
from riskmodel.training.card_parts import part_sections
from riskmodel.training.parts.pooled import Pooled
from riskmodel.training.parts.telling import tell_parts


def test_parts_add_up_to_the_pooled_table(tiny_bundle: BundleFiles) -> None:
    evaluation = tiny_bundle.json("evaluation.json")
    whole = evaluation["pooled"]["model"]
    segments = evaluation["segments"]
    assert segments["returned"]["n"] + segments["fell"]["n"] == whole["n"]
    assert segments["returned"]["events"] + segments["fell"]["events"] == whole["events"]
    assert evaluation["groups"]["overall"]["n"] == whole["n"]
    assert (
        sum(one["n"] for one in evaluation["groups"]["groups"]) + evaluation["groups"]["unknown"]["head_female"]
        == (whole["n"])
    )
    assert sum(one["n"] for one in evaluation["calibration"]["by_period"].values()) == whole["n"]
    assert sum(one["n"] for one in evaluation["calibration"]["by_area"].values()) == whole["n"]
    assert evaluation["unknown"]["known"]["n"] == whole["n"]
    assert evaluation["unknown"]["unknown"]["n"] == sum(fold["censored"] for fold in evaluation["folds"])


def test_the_card_has_a_section_for_each_part(tiny_bundle: BundleFiles) -> None:
    card = tiny_bundle.files["card.md"].decode()
    for head in ("Do the probabilities mean", "Returned, fell", "Who is served worse?", "Who was lost"):
        assert f"## {head}" in card
    assert "head_female yes" in card


@pytest.mark.parametrize("n", [400])
def test_probabilities_that_are_off_by_half_show_as_such(tiny: Tiny, n: int) -> None:
    """Half the true rate is predicted: expected over observed must be near one half, and ranges must be said to fail."""
    rng = np.random.default_rng(0)
    true = np.full(n, 0.4)
    matrix = np.zeros((n, len(tiny.programme.features)))
    rows = made_rows(matrix, (rng.random(n) < true).astype(float), household=np.arange(n) % tiny.line.size)
    log_odds = rng.normal(size=n)
    predicted = true / 2
    pooled = Pooled(rows, np.zeros(n, int), {"model": log_odds}, predicted, predicted - 0.01, predicted + 0.01)
    parts = tell_parts(tiny.programme, tiny.line, pooled, tiny.line.end, 0)
    assert parts["calibration"]["weighted"]["expected_to_observed"] == pytest.approx(0.5, abs=0.07)
    assert parts["ranges"]["share"] == 0
    assert "The ranges were too narrow" in "\n".join(part_sections(parts))
    assert parts["outcomes"] == {}
    assert parts["causes"] == {}
