"""Outcomes and cohorts: closed to unknown words, frozen, and their horizons in order."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from riskmodel.programme.outcome import Cohort, EventWithin, Outcome, SameWithin, StatusAt

OUTCOME: TypeAdapter[Outcome] = TypeAdapter(Outcome)
GOOD = {"kind": "status_at", "horizons_months": [6, 12], "main_horizon_months": 12}


def test_the_kind_decides_which_outcome_it_is() -> None:
    assert isinstance(OUTCOME.validate_python(GOOD), StatusAt)
    assert isinstance(OUTCOME.validate_python(GOOD | {"kind": "event_within", "events": ["fell"]}), EventWithin)


BAD = [
    ({"horizons_months": []}, "too_short"),
    ({"horizons_months": [12, 6]}, "value_error"),
    ({"horizons_months": [6, 6, 12]}, "value_error"),
    ({"horizons_months": [0, 12]}, "greater_than_equal"),
    ({"horizons_months": [12, 121]}, "less_than_equal"),
    ({"main_horizon_months": 3}, "value_error"),
    ({"settled_after_days": -1}, "greater_than_equal"),
    ({"events": ["fell"]}, "extra_forbidden"),
    ({"kind": "event_within"}, "missing"),
    ({"kind": "event_within", "events": []}, "too_short"),
    ({"kind": "event_within", "events": ["fell"], "same": []}, "extra_forbidden"),
    ({"kind": "returned"}, "union_tag_invalid"),
    ({"welfare_error": 0}, "greater_than"),
    ({"welfare_error": 3}, "less_than_equal"),
    ({"kind": "event_within", "events": ["fell"], "welfare_error": 0.1}, "extra_forbidden"),
]


@pytest.mark.parametrize(("words", "error"), BAD)
def test_bad_outcomes_are_refused(words: dict[str, Any], error: str) -> None:
    with pytest.raises(ValidationError) as caught:
        OUTCOME.validate_python(GOOD | words)
    assert error in {detail["type"] for detail in caught.value.errors()}


def test_without_bounds_what_must_stay_the_same_must_not_change_at_all() -> None:
    same = SameWithin(column="age")
    assert (same.change_at_least, same.change_at_most) == (0, 0)


def test_words_are_frozen_and_cohorts_open_by_default() -> None:
    cohort = Cohort()
    assert (cohort.not_poor, cohort.seen_within_months, cohort.outside_spell, cohort.gone_after) == (
        False,
        None,
        None,
        (),
    )
    with pytest.raises(ValidationError):
        cohort.not_poor = True  # type: ignore[misc]
