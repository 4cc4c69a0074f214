"""Blocks hold every feature once, and a block that carries the signal is seen to carry it."""

from __future__ import annotations

import pandas as pd

from conftest import Tiny
from riskmodel.training.ablation import ALL_BUT_LINE, LINE, WHOLE, ablate, block_of
from riskmodel.training.card_features import feature_sections
from riskmodel.training.examples import ExampleSource
from riskmodel.training.fitting import sides_of
from riskmodel.training.folds import fold_at
from riskmodel.training.plan import Plan


def test_every_feature_is_in_the_block_that_it_is_made_for(tiny: Tiny) -> None:
    blocks = {feature.name: block_of(tiny.programme, feature) for feature in tiny.programme.features}
    assert blocks["income_to_line"] == LINE
    assert blocks["income_to_line_before"] == "history"
    assert blocks["illness_count_12m"] == "events"
    assert blocks["village_illness"] == "area rates"
    assert blocks["months_settled"] == "time since"
    assert blocks["home_kind"].startswith("group ")


def test_what_carries_the_signal_is_missed(tiny: Tiny) -> None:
    source = ExampleSource(tiny.programme, tiny.line)
    day = pd.Timestamp("2020-01-01").date()
    plan = Plan(tiny.programme, day, tiny.line.end, threads=1)
    found = ablate(plan, source.schema, sides_of(plan, source, fold_at(tiny.programme, day)))
    assert next(iter(found)) == WHOLE
    blocks = [name for name in found if name not in (WHOLE, ALL_BUT_LINE)]
    assert sum(found[name]["features"] for name in blocks) == len(tiny.programme.features)
    assert found[LINE]["model_minus_roc_auc"] > 0
    assert found[ALL_BUT_LINE]["roc_auc"] > 0.6
    section = "\n".join(feature_sections({"ablation": found}))
    assert all(f"| {name} |" in section for name in found)
