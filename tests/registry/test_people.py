"""Nobody agrees with themselves, however they write their name; the demonstration touches simulated data only."""

from __future__ import annotations

import pytest

from riskmodel.errors import PromotionRefused
from riskmodel.registry.people import refuse_demo, require_second, same_person


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [("A. Person", " a.  PERSON ", True), ("Ａ. Person", "A. Person", True), ("A. Person", "B. Person", False)],
)
def test_a_name_written_otherwise_is_the_same_person(one: str, other: str, same: bool) -> None:
    assert same_person(one, other) is same


def test_the_demonstration_is_refused_on_real_data() -> None:
    refuse_demo("demo", simulated=True)
    with pytest.raises(PromotionRefused, match="simulated data only"):
        refuse_demo(" Demo", simulated=False)


@pytest.mark.parametrize("second", ["", "  ", "a. person", "The Trainer", "demo"])
def test_a_second_person_must_be_somebody_else(second: str) -> None:
    with pytest.raises(PromotionRefused, match="second person"):
        require_second(second, "A. Person", "the trainer", "its verdict does not pass")


def test_another_person_may_agree() -> None:
    require_second("B. Person", "A. Person", "", "no verdict")
