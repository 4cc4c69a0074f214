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
from riskmodel.training.fold_check import FoldLooksAhead, check_fold
from riskmodel.training.folds import Fold, backtest_folds, fold_at


def with_plan(programme: Programme, horizons: tuple[int, ...], settled: int, plan: Folds) -> Programme:
    outcome = programme.file.outcome.model_copy(
        update={"horizons_months": horizons, "main_horizon_months": horizons[-1], "settled_after_days": settled}
    )
    return replace(programme, file=programme.file.model_copy(update={"outcome": outcome, "folds": plan}))


def check(programme: Programme, fold: Fold) -> None:
    slices = (*fold.trees, *fold.calibration)
    check_fold(
        fold.as_of,
        programme.file.outcome.settled_after_days,
        np.array([one.as_of for one in slices], "datetime64[D]"),
        np.array([one.horizon_months for one in slices]),
        np.array([one.as_of for one in fold.calibration], "datetime64[D]"),
        np.array([one.as_of for one in fold.trees], "datetime64[D]"),
    )


def test_the_docstrings_example(tiny: Tiny) -> None:
    plan = Folds(first_origin=dt.date(2016, 7, 1), step_months=3, tests=(dt.date(2018, 1, 1),), calibration_origins=1)
    fold = fold_at(with_plan(tiny.programme, (12,), 0, plan), dt.date(2018, 1, 1))
    assert [one.as_of for one in fold.trees] == [dt.date(2016, 7, 1), dt.date(2016, 10, 1)]
    assert [one.as_of for one in fold.calibration] == [dt.date(2017, 1, 1)]


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
    assert len({one.as_of for one in fold.calibration}) >= calibrating


@pytest.mark.parametrize(
    ("as_of", "months", "settled", "message"),
    [
        ("2017-04-01", 12, 0, "settled on 2018-04-01"),
        ("2017-01-01", 12, 1, "settled on 2018-01-02"),
        ("2017-10-02", 3, 0, "settled on 2018-01-02"),
    ],
)
def test_checker_refuses_a_row_that_knows_the_future(as_of: str, months: int, settled: int, message: str) -> None:
    row = np.array([as_of], "datetime64[D]")
    with pytest.raises(FoldLooksAhead, match=message):
        check_fold(
            dt.date(2018, 1, 1), settled, row, np.array([months]), row, np.array(["2000-01-01"], "datetime64[D]")
        )


def test_checker_refuses_calibration_on_the_trees_dates() -> None:
    row = np.array(["2015-01-01"], "datetime64[D]")
    with pytest.raises(FoldLooksAhead, match="later dates"):
        check_fold(dt.date(2018, 1, 1), 0, row, np.array([12]), row, row)


def test_tests_whose_outcome_is_not_settled_are_left_out(tiny: Tiny) -> None:
    assert [fold.as_of for fold in backtest_folds(tiny.programme, dt.date(2019, 1, 1))] == [dt.date(2018, 1, 1)]
    assert backtest_folds(tiny.programme, dt.date(2018, 6, 1)) == ()


def test_too_short_a_history_is_refused(tiny: Tiny) -> None:
    with pytest.raises(TooFewRows, match="origins are settled"):
        fold_at(tiny.programme, dt.date(2016, 1, 1))
