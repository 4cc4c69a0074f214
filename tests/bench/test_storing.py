"""A tiny county is loaded, scored and asked for; every figure is there. Times say nothing here."""

from __future__ import annotations

import datetime as dt

import pytest

from riskmodel.bench.paging import PAGES
from riskmodel.bench.storing import storing_figures
from riskmodel.settings import Settings


@pytest.mark.slow
def test_every_step_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("riskmodel.bench.storing.ASKED", 20)
    monkeypatch.setattr("riskmodel.bench.paging.TURNS", 2)
    figures = storing_figures(Settings().models, dt.date(2026, 1, 1), 300, 1, lambda _: None)
    assert len(figures) == 8 + 2 * len(PAGES) + 1
    assert all(one.values.low > 0 for one in figures)
    assert {one.unit for one in figures} == {"s", "MB", "ms", "kB"}
