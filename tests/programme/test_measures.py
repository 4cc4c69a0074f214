"""Rules and measures say when they hold; a condition without bound would hold always or never."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from riskmodel.programme.measures import Alerts, Condition, Measure, Rule

LABEL = {"en": "x"}


@pytest.mark.parametrize("bounds", [{"at_least": 0}, {"at_most": 0}, {"at_least": 0, "at_most": 0}])
def test_zero_is_a_bound(bounds: dict[str, Any]) -> None:
    assert Condition(feature="f", **bounds).model_dump(exclude_unset=True) == {"feature": "f"} | bounds


@pytest.mark.parametrize(
    "words",
    [{}, {"at_least": None}, {"above": 3}, {"at_least": "many"}, {"at_least": 2, "at_most": 1}],
)
def test_a_condition_without_a_sound_bound_is_refused(words: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Condition(feature="f", **words)


def test_a_rule_needs_a_condition_and_a_measure_none() -> None:
    with pytest.raises(ValidationError):
        Rule(code="r", label=LABEL, when=())
    assert Measure(code="m", label=LABEL, group="g").only_if == ()


def test_bounds_of_a_place_are_written_as_they_are_read() -> None:
    """A bundle keeps the programme as it was, and reads it with the same classes."""
    words = {"feature": "f", "at_least": 1.0, "by": [{"area": "a", "from": "2025-01-01", "at_most": 2.0}]}
    condition = Condition.model_validate(words)
    assert condition.model_dump(mode="json", exclude_unset=True) == words
    assert Condition.model_validate(condition.model_dump(mode="json")) == condition


@pytest.mark.parametrize(
    "threshold",
    [
        {"at_least": 1},
        {"area": "a"},
        {"area": "a", "since": "2025-01-01", "at_least": 1},
        {"area": 99, "at_least": 1},
        {"from": 2025, "at_least": 1},
        {"from": "2025-02-29", "at_least": 1},
        {"area": "a", "at_least": 2, "at_most": 1},
    ],
    ids=["nowhere and never", "no bound", "unknown word", "code as number", "year", "no such day", "for nobody"],
)
def test_unsound_bounds_of_a_place_are_refused(threshold: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Condition.model_validate({"feature": "f", "at_least": 0, "by": [threshold]})


@pytest.mark.parametrize("days", [0, -1, "soon"])
def test_a_cooldown_is_some_days(days: Any) -> None:
    assert Alerts().cooldown_days == 90
    with pytest.raises(ValidationError):
        Alerts(cooldown_days=days)
