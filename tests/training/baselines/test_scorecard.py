"""The scorecard fits on paper, counts by hand, and orders households nearly as well as what it is drawn from."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from conftest import Tiny
from riskmodel.features.encode import MatrixSchema
from riskmodel.training.baselines.scorecard import MOST_POINTS, MOST_QUESTIONS, Question, Scorecard, fit_scorecard
from riskmodel.training.examples import Examples, ExampleSource
from riskmodel.training.folds import fold_at


@pytest.fixture(scope="module")
def card(tiny: Tiny) -> tuple[Scorecard, MatrixSchema, Examples]:
    source = ExampleSource(tiny.programme, tiny.line)
    fold = fold_at(tiny.programme, pd.Timestamp("2019-01-01").date())
    rows = source.examples(fold.everything, fold.as_of)
    return fit_scorecard(source.schema, rows), source.schema, rows


def test_totals_are_added_up_by_hand() -> None:
    number = Question("x", 0, (1.0, 2.0), False, (0, 3, 9, 4))
    kind = Question("y", 1, (0.0, 2.0), True, (5, 0, 1))
    rows = np.array([[0.5, 0], [1, 2], [2, 1], [np.nan, np.nan]])
    assert Scorecard((number, kind), ()).score(rows).tolist() == [0 + 5, 3 + 0, 9 + 1, 4 + 1]


def test_it_fits_on_paper(card: tuple[Scorecard, MatrixSchema, Examples]) -> None:
    found = card[0]
    assert 1 <= len(found.questions) <= MOST_QUESTIONS
    points = [value for one in found.questions for value in one.points]
    assert max(points) == MOST_POINTS
    assert min(points) == 0
    assert all(isinstance(value, int) for value in points)


def test_higher_totals_fell_more_often_and_every_row_has_one(card: tuple[Scorecard, MatrixSchema, Examples]) -> None:
    found, _, rows = card
    assert sum(n for _, _, n, _ in found.totals) == len(rows.outcome)
    rates = [rate for *_, rate in found.totals]
    assert rates[-1] > 2 * rates[0]
    lows = [low for low, *_ in found.totals]
    assert lows == sorted(lows)


def test_the_printed_card_names_each_answer_in_the_language_asked(
    tiny: Tiny, card: tuple[Scorecard, MatrixSchema, Examples]
) -> None:
    printed = card[0].to_markdown(tiny.programme, "zh")
    feature = tiny.programme.dictionary.feature(card[0].questions[0].feature)
    assert feature is not None
    assert feature.column.labels["zh"] in printed
    lines = printed.split("\n\n")[0].splitlines()
    assert len(lines) == 2 + sum(len(one.points) for one in card[0].questions)
