"""An explanation that does not add up is not given."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from fastapi import FastAPI

from riskmodel.errors import RiskError
from riskmodel.explain.treeshap import Summary, TreeExplainer
from riskmodel.service.asking import Question, ask_one
from riskmodel.service.explanation import explain


def test_it_adds_up(app: FastAPI, households: list[dict[str, Any]]) -> None:
    for one in households[:20]:
        found = explain(ask_one(app.state.riskmodel, Question((one["household_id"],), None, None, "")))
        total = found.score["base_log_odds"] + found.horizon + sum(driver.log_odds for driver in found.drivers)
        assert abs(total - found.score["log_odds"]) < 1e-9
        assert len(found.drivers) == len(one["features"])


def test_a_wrong_one_is_refused(
    app: FastAPI, households: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ask_one(app.state.riskmodel, Question((households[0]["household_id"],), None, None, ""))
    right = TreeExplainer.summarise

    def wrong(*arguments: Any) -> Summary:
        found = right(*arguments)
        return replace(found, contribution=found.contribution + 1e-8)

    monkeypatch.setattr(TreeExplainer, "summarise", wrong)
    with pytest.raises(RiskError, match="do not add up"):
        explain(asked)
