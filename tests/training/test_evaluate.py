"""A bundle judged on later data gives the figures that its backtest gave, and is never judged on what it learned."""

from __future__ import annotations

import datetime as dt

import pytest

from conftest import NOW, TODAY, Tiny
from riskmodel.errors import TooFewRows, UsageError
from riskmodel.registry.bundle import BundleFiles
from riskmodel.training.evaluate import evaluate
from riskmodel.training.train import TrainRequest, train

FIRST_TEST = dt.date(2018, 1, 1)


@pytest.fixture(scope="module")
def early(tiny: Tiny, tmp_path_factory: pytest.TempPathFactory) -> BundleFiles:
    """A bundle that saw nothing after 2017: no test of the programme was settled by then."""
    work = tmp_path_factory.mktemp("early")
    until = FIRST_TEST - dt.timedelta(days=1)
    return train(TrainRequest(tiny.programme, tiny.folder, work / "models", work, until, 0, 2, NOW)).bundle


def test_the_figures_are_those_of_the_backtest_of_the_same_date(
    tiny: Tiny, early: BundleFiles, tiny_bundle: BundleFiles
) -> None:
    """Training until a date and testing a fold of that date are the same thing, to the bit."""
    found = evaluate(early, tiny.folder, FIRST_TEST, FIRST_TEST, TODAY)["folds"]
    expected = tiny_bundle.json("evaluation.json")["folds"][0]
    assert found == [expected]


def test_every_settled_date_after_the_cut_off_is_judged(tiny: Tiny, early: BundleFiles) -> None:
    figures = evaluate(early, tiny.folder, None, None, TODAY)
    assert [fold["as_of"] for fold in figures["folds"]] == ["2018-01-01", "2019-01-01", "2020-01-01"]
    assert figures["pooled"]["model"]["n"] == sum(fold["n"] for fold in figures["folds"])


def test_a_bundle_without_a_settled_test_says_so_and_has_no_figures(early: BundleFiles) -> None:
    evaluation = early.json("evaluation.json")
    assert (evaluation["pooled"], evaluation["folds"], evaluation["groups"]) == ({}, [], {})
    assert "nothing was tested" in early.files["card.md"].decode()


def test_dates_that_the_bundle_learned_from_are_refused(
    tiny: Tiny, early: BundleFiles, tiny_bundle: BundleFiles
) -> None:
    with pytest.raises(UsageError, match="has learned from"):
        evaluate(early, tiny.folder, dt.date(2017, 1, 1), None, TODAY)
    with pytest.raises(TooFewRows, match="12 months past a test date"):
        evaluate(tiny_bundle, tiny.folder, None, None, TODAY)


def test_what_the_bundle_learned_from_is_held_against_the_later_cohorts(tiny: Tiny, early: BundleFiles) -> None:
    """Tinyland follows the same households for years, which is told; no window overlaps and nothing leaks."""
    found = evaluate(early, tiny.folder, FIRST_TEST, None, TODAY)["checks"]
    codes = {(one["code"], one["where"]) for one in found}
    assert ("RM003", "as of 2018-01-01") in codes
    assert not {code for code, _ in codes} & {"RM002", "RM004", "RM005"}
