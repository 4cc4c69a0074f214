"""A tiny run against both kinds of servers: all answer, and every figure is there. Times say nothing here."""

from __future__ import annotations

import pytest

from riskmodel.bench.serving import serving_figures
from riskmodel.registry.champion import open_champion
from riskmodel.settings import Settings


@pytest.mark.nightly
def test_every_server_answers_and_each_target_is_measured() -> None:
    models = Settings().models
    figures = serving_figures(models, open_champion(models, "china-county"), 5, 0.3, 1, lambda _: None)
    assert [one.bar.limit for one in figures if one.bar] == [8, 60, 10, 60, 50]
    assert all(one.values.low > 0 for one in figures)
