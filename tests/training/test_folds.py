"""Folds move forward in time; the checker that shares no code with the splitter finds every row that looks ahead."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import Tiny
from riskmodel.errors import TooFewRows
from riskmodel.programme.programme import Folds, Programme
from riskmodel.training.fold_check import FoldLooksAhead, Keys, check_fold
from riskmodel.training.folds import Fold, Slice, backtest_folds, fold_at


def with_plan(programme: Programme, horizons: tuple[int, ...], settled: int, plan: Folds) -> Programme:
    outcome = programme.file.outcome.model_copy(
        update={"horizons_months": horizons, "main_horizon_months": horizons[-1], "settled_after_days": settled}
    )
    return replace(programme, file=programme.file.model_copy(update={"outcome": outcome, "folds": plan}))


def keys(*rows: tuple[int, str | dt.date, int]) -> Keys:
    """Rows of (household, as_of, months)."""
    return Keys(
        np.array([row[0] for row in rows], "int64"),
        np.array([row[1] for row in rows], "datetime64[D]"),
        np.array([row[2] for row in rows], "int64"),
    )


def of_slices(slices: tuple[Slice, ...], household: int = 0) -> Keys:
    return keys(*((household, one.as_of, one.horizon_months) for one in slices))


def check(programme: Programme, fold: Fold) -> None:
    check_fold(
        fold.as_of,
        programme.file.outcome.settled_after_days,
        of_slices(fold.everything),
        of_slices(fold.trees, household=1 if fold.parted_by_household else 0),
        of_slices(fold.calibration),
    )


def test_the_docstrings_example(tiny: Tiny) -> None:
    plan = Folds(first_origin=dt.date(2016, 7, 1), step_months=3, tests=(dt.date(2018, 1, 1),), calibration_origins=1)
    fold = fold_at(with_plan(tiny.programme, (12,), 0, plan), dt.date(2018, 1, 1))
    assert [one.as_of for one in fold.trees] == [dt.date(2016, 7, 1), dt.date(2016, 10, 1)]
    assert [one.as_of for one in fold.calibration] == [dt.date(2017, 1, 1)]
    assert fold.everything == (*fold.trees, *fold.calibration)


def test_shorter_horizons_reach_the_trees_that_score_but_not_those_that_are_calibrated(tiny: Tiny) -> None:
    plan = Folds(first_origin=dt.date(2016, 7, 1), step_months=3, tests=(dt.date(2018, 1, 1),), calibration_origins=1)
    fold = fold_at(with_plan(tiny.programme, (3, 12), 0, plan), dt.date(2018, 1, 1))
    assert max(one.as_of for one in fold.trees) == dt.date(2016, 10, 1)
    later = [one for one in fold.everything if one.as_of > dt.date(2017, 1, 1)]
    assert later == [Slice(dt.date(2017, month, 1), 3) for month in (4, 7, 10)]


def test_with_one_settled_origin_the_households_are_parted(tiny: Tiny) -> None:
    plan = Folds(first_origin=dt.date(2016, 7, 1), step_months=3, tests=(dt.date(2017, 7, 1),), calibration_origins=1)
    fold = fold_at(with_plan(tiny.programme, (3, 12), 0, plan), dt.date(2017, 7, 1))
    assert fold.parted_by_household
    assert fold.trees == fold.calibration == (Slice(dt.date(2016, 7, 1), 3), Slice(dt.date(2016, 7, 1), 12))


@given(
    st.dates(dt.date(2010, 1, 1), dt.date(2012, 12, 28)),
    st.integers(1, 12),
    st.sampled_from([(12,), (3, 6, 12), (6,)]),
    st.integers(0, 120),
    st.integers(1, 3),
    st.integers(20, 60),
)
def test_no_fold_ever_looks_ahead(
    tiny: Tiny, first: dt.date, step: int, horizons: tuple[int, ...], settled: int, calibrating: int, later: int
) -> None:
    test_on = dt.date(first.year + later // 12 + 1, later % 12 + 1, 1)
    plan = Folds(first_origin=first, step_months=step, tests=(test_on,), calibration_origins=calibrating)
    programme = with_plan(tiny.programme, horizons, settled, plan)
    try:
        fold = fold_at(programme, test_on)
    except TooFewRows:
        return
    check(programme, fold)
    assert fold.trees
    assert 1 <= len({one.as_of for one in fold.calibration if one.horizon_months == horizons[-1]}) <= calibrating
    assert {*fold.trees, *fold.calibration} <= {*fold.everything}


@pytest.mark.parametrize(
    ("as_of", "months", "settled", "message"),
    [
        ("2017-04-01", 12, 0, "settled on 2018-04-01"),
        ("2017-01-01", 12, 1, "settled on 2018-01-02"),
        ("2017-10-02", 3, 0, "settled on 2018-01-02"),
    ],
)
def test_checker_refuses_a_row_that_knows_the_future(as_of: str, months: int, settled: int, message: str) -> None:
    fine = keys((0, "2000-01-01", 12))
    wrong = keys((1, as_of, months))
    for sides in ((wrong, fine, fine), (fine, wrong, fine), (fine, fine, wrong)):
        with pytest.raises(FoldLooksAhead, match=message):
            check_fold(dt.date(2018, 1, 1), settled, *sides)


def test_checker_refuses_calibration_on_the_trees_dates_unless_households_differ() -> None:
    row, other = keys((0, "2015-01-01", 12)), keys((1, "2015-01-01", 12))
    with pytest.raises(FoldLooksAhead, match="later dates"):
        check_fold(dt.date(2018, 1, 1), 0, row, row, row)
    check_fold(dt.date(2018, 1, 1), 0, row, row, other)


def test_tests_whose_outcome_is_not_settled_are_left_out(tiny: Tiny) -> None:
    assert [fold.as_of for fold in backtest_folds(tiny.programme, dt.date(2019, 1, 1))] == [dt.date(2018, 1, 1)]
    assert backtest_folds(tiny.programme, dt.date(2018, 6, 1)) == ()


def test_too_short_a_history_is_refused(tiny: Tiny) -> None:
    with pytest.raises(TooFewRows, match="not one origin"):
        fold_at(tiny.programme, dt.date(2015, 6, 1))
