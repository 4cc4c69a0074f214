"""The rules of the programme's file hold, with its thresholds of today; those of the model only where there is no file."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import structlog

from helpers.tinyland import altered
from riskmodel.scoring.scorer import Scorer
from riskmodel.service.alert_rules import AlertRules, in_force

AS_OF = dt.date(2021, 6, 2)


def fires(rules: Any, scorer: Scorer, **values: float) -> list[str]:
    matrix = np.full((1, len(scorer.schema.names)), np.nan)
    for name, value in values.items():
        matrix[0, scorer.schema.names.index(name)] = value
    fired = rules.fired(matrix, ["/n/n1/"], AS_OF)[0]
    return [code for code, does in zip(rules.codes, fired, strict=True) if does]


def configs(folder: Path, **changes: Any) -> Path:
    """Write tinyland with other words as the programme of an installation, and return the folder."""
    altered(folder, lambda words: words.update(changes)).rename(folder / "tinyland.yaml")
    return folder


def test_the_file_s_thresholds_take_the_place_of_the_model_s(scorer: Scorer, tmp_path: Path) -> None:
    near = {"code": "near_line", "label": {"en": "x", "zh": "x"}, "when": [{"feature": "income_to_line", "at_most": 2}]}
    found = AlertRules(configs(tmp_path / "configs", rules=[near], alerts={"cooldown_days": 7}))(scorer)
    assert found.cooldown == dt.timedelta(days=7)
    assert fires(found.rules, scorer, income_to_line=1.9, illness_count_12m=1) == ["near_line"]
    own = in_force(scorer.programme.file, scorer)
    assert fires(own.rules, scorer, income_to_line=1.9, illness_count_12m=1) == ["ill"]
    assert own.cooldown == dt.timedelta(days=90)


def test_without_a_file_those_of_the_model_hold_and_the_log_says_so(scorer: Scorer, tmp_path: Path) -> None:
    with structlog.testing.capture_logs() as lines:
        found = AlertRules(tmp_path)(scorer)
    assert found.rules.codes == ("near_line", "ill")
    assert [(line["event"], line["code"]) for line in lines] == [("rules_of_the_model", "not_found")]


def test_a_broken_file_stops_nothing(scorer: Scorer, tmp_path: Path) -> None:
    (tmp_path / "tinyland.yaml").write_text("name: [", encoding="utf-8")
    with structlog.testing.capture_logs() as lines:
        assert AlertRules(tmp_path)(scorer).rules.codes == ("near_line", "ill")
    assert lines[0]["event"] == "rules_of_the_model"


def test_a_rule_on_a_feature_that_the_model_lacks_is_left_out(scorer: Scorer, tmp_path: Path) -> None:
    feature = {"name": "illness_total", "from": "events.illness", "how": "sum", "months": "24"}
    rule = {"code": "dear", "label": {"en": "x", "zh": "x"}, "when": [{"feature": "illness_total", "at_least": 9}]}
    folder = tmp_path / "configs"
    path = altered(folder, lambda words: words["rules"].append(rule), add=[feature])
    path.rename(folder / "tinyland.yaml")
    with structlog.testing.capture_logs() as lines:
        assert AlertRules(folder)(scorer).rules.codes == ("near_line", "ill")
    assert lines == [{"event": "rules_left_out", "rules": 1, "log_level": "warning"}]


def test_the_file_is_read_once_for_a_model(scorer: Scorer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rules = AlertRules(configs(tmp_path / "configs"))
    first = rules(scorer)
    (tmp_path / "configs" / "tinyland.yaml").unlink()
    assert rules(scorer) is first
