"""Records speak against a check or leave it to people; nobody's word overrides them, and what is missing shows nothing."""

from __future__ import annotations

import math

import pytest

from riskmodel.programme.measures import Condition
from riskmodel.programme.reviewing import RecordsSay
from riskmodel.service.cases.checklist import Checked, Shown, is_without_labour, shown_by

ABOVE = (Condition(feature="income", at_least=1.0),)
BOTH = (*ABOVE, Condition(feature="cost", at_most=5.0))


@pytest.mark.parametrize(
    ("when", "dates", "shown"),
    [
        ((), [{"income": 2.0}], Shown.PEOPLE),
        (ABOVE, [{"income": 1.0}], Shown.YES),
        (ABOVE, [{"income": 0.99}], Shown.NO),
        (ABOVE, [{"income": math.nan}], Shown.UNKNOWN),
        (ABOVE, [{}], Shown.UNKNOWN),
        (ABOVE, [{"income": 2.0}, {"income": 1.5}], Shown.YES),
        (ABOVE, [{"income": 2.0}, {"income": 0.5}], Shown.NO),
        # nothing is known of the months before, and what is known speaks against it
        (ABOVE, [{"income": 2.0}, None], Shown.UNKNOWN),
        (ABOVE, [{"income": 0.5}, None], Shown.NO),
        (BOTH, [{"income": 2.0, "cost": 5.0}], Shown.YES),
        (BOTH, [{"income": 2.0, "cost": 6.0}], Shown.NO),
        (BOTH, [{"income": 2.0}], Shown.UNKNOWN),
    ],
)
def test_what_records_show(when: tuple[Condition, ...], dates: list[dict[str, float] | None], shown: Shown) -> None:
    assert shown_by(when, dates, RecordsSay.SHOW) is shown
    # where they can only speak against it, that all holds leaves it to a person
    refuting = Shown.NOTHING_AGAINST if shown is Shown.YES else shown
    assert shown_by(when, dates, RecordsSay.REFUTE) is refuting


def test_without_labour_is_known_or_unknown() -> None:
    nobody = (Condition(feature="n_labour", at_most=0),)
    assert is_without_labour(nobody, {"n_labour": 0.0}) is True
    assert is_without_labour(nobody, {"n_labour": 1.0}) is False
    # a value that is missing is no sign that somebody can work
    assert is_without_labour(nobody, {"n_labour": math.nan}) is None
    assert is_without_labour(nobody, None) is None
    assert is_without_labour((), {"n_labour": 0.0}) is False
    both = (*nobody, Condition(feature="n_young", at_most=0))
    assert is_without_labour(both, {"n_labour": math.nan, "n_young": 1.0}) is False


@pytest.mark.parametrize(
    ("shown", "confirmed", "note", "met"),
    [
        (Shown.YES, False, "", True),
        # nobody's word overrides the records
        (Shown.NO, True, "seen there", False),
        (Shown.NO, False, "", False),
        (Shown.NOTHING_AGAINST, True, "", True),
        (Shown.NOTHING_AGAINST, False, "seen there", False),
        (Shown.UNKNOWN, True, "seen there", True),
        (Shown.UNKNOWN, True, " ", False),
        (Shown.UNKNOWN, False, "seen there", False),
        (Shown.PEOPLE, True, "asked the village", True),
        (Shown.PEOPLE, True, "", False),
    ],
)
def test_a_check_is_shown_or_confirmed_in_words(shown: Shown, confirmed: bool, note: str, met: bool) -> None:
    assert Checked("x", shown, confirmed, note).is_met is met
