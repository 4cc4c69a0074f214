"""An explanation that does not add up is not given."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from fastapi import FastAPI

from riskmodel.errors import RiskError
from riskmodel.explain.treeshap import contributions
from riskmodel.scoring import scorer as scorer_module
from riskmodel.service.explanation import explain


def test_it_adds_up(app: FastAPI, households: list[dict[str, Any]]) -> None:
    cohort = app.state.riskmodel.cohort()
    for one in households[:20]:
        found = explain(cohort, one["household_id"])
        total = found.score["base_log_odds"] + found.horizon + sum(driver.log_odds for driver in found.drivers)
        assert abs(total - found.score["log_odds"]) < 1e-9
        assert len(found.drivers) == len(one["features"])


def test_a_wrong_one_is_refused(
    app: FastAPI, households: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def wrong(*arguments: Any) -> np.ndarray:
        return contributions(*arguments) + 1e-8

    cohort = app.state.riskmodel.cohort()
    monkeypatch.setattr(scorer_module, "contributions", wrong)
    with pytest.raises(RiskError, match="do not add up"):
        explain(cohort, households[0]["household_id"])
