"""Rules and measures say when they hold; a condition without bound would hold always or never."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from riskmodel.programme.measures import Condition, Measure, Rule

LABEL = {"en": "x"}


@pytest.mark.parametrize("bounds", [{"at_least": 0}, {"at_most": 0}, {"at_least": 0, "at_most": 0}])
def test_zero_is_a_bound(bounds: dict[str, Any]) -> None:
    assert Condition(feature="f", **bounds).model_dump(exclude_none=True) == {"feature": "f"} | bounds


@pytest.mark.parametrize("words", [{}, {"at_least": None}, {"above": 3}, {"at_least": "many"}])
def test_a_condition_without_a_sound_bound_is_refused(words: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Condition(feature="f", **words)


def test_a_rule_needs_a_condition_and_a_measure_none() -> None:
    with pytest.raises(ValidationError):
        Rule(code="r", label=LABEL, when=())
    assert Measure(code="m", label=LABEL, group="g").only_if == ()
