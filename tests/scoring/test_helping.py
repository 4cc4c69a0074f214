"""Plans of help: one measure for a single risk, one each for several, the safety net first where nobody can work."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskmodel.programme.loading import load_programme
from riskmodel.programme.measures import Condition, Measure
from riskmodel.scoring.helping import MOST_MEASURES, Labour, Plan, PlanKind, WhyNot, plan
from riskmodel.scoring.measures import FittingMeasures
from riskmodel.settings import CHECKOUT

NOBODY_WORKS = (Condition(feature="labour", at_most=0),)


def measure(code: str, group: str, **bounds: Any) -> Measure:
    safety_net = bounds.pop("safety_net", False)
    conditions = tuple(Condition(feature=name, **one) for name, one in bounds.items())
    return Measure(code=code, label={"en": code}, group=group, only_if=conditions, safety_net=safety_net)


MEASURES = (
    measure("check", "medical"),
    measure("top_up", "medical", cost={"at_least": 5000}),
    measure("job", "work", labour={"at_least": 1}),
    measure("net", "labour", labour={"at_most": 0}, safety_net=True),
    measure("floor", "income", income={"at_most": 0.8}, safety_net=True),
    measure("grow", "income", labour={"at_least": 1}),
    *(measure(f"more{number}", f"g{number}") for number in range(6)),
)
VALUES = {"cost": 6000.0, "labour": 2.0, "income": 0.5}


def of(groups: dict[str, float], **values: float) -> Plan:
    return plan(MEASURES, groups, {**VALUES, **values}, NOBODY_WORKS)


def codes(found: Plan) -> list[str]:
    return [offer.measure.code for offer in found.offers]


def why_not(found: Plan) -> dict[str, WhyNot]:
    return {miss.measure.code: miss.why for miss in found.misses}


def test_a_single_risk_gets_one_measure() -> None:
    found = of({"medical": 3.0, "work": 1.0, "income": -2.0})
    assert (found.kind, codes(found)) == (PlanKind.SINGLE, ["top_up"])
    assert found.offers[0].share == 0.75
    assert why_not(found)["job"] is WhyNot.OTHER_REASON
    assert why_not(found)["net"] is WhyNot.CONDITION


def test_what_was_made_for_fewer_comes_first_and_what_fits_too_stands_beside_it() -> None:
    found = of({"medical": 3.0})
    assert (codes(found), [one.measure.code for one in found.also]) == (["top_up"], ["check"])
    found = of({"medical": 3.0}, cost=100.0)
    assert (codes(found), found.also) == (["check"], ())
    assert why_not(found)["top_up"] is WhyNot.CONDITION


@pytest.mark.parametrize("name", ["china-county", "argentina-eph"])
def test_every_measure_of_a_programme_is_offered_to_some_household(name: str) -> None:
    """A household that just meets a measure's conditions, and whose risk has the one reason that it answers."""
    file = load_programme(CHECKOUT / "configs" / f"{name}.yaml").file
    for one in file.measures:
        values = {each.feature: at_bound(each) for each in one.only_if}
        found = plan(file.measures, {one.group: 1.0}, values, file.reviewing.without_labour)
        assert one.code in {offer.measure.code for offer in (*found.offers, *found.also)}


def at_bound(condition: Condition) -> float:
    bound = condition.at_least if condition.at_least is not None else condition.at_most
    assert bound is not None
    return bound


def test_several_get_one_each_the_strongest_first() -> None:
    found = of({"work": 1.0, "medical": 1.2, "income": 0.9})
    assert (found.kind, codes(found)) == (PlanKind.PACKAGE, ["top_up", "job", "floor"])
    # as many again as there is room for, those of the strongest reason first
    assert [one.measure.code for one in found.also] == ["check"]
    assert why_not(found)["grow"] is WhyNot.ANOTHER_FIRST


def test_a_package_is_never_longer_than_people_see_through() -> None:
    found = of({f"g{number}": 1.0 for number in range(5)})
    assert (len(found.offers), found.also) == (MOST_MEASURES, ())


def test_where_nobody_can_work_the_safety_net_comes_first_and_nothing_that_needs_work() -> None:
    found = of({"work": 3.0, "medical": 1.0}, labour=0.0)
    assert (found.kind, codes(found)) == (PlanKind.SAFETY_NET, ["net", "floor"])
    assert why_not(found)["job"] is WhyNot.CONDITION
    assert found.misses[-7].condition in (None, MEASURES[2].only_if[0])


def test_where_it_is_not_known_whether_anybody_can_work_the_safety_net_comes_first_too() -> None:
    """Nothing that is missing may put a household that can't earn for itself behind."""
    found = of({"work": 3.0, "medical": 1.0}, labour=math.nan)
    assert (found.kind, found.labour, codes(found)) == (PlanKind.SAFETY_NET, Labour.UNKNOWN, ["net", "floor"])
    assert why_not(found)["job"] is WhyNot.UNKNOWN
    assert of({"work": 3.0}, labour=0.0).labour is Labour.NONE
    assert of({"work": 3.0}).labour is Labour.SOME
    # what else a safety net is given for has to be known
    assert codes(of({"work": 3.0}, labour=math.nan, income=math.nan)) == ["net"]


def test_one_condition_that_fails_tells_that_somebody_can_work() -> None:
    two = (*NOBODY_WORKS, Condition(feature="cost", at_least=9000))
    assert plan(MEASURES, {}, {"labour": math.nan, "cost": 1.0}, two).labour is Labour.SOME
    assert plan(MEASURES, {}, {"labour": math.nan, "cost": 9000.0}, two).labour is Labour.UNKNOWN
    assert plan(MEASURES, {}, {}, ()).labour is Labour.SOME


def test_what_is_not_recorded_is_told_apart_from_what_does_not_hold() -> None:
    found = of({"income": 1.0}, income=math.nan)
    assert (found.kind, codes(found)) == (PlanKind.SINGLE, ["grow"])
    assert (why_not(found)["floor"], why_not(found)["net"]) == (WhyNot.UNKNOWN, WhyNot.CONDITION)


def test_nothing_raises_the_risk() -> None:
    assert of({"medical": -1.0}).kind is PlanKind.NOTHING
    assert of({}).kind is PlanKind.NOTHING


@given(
    st.lists(st.floats(-3, 3), min_size=4, max_size=4),
    st.floats(0, 9000),
    st.integers(0, 3),
    st.floats(0, 3),
)
def test_every_offer_of_a_reason_is_among_the_score_s_own_measures(
    log_odds: list[float], cost: float, labour: int, income: float
) -> None:
    """What a page offers beyond the safety net is what every score carries in ``measures``."""
    groups = dict(zip(("medical", "work", "labour", "income"), log_odds, strict=True))
    values = {"cost": cost, "labour": float(labour), "income": income}
    fitting = FittingMeasures(MEASURES, list(groups), list(values))(
        np.array([log_odds]), np.array([[*values.values()]])
    )
    own = {one.code for one, fits in zip(MEASURES, fitting[0], strict=True) if fits}
    found = plan(MEASURES, groups, values, NOBODY_WORKS)
    named = (*found.offers, *found.also)
    assert {offer.measure.code for offer in named if labour or not offer.measure.safety_net} <= own
    assert len(named) <= MOST_MEASURES
    listed = [offer.measure.code for offer in named] + [miss.measure.code for miss in found.misses]
    assert sorted(listed) == sorted(one.code for one in MEASURES)
    assert own == set() or found.offers
