"""Which earlier households a bundle remembers: each once, on the last date whose outcome was known, with what led and the cause."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from conftest import Tiny
from helpers.tinyland import Row, Words, altered, events, households, line_of, observations
from riskmodel.explain.neighbours import Neighbours, mark_of
from riskmodel.programme.loading import load_programme
from riskmodel.training.examples import ExampleSource
from riskmodel.training.fitting import Fitted, fit_fold
from riskmodel.training.folds import fold_at
from riskmodel.training.plan import Plan
from riskmodel.training.remembering import cause_groups, remembered

CUTOFF = dt.date(2021, 1, 1)


@pytest.fixture(scope="module")
def made(tiny: Tiny) -> tuple[Plan, ExampleSource, Fitted]:
    """Return a model that is calibrated on two dates, so that most households have two rows."""
    folds = tiny.programme.file.folds.model_copy(update={"calibration_origins": 2})
    programme = replace(tiny.programme, file=tiny.programme.file.model_copy(update={"folds": folds}))
    plan, source = Plan(programme, CUTOFF, CUTOFF, 0), ExampleSource(programme, tiny.line)
    return plan, source, fit_fold(plan, source, fold_at(programme, CUTOFF))


def test_a_household_with_two_rows_is_remembered_once(made: tuple[Plan, ExampleSource, Fitted], tiny: Tiny) -> None:
    rows, found = made[2].sides.calibration, remembered(*made)
    last = rows.as_of == rows.as_of.max()
    assert len(np.unique(rows.as_of)) == 2 and len(rows.household) > len(np.unique(rows.household))
    assert found.as_of.tolist() == rows.as_of[last].tolist()
    assert found.fell.tolist() == (rows.outcome[last] == 1).tolist()
    ids = tiny.line.household_ids[rows.household[last]]
    assert len(set(ids)) == len(ids)
    assert found.marks.tolist() == [mark_of(str(one), found.salt) for one in ids]


def test_only_outcomes_that_were_settled_by_the_cut_off_are_remembered(
    made: tuple[Plan, ExampleSource, Fitted],
) -> None:
    found, fitted = remembered(*made), made[2]
    assert found.as_of.max() + np.timedelta64(365, "D") <= np.datetime64(fitted.fold.as_of)
    assert not np.isnan(fitted.sides.calibration.outcome).any()


def test_the_same_run_remembers_the_same(made: tuple[Plan, ExampleSource, Fitted]) -> None:
    one, two = remembered(*made), remembered(*made)
    for name in Neighbours.__slots__:
        assert np.array_equal(getattr(one, name), getattr(two, name)), name
    other = remembered(replace(made[0], seed=1), *made[1:])
    assert other.salt != one.salt


def test_what_led_is_what_raised_the_risk(made: tuple[Plan, ExampleSource, Fitted]) -> None:
    found, plan = remembered(*made), made[0]
    assert found.groups == tuple(plan.programme.file.groups)
    assert found.leading.any(axis=1).mean() > 0.8 and found.leading.any(axis=0).sum() >= 2
    # tinyland's outcome is a status, which has no recorded cause
    assert set(found.cause.tolist()) == {""}


def test_the_cause_is_told_by_its_factor_group_as_far_as_it_was_recorded(tmp_path: Path) -> None:
    left: Row = {"name": "left", "table": "events", "type": "number", "group": "household", "leak": "leak"}

    def edit(words: Words) -> None:
        words["outcome"] = {
            "kind": "event_within",
            "events": ["listed"],
            "censored_by": ["left"],
            "horizons_months": [12],
            "main_horizon_months": 12,
            "causes": {"ill": {"group": "health", "shown_by": ["illness"]}},
        }

    programme = load_programme(altered(tmp_path, edit, add=[left]))
    days = ["2019-03-01", "2019-03-01", "2019-03-01", "2020-03-01"]
    table = events(*((str(place), "listed", day, day, None) for place, day in enumerate(days)))
    table = table.assign(cause=["ill", "another", None, "ill"])
    line = line_of(
        programme,
        households(*((str(place), "n1") for place in range(4))),
        observations(("0", "2018-12-31", "2018-12-31", 500.0, 1, "false")),
        table,
    )
    found = cause_groups(programme, line, np.arange(4), dt.date(2019, 1, 1), dt.date(2021, 1, 1))
    assert found.tolist() == ["health", "", "", ""]
    early = cause_groups(programme, line, np.arange(4), dt.date(2019, 1, 1), dt.date(2019, 3, 1))
    assert early.tolist() == ["", "", "", ""]
