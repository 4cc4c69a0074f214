"""Alerts of every way are as many each month, and nobody is told again within the cooldown."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from riskmodel.bench.alerts.months import Month
from riskmodel.bench.alerts.raising import CHANCE, HIGHEST, RISE, RULES, WAYS, Desk, raise_alerts
from riskmodel.programme.calendar import add_months

DAY = dt.date(2024, 1, 1)
NAN = float("nan")


def month(
    begins: Sequence[Sequence[int]],
    log_odds: Sequence[float] | None = None,
    rise: Sequence[float] | None = None,
    later: int = 0,
    households: Sequence[int] | None = None,
) -> Month:
    """Return a month so many months after the first, with a row a household."""
    n = len(begins)
    return Month(
        add_months(DAY, later),
        True,
        np.array(range(n) if households is None else households, dtype="int64"),
        np.array(np.zeros(n) if log_odds is None else log_odds, dtype="float64"),
        np.array(np.zeros(n) if rise is None else rise, dtype="float64"),
        np.array(begins, dtype=bool),
        np.zeros(n),
    )


def test_one_illness_is_one_alert_and_another_trouble_another() -> None:
    desk = Desk(2, 2, cooldown_days=90)
    assert desk.by_rules(month([[1, 0], [0, 0]])).tolist() == [0]
    assert desk.by_rules(month([[1, 1], [1, 0]], later=1)).tolist() == [0, 1]
    assert desk.by_rules(month([[1, 1], [0, 0]], later=2)).tolist() == []
    # 2024-01-01 to 2024-04-01 is 91 days; the other trouble was told of on 2024-02-01
    assert desk.by_rules(month([[1, 1], [0, 0]], later=3)).tolist() == [0]


def test_the_highest_scores_come_first_and_rest_for_the_cooldown() -> None:
    desk = Desk(4, 1, cooldown_days=90)
    scores = np.array([0.1, NAN, 0.3, 0.2])
    months = [month([[0]] * 4, later=later) for later in range(4)]
    assert desk.by_score(months[0], scores, 2).tolist() == [2, 3]
    assert desk.by_score(months[1], scores, 2).tolist() == [0]
    assert desk.by_score(months[2], scores, 2).tolist() == []
    assert desk.by_score(months[3], scores, 1).tolist() == [2]


def test_memory_is_of_households_not_of_rows() -> None:
    desk = Desk(10, 1, cooldown_days=90)
    assert desk.by_score(month([[0], [0]], households=[3, 7]), np.array([1.0, 0.0]), 1).tolist() == [0]
    assert desk.by_score(month([[0], [0]], later=1, households=[3, 9]), np.array([1.0, 0.0]), 1).tolist() == [1]


def test_both_give_half_of_the_places_to_the_rules_riskiest() -> None:
    one = month([[1], [1], [1], [1], [0], [0]], log_odds=[1, 2, 3, 4, 5, 6])
    raised = raise_alerts([one], 6, 90, np.random.default_rng(0))
    assert sorted(raised["both"].household.tolist()) == [2, 3, 4, 5]
    assert sorted(raised[RULES].household.tolist()) == [0, 1, 2, 3]


def test_a_rise_is_not_a_height() -> None:
    one = month([[1], [0], [0]], log_odds=[0, 9, 1], rise=[0.0, 0.1, 0.2])
    raised = raise_alerts([one], 3, 90, np.random.default_rng(0))
    assert raised[HIGHEST].household.tolist() == [1]
    assert raised[RISE].household.tolist() == [2]


@given(st.lists(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=30, max_size=30), min_size=1, max_size=6))
def test_every_way_has_as_many_alerts_each_month_while_households_last(flags: list[list[tuple[bool, bool]]]) -> None:
    """With thirty households for at most three in a month nobody runs out, whatever rests."""
    rng = np.random.default_rng(len(flags))
    months = []
    for later, rows in enumerate(flags):
        begins = np.array(rows)
        begins[3:] = False
        begins[:, 1] = False
        months.append(month(begins.tolist(), rng.normal(size=30).tolist(), rng.normal(size=30).tolist(), later))
    raised = raise_alerts(months, 30, 90, rng)
    for one in months:
        day = np.datetime64(one.as_of, "D")
        assert len({int((raised[way].day == day).sum()) for way in WAYS}) == 1
    for way in (RULES, HIGHEST, RISE, CHANCE):
        found = raised[way]
        for who in np.unique(found.household):
            days = np.sort(found.day[found.household == who]).astype("int64")
            assert (np.diff(days) >= 90).all()
