"""Incomes of two years are compared of the same households, as far as they were known, and of many enough."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import AS_OF, Tiny
from riskmodel.service.income_growth import FEWEST, IncomePairs, YearGrowth, growth_by_area, income_pairs

PATHS = {"c": "/c/", "t": "/c/t/", "v": "/c/t/v/", "w": "/c/w/"}


def pairs(*rows: tuple[str, int, float, float]) -> IncomePairs:
    area, year, before, after = zip(*rows, strict=True)
    return IncomePairs(
        np.array(area, dtype=object), np.array(year, "int16"), np.array(before, "float32"), np.array(after, "float32")
    )


def test_known_answers_roll_up() -> None:
    first = [("v", 2020, 100.0, 110.0)] * 40 + [("v", 2020, 1000.0, 1000.0)] * 10
    found = growth_by_area([pairs(*first), pairs(*[("w", 2020, 100.0, 100.0)] * FEWEST)], PATHS)
    assert set(found) == {"", "c", "t", "v", "w"}
    [village] = found["v"]
    assert (village.year, village.households) == (2020, 50)
    assert village.mean == pytest.approx(14400 / 14000 - 1) and village.median == pytest.approx(0.1)
    assert found["t"] == found["v"] and found["w"] == (YearGrowth(2020, FEWEST, 0.0, 0.0),)
    assert found[""] == found["c"] and found["c"][0].mean == pytest.approx(17400 / 17000 - 1)


def test_of_few_nothing_is_said() -> None:
    few = growth_by_area([pairs(*[("v", 2020, 1.0, 2.0)] * (FEWEST - 1))], PATHS)
    assert few["v"] == (YearGrowth(2020, FEWEST - 1, None, None),)
    nothing = growth_by_area([pairs(*[("v", 2020, 0.0, 2.0)] * FEWEST)], PATHS)
    assert nothing["v"] == (YearGrowth(2020, FEWEST, None, None),)
    assert growth_by_area([], PATHS) == {}


@given(st.lists(st.tuples(st.sampled_from(["v", "w", "lost"]), st.integers(2018, 2021)), min_size=1, max_size=80))
def test_every_pair_counts_once_at_each_level(places: list[tuple[str, int]]) -> None:
    found = growth_by_area([pairs(*((area, year, 1.0, 2.0) for area, year in places))], PATHS)
    known = [area for area, _ in places if area in PATHS]
    assert sum(one.households for one in found.get("", ())) == len(known)
    assert sum(one.households for one in found.get("t", ())) == known.count("v")
    for years in found.values():
        assert [one.year for one in years] == sorted({one.year for one in years})


def test_only_what_was_known_and_only_households_of_both_years(tiny: Tiny) -> None:
    found = income_pairs(tiny.programme, tiny.line, AS_OF)
    assert found is not None and set(found.year) == set(range(2015, 2021))
    incomes = tiny.panel.observations["observations"]
    by_year = {
        year: rows.set_index("household_id")["income_tin"].dropna()
        for year, rows in incomes.groupby(incomes["period_end"].dt.year)
    }
    both = by_year[2020].index.intersection(by_year[2019].index)
    last = found.year == 2020
    assert last.sum() == len(both) < len(by_year[2020])
    assert found.after[last].sum() == pytest.approx(by_year[2020][both].sum(), rel=1e-5)
    assert found.before[last].sum() == pytest.approx(by_year[2019][both].sum(), rel=1e-5)
    # what is recorded on the last day of a year is known on the next
    earlier = income_pairs(tiny.programme, tiny.line, dt.date(2020, 12, 31))
    assert earlier is not None and earlier.year.max() == 2019


def test_a_programme_that_holds_incomes_against_nothing(tiny: Tiny) -> None:
    without = tiny.programme.file.reviewing.model_copy(update={"income_growth": None})
    programme = replace(tiny.programme, file=tiny.programme.file.model_copy(update={"reviewing": without}))
    assert income_pairs(programme, tiny.line, AS_OF) is None
