"""Rules fire as a person would read them: each condition alone, the bounds of the household's own place and day."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskmodel.programme.measures import Condition, Rule
from riskmodel.scoring.rules import Rules

NAMES, GROUPS = ("pay", "age", "land"), ("medical", "household", "income")
DAYS = [dt.date(2023, 12, 31), dt.date(2024, 1, 1), dt.date(2025, 1, 1), dt.date(2026, 6, 1)]
PATHS = ["", "/c/", "/c/t1/", "/c/t1/v1/", "/c/t1/v2/", "/c/t2/v3/", "/d/t1x/v1x/"]
NUMBERS = st.integers(0, 4).map(float)


def condition(feature: str, **words: object) -> Condition:
    return Condition.model_validate({"feature": feature, **words})


def rule(*conditions: Condition, code: str = "r") -> Rule:
    return Rule(code=code, label={}, when=conditions)


def rules_of(*rules: Rule) -> Rules:
    return Rules(rules, NAMES, GROUPS)


def fired_by(one: Rule, pay: Sequence[float], paths: Sequence[str], as_of: dt.date) -> list[bool]:
    matrix = np.column_stack([pay, np.zeros((len(pay), 2))])
    return [bool(flag) for flag in rules_of(one).fired(matrix, paths, as_of)[:, 0]]


@st.composite
def bounds(draw: st.DrawFn) -> dict[str, float]:
    low, high = sorted(draw(st.tuples(NUMBERS, NUMBERS)))
    return draw(st.sampled_from([{"at_least": low}, {"at_most": high}, {"at_least": low, "at_most": high}]))


@st.composite
def conditions(draw: st.DrawFn) -> Condition:
    area, since = st.sampled_from(["", "c", "t1", "v1", "v3"]), st.sampled_from([None, *DAYS[1:3]])
    keys = draw(st.lists(st.tuples(area, since).filter(any), unique=True, max_size=5))
    by = [{"area": place, "from": day, **draw(bounds())} for place, day in keys]
    return condition(draw(st.sampled_from(NAMES)), **draw(bounds()), by=by)


def passes(one: Condition, value: float, path: str, as_of: dt.date) -> bool:
    """Tell whether a condition holds, place by place from the household's own area upwards."""
    codes = [code for code in path.split("/") if code]
    found: tuple[float | None, float | None] = (one.at_least, one.at_most)
    for place in ("", *codes):
        begun = [by for by in one.by if by.area == place and not (by.since and by.since > as_of)]
        for by in sorted(begun, key=lambda by: by.since or dt.date(1, 1, 1)):
            found = (by.at_least, by.at_most)
    low, high = found
    return not math.isnan(value) and not (low is not None and value < low) and not (high is not None and value > high)


@given(
    st.lists(st.lists(conditions(), min_size=1, max_size=3), max_size=4),
    st.lists(st.tuples(*[st.one_of(NUMBERS, st.just(math.nan))] * 3, st.sampled_from(PATHS)), max_size=8),
    st.sampled_from(DAYS),
)
def test_all_at_once_is_what_each_alone_is(
    whens: list[list[Condition]], rows: list[tuple[float, float, float, str]], as_of: dt.date
) -> None:
    rules = rules_of(*(rule(*when, code=str(place)) for place, when in enumerate(whens)))
    matrix = np.array([row[:3] for row in rows], dtype="float64").reshape(len(rows), 3)
    found = rules.fired(matrix, [row[3] for row in rows], as_of)
    assert found.shape == (len(rows), len(whens))
    for row, flags in zip(rows, found.tolist(), strict=True):
        value = dict(zip(NAMES, row[:3], strict=True))
        assert flags == [all(passes(one, value[one.feature], row[3], as_of) for one in when) for when in whens]


def test_the_deepest_area_decides_and_then_the_latest_date() -> None:
    """A county's newer bound does not undo its town's older one."""
    one = rule(
        condition(
            "pay",
            at_least=5,
            by=[
                {"area": "c", "from": "2025-01-01", "at_least": 9},
                {"area": "t1", "at_least": 7},
                {"area": "t1", "from": "2024-01-01", "at_least": 8},
            ],
        )
    )
    pay, paths = [7.0, 8.0, 8.0, 9.0, 5.0], ["/c/t1/v1/", "/c/t1/v1/", "/c/t2/v3/", "/c/t2/v3/", "/d/"]
    assert fired_by(one, pay, paths, dt.date(2025, 1, 1)) == [False, True, False, True, True]
    assert fired_by(one, pay, paths, dt.date(2023, 12, 31)) == [True, True, True, True, True]


def test_bounds_of_a_place_take_the_place_of_both() -> None:
    one = rule(condition("pay", at_least=1, at_most=2, by=[{"area": "t1", "at_least": 3}]))
    assert fired_by(one, [2.0, 3.0, 99.0], ["/c/t1/"] * 3, DAYS[0]) == [False, True, True]


@pytest.mark.parametrize(("as_of", "expected"), [(dt.date(2024, 12, 31), True), (dt.date(2025, 1, 1), False)])
def test_a_date_without_area_holds_everywhere_from_that_day_on(as_of: dt.date, expected: bool) -> None:
    one = rule(condition("pay", at_least=5, by=[{"from": "2025-01-01", "at_least": 6}]))
    assert fired_by(one, [5.0, 5.0], ["", "/c/t1/"], as_of) == [expected, expected]


def test_a_code_that_only_begins_alike_is_another_area() -> None:
    one = rule(condition("pay", at_least=5, by=[{"area": "t1", "at_least": 1}]))
    assert fired_by(one, [2.0, 2.0], ["/c/t1/", "/c/t1x/"], DAYS[0]) == [True, False]


def test_each_rule_is_of_its_first_features_group() -> None:
    rules = rules_of(rule(condition("age", at_least=1), condition("pay", at_least=1), code="old"))
    assert (rules.codes, rules.groups) == (("old",), ("household",))
    assert rules.features == ({"age", "pay"},)
