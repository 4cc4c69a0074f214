"""What is said of similar households: counts, what chance allows, how alike they are; never a prediction."""

from __future__ import annotations

import numpy as np
import pytest

from riskmodel.explain.neighbours import Alike
from riskmodel.language import language
from riskmodel.service.pages.household.similar import SimilarView, similar_view


def alike(similarity: list[float], fell: list[bool], first: str = "2024-07-01", last: str = "2024-07-01") -> Alike:
    days = np.array([first, *[last] * (len(fell) - 1)][: len(fell)], dtype="datetime64[D]")
    return Alike(np.array(similarity), np.array(fell, dtype=bool), days)


def view_of(found: Alike, code: str = "en", probability: float = 0.2) -> SimilarView:
    view = similar_view(found, probability, 12, language(code))
    assert view is not None
    return view


FIFTY = alike([0.9 - 0.01 * place for place in range(50)], [place < 9 for place in range(50)])


def test_nine_of_fifty() -> None:
    view = view_of(FIFTY)
    assert view.counted == "9 of the 50 most similar earlier households fell into poverty within 12 months."
    # Wilson's interval of 9 of 50 is 9.8 to 30.8 of 100
    assert "between 10 and 31 of 100" in view.chance
    assert view.alike.startswith("The most similar one matches this household in 90% of")
    assert "half of them match in 66% or more" in view.alike or "half of them match in 65% or more" in view.alike
    assert not view.little_alike


def test_the_table_holds_all_of_them_in_tens() -> None:
    view = view_of(FIFTY)
    assert [ten.places for ten in view.tens] == ["1–10", "11–20", "21–30", "31–40", "41–50"]
    assert [ten.fell for ten in view.tens] == ["9 of 10", "0 of 10", "0 of 10", "0 of 10", "0 of 10"]
    assert view.tens[0].similarity == "90%–81%"
    assert [fell for ten in view.tens for fell in ten.dots] == FIFTY.fell.tolist()


def test_nobody_fell() -> None:
    view = view_of(alike([0.8] * 50, [False] * 50))
    assert view.counted.startswith("None of the 50 most similar earlier households")
    assert "between 0 and 7 of 100" in view.chance
    assert view.tens[0].similarity == "80%"


@pytest.mark.parametrize(("best", "little"), [(0.499, True), (0.5, False)])
def test_a_household_unlike_all_is_marked(best: float, little: bool) -> None:
    assert view_of(alike([best, 0.2], [True, False])).little_alike is little


def test_few_are_remembered() -> None:
    view = view_of(alike([1.0] * 11, [True] * 11))
    assert [ten.places for ten in view.tens] == ["1–10", "11"]
    assert view.tens[1].fell == "1 of 1"
    assert similar_view(alike([], []), 0.2, 12, language("en")) is None


@pytest.mark.parametrize(("probability", "differs"), [(0.05, True), (0.11, False), (0.3, False), (0.46, True)])
def test_where_the_score_says_something_else_it_is_told_why(probability: float, differs: bool) -> None:
    view = view_of(FIFTY, probability=probability)
    assert view.differs.startswith("The score says something else, because the 50") is differs


def test_dates() -> None:
    assert view_of(FIFTY).dates == "They were looked at as of Jul 1, 2024."
    two = view_of(alike([1.0, 0.9], [True, False], "2024-07-01", "2024-10-01"))
    assert two.dates == "They were looked at between Jul 1, 2024 and Oct 1, 2024."


def test_in_chinese() -> None:
    view = view_of(FIFTY, "zh")
    assert view.counted == "在以往最相似的50户中，有9户在12个月内返贫致贫。"
    assert view.tens[0].fell == "10户中9户"
