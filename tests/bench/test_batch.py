"""A tiny run of the batch benchmark, through the command line as users have it. Times say nothing here."""

from __future__ import annotations

import pytest

from riskmodel.bench.batch import Batch, _figures, batch_figures
from riskmodel.bench.child import Run
from riskmodel.bench.report import at_least
from riskmodel.registry.champion import open_champion
from riskmodel.settings import Settings


@pytest.mark.slow
def test_large_and_shipped_trees_are_scored_and_each_target_is_measured() -> None:
    shipped = open_champion(Settings().models, "china-county")
    figures = batch_figures(shipped, rows=300, trees=3, rounds=1, tell=lambda _: None)
    assert [one.bar.limit for one in figures if one.bar] == [50, 1000, 1.2, 1000, 1.2]
    assert all(one.values.low > 0 for one in figures)


def test_figures_are_ratios_of_the_same_repetition_and_of_peaks() -> None:
    batch = Batch("any", None, None, 1_000, 10, at_least(50))
    runs = [Run(1.0, 300_000_000), Run(2.0, 600_000_000)]
    ratio, peak, growth, *_ = _figures(batch, runs, Run(0.5, 300_000_000), [60.0, 80.0])
    assert (ratio.values.low, ratio.values.high, ratio.met) == (40.0, 60.0, True)
    assert (peak.values.high, peak.met) == (600.0, True)
    assert (growth.values.low, growth.values.high, growth.met) == (1.0, 2.0, False)
